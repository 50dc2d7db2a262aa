"""The landmark branch with points of the surface: which queries they come from, sums, spreads, what it passes on."""

import torch
from torch import Tensor

from small_networks import SURFACE, small_network
from trans3dhead.head_model.surface_points import GROUP
from trans3dhead.networks.alignment.landmark_branch import Found, LandmarkBranch

FIELDS = {"surface_points": SURFACE, "landmark_uncertainty": True, "landmark_memory": True}


def branch_of(**fields: object) -> LandmarkBranch:
    """Float64, with an average face, its heads lively."""
    branch = small_network(**{**FIELDS, **fields}).landmark_branch
    assert branch is not None
    for name, parameter in branch.named_parameters():
        if "heads" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    with torch.no_grad():
        branch.average.copy_(torch.rand(branch.average.shape))
    return branch.eval()


def memories() -> tuple[Tensor, Tensor]:
    return torch.randn(3, 4, 16).double(), torch.randn(3, 4, 16).double()


def points_of(found: Found) -> Tensor:
    """(L, B, N, 2) after each layer."""
    assert found.surface is not None
    return torch.cat((found.landmarks, found.surface), dim=2)


def test_surface_points_are_sums_of_residuals_of_the_query_of_their_group():
    branch, given = branch_of(decoder_layers=3), memories()
    expected, sums = [], branch.average.expand(3, -1, -1)
    for layer, queries in enumerate(branch.queries(*given)):
        residuals = [branch.heads[layer](queries[:, :68])]
        for group in range(SURFACE // GROUP):
            head = branch.surface_heads[layer]
            numbers = queries[:, 68 + group] @ head.weight[group] + head.bias[group]  # (B, 2 K)
            residuals.append(numbers.unflatten(1, (GROUP, 2)))
        sums = sums + torch.cat(residuals, dim=1)
        expected.append(sums)
    found = branch(*given)
    torch.testing.assert_close(points_of(found), torch.stack(expected))
    assert torch.equal(found.points, points_of(found)[-1])


def test_without_marr_the_last_layer_alone_says_where_the_surface_is():
    branch, given = branch_of(decoder_layers=3, residual_regression="none"), memories()
    with torch.no_grad():
        branch.average.zero_()
    found, last = branch(*given), branch.queries(*given)[-1]
    assert len(points_of(found)) == 1
    torch.testing.assert_close(found.landmarks[0], branch.heads[0](last[:, :68]))
    torch.testing.assert_close(found.surface[0].flatten(1), branch.surface_heads[0](last[:, 68:]).flatten(1))


def test_every_point_has_a_spread_of_its_own_that_is_bounded_below():
    branch, given = branch_of(), memories()
    spread = branch(*given).spread
    assert spread.shape == (3, 68 + SURFACE)
    assert (spread > 0.04).all()
    assert (spread < 0.07).all()
    last = branch.queries(*given)[-1]
    said = [branch.spread(last[:, :68])[..., 0]]
    said += [last[:, 68 + g] @ branch.surface_spread.weight[g] + branch.surface_spread.bias[g, 0] for g in range(2)]
    torch.testing.assert_close(spread, 0.002 + 0.05 * torch.log2(1.0 + torch.cat(said, dim=1).exp()))
    torch.nn.init.constant_(branch.surface_spread.bias, -100.0)
    torch.testing.assert_close(branch(*given).spread[:, 68:], torch.full((3, SURFACE), 0.002).double())


def test_what_it_passes_on_says_where_the_points_are():
    branch, given = branch_of(), memories()
    found, last = branch(*given), branch.queries(*given)[-1]
    moved = found.points - branch.average
    landmarks, groups = moved[:, :68], moved[:, 68:].unflatten(1, (-1, GROUP)).flatten(2)
    surface = [groups[:, g] @ branch.placed.surface.weight[g] + branch.placed.surface.bias[g] for g in range(2)]
    places = torch.cat((branch.placed.landmarks(landmarks), torch.stack(surface, dim=1)), dim=1)
    torch.testing.assert_close(found.memory, last + places)
    torch.testing.assert_close(found.keys, found.memory + branch.queries.encodings)


def test_nothing_that_was_not_asked_for():
    found = branch_of(surface_points=0, landmark_uncertainty=False, landmark_memory=False)(*memories())
    assert found.surface is found.spread is found.memory is found.keys is None
    assert torch.equal(found.points, found.landmarks[-1])
    without_spread = branch_of(landmark_uncertainty=False)(*memories())
    assert without_spread.surface is not None
    assert without_spread.spread is None
