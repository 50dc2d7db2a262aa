"""Points that stand for the head's surface: which they are, and that they follow the head model."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from toy_heads import toy_head_model
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.surface_points import GROUP, head_points, surface_points


@pytest.fixture(scope="module")
def ellipsoid(tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    """162 vertices, 34 of the subset "head" left out, with "eyes"."""
    return toy_head_model(tmp_path_factory.mktemp("toy") / "toy.safetensors")


def candidates(head_model: HeadModel) -> set[int]:
    return {index for name in ("head", "eyes") for index in head_model.subsets[name].tolist()}


def without_expressions(head_model: HeadModel) -> HeadModel:
    still = deepcopy(head_model)
    still.expression_basis.zero_()
    return still


@pytest.mark.parametrize("count", [16, 32, 64])
def test_as_many_as_asked_for_each_once_of_head_and_eyes(ellipsoid: HeadModel, count: int):
    points = surface_points(ellipsoid, count)
    assert points.shape == (count,)
    assert points.dtype == torch.long
    assert len(set(points.tolist())) == count
    assert set(points.tolist()) <= candidates(ellipsoid)


def test_they_are_a_function_of_the_head_model_alone(ellipsoid: HeadModel):
    first = surface_points(ellipsoid, 64)
    torch.manual_seed(7)
    assert torch.equal(surface_points(deepcopy(ellipsoid), 64), first)


def test_where_nothing_moves_they_are_spread_evenly(ellipsoid: HeadModel):
    """Farthest-point sampling: no two are nearer to each other than any vertex is to the nearest of them."""
    still = without_expressions(ellipsoid)
    chosen = still.template[surface_points(still, 32)].numpy()
    everywhere = still.template[sorted(candidates(still))].numpy()
    apart = cdist(chosen, chosen) + np.eye(32)
    assert apart.min() >= cdist(everywhere, chosen).min(axis=1).max()


def test_they_are_dense_where_expressions_move_the_face(ellipsoid: HeadModel):
    still = without_expressions(ellipsoid)
    moving = deepcopy(still)
    mouth = (moving.template[:, 1] < 0) & (moving.template[:, 2] > 0)
    moving.expression_basis[:, mouth] = 0.01
    before, after = (int(mouth[surface_points(model, 32)].sum()) for model in (still, moving))
    assert after > 1.5 * before > 0


def test_groups_are_of_neighbours(anny: HeadModel):
    points = anny.template[surface_points(anny, 512)]
    groups = points.unflatten(0, (-1, GROUP))
    within = (groups - groups.mean(dim=1, keepdim=True)).square().sum(dim=-1).mean()
    everywhere = (points - points.mean(dim=0)).square().sum(dim=-1).mean()
    assert within < 0.2 * everywhere  # of groups by chance 15 / 16


@pytest.mark.parametrize("count", [0, 8, 40, 48, 256])
def test_other_counts_are_errors(ellipsoid: HeadModel, count: int):
    most = len(candidates(ellipsoid))
    with pytest.raises(
        ValueError, match=f"surface_points: got {count}, expected 16 times a power of two, at most {most}"
    ):
        surface_points(ellipsoid, count)


def test_eyes_that_are_no_part_of_the_head_have_points(ellipsoid: HeadModel):
    apart = deepcopy(ellipsoid)
    eyes = apart.subsets["eyes"]
    head = apart.subsets["head"]
    apart._subset_head = head[~torch.isin(head, eyes)]
    assert torch.isin(surface_points(apart, 64), eyes).any()


def test_a_head_model_without_eyes_has_points_too(toy: HeadModel):
    assert set(surface_points(toy, 32).tolist()) <= set(toy.subsets["head"].tolist())


def test_the_points_of_any_head_are_template_and_basis(ellipsoid: HeadModel):
    points = head_points(ellipsoid, 32)
    shape, expression = torch.randn(3, ellipsoid.layout.shape), torch.rand(3, ellipsoid.layout.expression)
    vertices = ellipsoid(shape, expression)
    expected = torch.cat((ellipsoid.landmarks(vertices), vertices[:, points.vertices]), dim=1)
    coefficients = torch.cat((shape, expression), dim=1)
    moved = points.template + torch.einsum("bc,cnk->bnk", coefficients, points.basis)
    torch.testing.assert_close(moved, expected, rtol=0, atol=1e-6)
    assert torch.equal(points.vertices, surface_points(ellipsoid, 32))


def test_each_point_stands_for_the_vertices_nearest_to_it(ellipsoid: HeadModel):
    points = head_points(ellipsoid, 32)
    head = ellipsoid.template[ellipsoid.subsets["head"]].numpy()
    nearest = cdist(head, points.template.numpy()).argmin(axis=1)
    expected = np.bincount(nearest, minlength=100) / len(head)
    np.testing.assert_allclose(points.share.numpy(), expected, atol=1e-6)
    assert points.share.sum().item() == pytest.approx(1.0)
    assert points.share.dtype == points.template.dtype
