"""The losses of the head's surface: its points as a loop says, and its map on an ellipsoid, whose surface is known."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from toy_heads import toy_head_model
from toy_losses import prediction_of, random_parameters, smooth_l1, targets_of
from trans3dhead.data.targets import Targets
from trans3dhead.geometry.rotations import rotation_from_euler, rotation_to_6d
from trans3dhead.head_model import HeadModel, HeadParameters
from trans3dhead.head_model.surface_points import surface_points
from trans3dhead.losses import AlignmentLossConfig, alignment_loss, surface
from trans3dhead.losses.alignment import LikelihoodTerm, SurfaceMapTerm, SurfaceTerm
from trans3dhead.losses.surface import surface_map_loss, surface_truth
from trans3dhead.networks.alignment import Prediction

POINTS = 32
HALF_SIDES = np.array([0.08, 0.12, 0.10])  # metres, of the ellipsoid
SIZE = 3.0  # crop units a metre


@pytest.fixture(scope="module")
def ellipsoid(tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    """162 vertices, 4 shapes, 5 expressions."""
    return toy_head_model(tmp_path_factory.mktemp("ellipsoid") / "toy.safetensors")


def case_of(head: HeadModel) -> tuple[Prediction, Targets]:
    """Three heads, partly beyond their crops, and what a network with surface points says of them."""
    parameters = random_parameters(3)
    targets = targets_of(replace(parameters, translation=5.0 * parameters.translation), head)
    moved = {
        "surface": torch.rand(2, 3, POINTS, 2),
        "surface_spread": 0.01 + 0.1 * torch.rand(3, POINTS),
        "landmark_spread": 0.01 + 0.1 * torch.rand(3, 68),
    }
    return replace(prediction_of(random_parameters(3), head), **moved), targets


def test_the_true_points_are_those_vertices_inside_the_crop(head: HeadModel):
    _, targets = case_of(head)
    true, mask = surface_truth(targets, head, POINTS)
    for row, vertex in enumerate(surface_points(head, POINTS).tolist()):
        assert torch.equal(true[:, row], targets.projected[:, vertex])
        assert mask[:, row].tolist() == [0 <= x <= 1 and 0 <= y <= 1 for x, y in true[:, row].tolist()]
    assert 0 < mask.sum() < mask.numel()


def test_the_points_come_to_the_labels_device(head: HeadModel, monkeypatch: pytest.MonkeyPatch):
    """They are remembered from when the head model was elsewhere: a training moves it after it asked for them."""
    _, targets = case_of(head)
    asked, points = [], surface_points(head, POINTS)
    remembered = SimpleNamespace(to=lambda device: asked.append(device.type) or points)
    monkeypatch.setattr(surface, "surface_points", lambda *_: remembered)
    surface_truth(replace(targets, projected=targets.projected.to("meta")), head, POINTS)
    assert asked == ["meta"]


def test_surface_points_against_a_loop(head: HeadModel):
    prediction, targets = case_of(head)
    true, mask = surface_truth(targets, head, POINTS)
    total = 0.0
    for layer in prediction.surface:
        for b, n in mask.nonzero().tolist():
            total += sum(smooth_l1(error, 0.05) for error in (layer[b, n] - true[b, n]).tolist()) / 2
    config = AlignmentLossConfig(surface=SurfaceTerm(2.0, beta=0.05))
    losses = alignment_loss(prediction, targets, head, config)
    assert losses["surface"].item() == pytest.approx(total / (2 * 3 * POINTS), rel=1e-5)
    right = replace(prediction, surface=true.expand(2, -1, -1, -1))
    assert alignment_loss(right, targets, head, config)["surface"] == 0


def test_networks_without_a_surface_have_no_such_terms(head: HeadModel):
    prediction, targets = prediction_of(random_parameters(3), head), targets_of(random_parameters(3), head)
    config = AlignmentLossConfig(surface=SurfaceTerm(1.0), surface_map=SurfaceMapTerm(1.0))
    terms = alignment_loss(prediction, targets, head, config).terms
    assert not {"surface", "surface_map"} & terms.keys()


def test_the_likelihood_is_over_landmarks_and_surface_together(head: HeadModel):
    prediction, targets = case_of(head)
    targets = replace(targets, landmark_mask=torch.rand(3, 68) < 0.8)
    true, mask = surface_truth(targets, head, POINTS)
    found = torch.cat((prediction.landmarks, prediction.surface[-1]), dim=1)
    spread = torch.cat((prediction.landmark_spread, prediction.surface_spread), dim=1)
    density = torch.distributions.Normal(found, spread[..., None]).log_prob(torch.cat((targets.landmarks, true), 1))
    expected = -density.sum(dim=-1)[torch.cat((targets.landmark_mask, mask), dim=1)].mean()
    config = AlignmentLossConfig(landmark_likelihood=LikelihoodTerm(1.0))
    torch.testing.assert_close(alignment_loss(prediction, targets, head, config)["landmark_likelihood"], expected)
    without = replace(prediction, surface=None, surface_spread=None)
    alone = alignment_loss(without, targets, head, config)["landmark_likelihood"]
    torch.testing.assert_close(alone, -density[:, :68].sum(dim=-1)[targets.landmark_mask].mean())


def facing(euler: tuple[float, float, float], head: HeadModel, shift: tuple[float, float] = (0.0, 0.0)) -> Targets:
    """The average head turned so, 2 / 3 of the crop high, moved by halves of its side."""
    return targets_of(
        HeadParameters(
            shape=torch.zeros(1, head.layout.shape),
            expression=torch.zeros(1, head.layout.expression),
            jaw=torch.zeros(1, 0),
            rotation=rotation_to_6d(rotation_from_euler(torch.tensor([euler]))),
            translation=torch.tensor([[*shift, 0.0]]),
            scale=torch.tensor([[2.0 * SIZE - 1.0]]),
        ),
        head,
    )


def perfect_map(targets: Targets, side: int) -> Tensor:
    """(1, 3, side, side) decimetres: where each cell's ray first meets the ellipsoid, by the quadratic formula."""
    rotation = targets.rotation[0].double().numpy()
    cells = (np.arange(side) + 0.5) / side
    across = (np.stack(np.meshgrid(cells, cells), axis=-1) - 0.5) / SIZE  # (side, side, 2) metres, camera axes
    start = np.concatenate((across, -np.ones((side, side, 1))), axis=-1) @ rotation / HALF_SIDES
    along = np.array([0.0, 0.0, 1.0]) @ rotation / HALF_SIDES
    a, b, c = along @ along, 2.0 * start @ along, (start**2).sum(axis=-1) - 1.0
    way = (-b - np.sqrt(np.maximum(b**2 - 4 * a * c, 0.0))) / (2 * a)
    return torch.from_numpy(10.0 * HALF_SIDES * (start + way[..., None] * along)).float().permute(2, 0, 1)[None]


@pytest.mark.parametrize("euler", [(0.0, 0.0, 0.0), (20.0, 50.0, -30.0), (0.0, -85.0, 10.0)])
def test_a_perfect_map_costs_next_to_nothing(ellipsoid: HeadModel, euler: tuple[float, float, float]):
    targets = facing(euler, ellipsoid)
    distance, weights = surface_map_loss(perfect_map(targets, 512), targets, ellipsoid)
    assert weights.sum() > 3
    assert (distance * weights).max() < 0.02  # decimetres
    moved = perfect_map(targets, 512) + torch.tensor([0.3, 0.0, 0.4])[:, None, None]
    distance, weights = surface_map_loss(moved, targets, ellipsoid)
    torch.testing.assert_close(distance[weights > 0], torch.full_like(distance[weights > 0], 0.5), rtol=0, atol=0.02)


def test_between_cells_the_map_is_linear(ellipsoid: HeadModel):
    """And cell i of n lies at (i + 0.5) / n."""
    targets, centres = facing((0.0, 0.0, 0.0), ellipsoid), (torch.arange(8) + 0.5) / 8
    mapped = torch.stack((*torch.meshgrid(centres, centres, indexing="xy"), torch.zeros(8, 8)))[None]
    distance, weights = surface_map_loss(mapped, targets, ellipsoid)
    chosen = ellipsoid.subsets["head"][::8]
    places = targets.projected[:, chosen]
    said = torch.cat((places, torch.zeros_like(places[..., :1])), dim=-1)
    assert weights.sum() > 3
    expected = (said - 10.0 * ellipsoid.template[chosen]).norm(dim=-1)
    torch.testing.assert_close(distance[weights > 0], expected[weights > 0])


def test_vertices_that_face_the_camera_count(ellipsoid: HeadModel):
    chosen = ellipsoid.subsets["head"][::8]
    gradient = ellipsoid.template[chosen].double().numpy() / HALF_SIDES**2
    outward = gradient / np.linalg.norm(gradient, axis=1, keepdims=True)
    for yaw in (0.0, 60.0, 180.0):
        targets = facing((0.0, yaw, 0.0), ellipsoid)
        toward_camera = -(outward @ targets.rotation[0, 2].double().numpy())
        _, weights = surface_map_loss(torch.zeros(1, 3, 8, 8), targets, ellipsoid)
        clear = np.abs(toward_camera - 0.2) > 0.03  # the mesh's normals are not quite the ellipsoid's
        assert clear.mean() > 0.8
        np.testing.assert_array_equal(weights[0].numpy()[clear], (toward_camera > 0.2)[clear])


def test_vertices_outside_of_the_crop_do_not_count(ellipsoid: HeadModel):
    targets, mapped = facing((0.0, 0.0, 0.0), ellipsoid, shift=(0.9, 0.0)), torch.zeros(1, 3, 8, 8)
    _, weights = surface_map_loss(mapped, targets, ellipsoid)
    x = targets.projected[0, ellipsoid.subsets["head"][::8], 0]
    assert (x > 1).any()
    assert (weights[0][x > 1] == 0).all()
    _, none = surface_map_loss(mapped, facing((0.0, 0.0, 0.0), ellipsoid, shift=(5.0, 0.0)), ellipsoid)
    assert none.sum() == 0


def test_the_map_term_is_the_mean_over_what_counts(ellipsoid: HeadModel):
    targets = facing((10.0, 30.0, 0.0), ellipsoid)
    mapped = torch.randn(1, 3, 10, 10).bfloat16()
    prediction = Prediction(None, targets.parameters, None, surface_map=mapped)
    config = AlignmentLossConfig(surface_map=SurfaceMapTerm(1.0))
    distance, weights = surface_map_loss(mapped.float(), targets, ellipsoid)
    expected = distance[weights > 0].mean()
    torch.testing.assert_close(alignment_loss(prediction, targets, ellipsoid, config)["surface_map"], expected)
