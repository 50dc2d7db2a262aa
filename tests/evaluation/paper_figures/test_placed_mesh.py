"""Meshes of predictions on the photograph."""

import numpy as np
import pytest

from toy_heads import toy_head, toy_head_model
from trans3dhead.evaluation.paper_figures.placed_mesh import placed_mesh
from trans3dhead.evaluation.predict import predicted_head
from trans3dhead.evaluation.predictions import PredictedHead
from trans3dhead.geometry.crops import Crop
from trans3dhead.head_model import NumpyHeadModel, topology_of
from trans3dhead.inference import Head

BOX = np.array([20.0, 30.0, 60.0, 80.0])


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Head:
    return toy_head(toy_head_model(tmp_path_factory.mktemp("toy") / "toy.safetensors"), tuple(BOX))


def test_our_own_mesh_lies_where_our_camera_puts_it(head: Head):
    mesh = placed_mesh(predicted_head(head, topology_of(head.head_model)), [head.head_model])
    assert mesh is not None
    np.testing.assert_allclose(mesh.points[:, :2], head.projected, atol=1e-3)


@pytest.mark.parametrize("unit", [1.0, 1000.0, 0.03])
def test_the_unit_and_origin_of_a_mesh_do_not_matter(head: Head, unit: float):
    ours = predicted_head(head, topology_of(head.head_model))
    moved = PredictedHead(vertices=unit * ours.vertices + [3.0, -7.0, 2.0], landmarks=ours.mesh_landmarks)
    mesh = placed_mesh(moved, [head.head_model])
    assert mesh is not None
    np.testing.assert_allclose(mesh.points[:, :2], head.projected, atol=1e-3)


def test_without_mesh_or_landmarks_there_is_nothing_to_place(head: Head):
    ours = predicted_head(head, topology_of(head.head_model))
    assert placed_mesh(PredictedHead(vertices=ours.vertices), [head.head_model]) is None
    assert placed_mesh(PredictedHead(landmarks=ours.landmarks), [head.head_model]) is None


def test_a_mesh_of_another_topology_is_told(head: Head):
    with pytest.raises(ValueError, match=r"got 7, expected those of a head model, 162 \(toy\).*--head-model"):
        placed_mesh(PredictedHead(vertices=np.zeros((7, 3)), landmarks=np.zeros((68, 2))), [head.head_model])


def test_the_drawn_mesh_covers_the_head_and_no_more(head: Head):
    mesh = placed_mesh(predicted_head(head, topology_of(head.head_model)), [head.head_model])
    assert mesh is not None
    crop = Crop.around(head.box, 96)
    alpha = mesh.shown(crop, head.head_model.triangles)[..., 3]
    at = crop.to_crop(head.projected)
    rows, columns = np.nonzero(alpha > 127)
    np.testing.assert_allclose([columns.min(), rows.min()], at.min(axis=0).clip(0), atol=2)
    np.testing.assert_allclose([columns.max(), rows.max()], (at.max(axis=0) - 1).clip(None, 95), atol=2)


def test_what_is_seen_is_the_side_towards_the_camera(head: Head):
    mesh = placed_mesh(predicted_head(head, topology_of(head.head_model)), [head.head_model])
    assert mesh is not None
    seen, depth = mesh.seen(Crop.around(head.box, 96, 0.6)), mesh.points[:, 2] - mesh.points[:, 2].mean()
    assert seen[depth < -0.4 * np.ptp(depth) / 2].all()
    assert not seen[depth > 0.6 * np.ptp(depth) / 2].any()


def test_the_shipped_head_is_bright_and_seen_from_the_front():
    model = NumpyHeadModel.shipped()
    vertices = model.template @ np.diag([1.0, -1.0, -1.0])
    mesh = placed_mesh(PredictedHead(vertices=vertices, landmarks=1000 * model.landmarks(vertices)[:, :2]), [model])
    assert mesh is not None
    picture = mesh.shown(Crop.around(np.array([-100.0, -150.0, 200.0, 300.0]), 128), model.triangles)
    nose = model.landmarks(vertices)[30, :2]
    x, y = Crop.around(np.array([-100.0, -150.0, 200.0, 300.0]), 128).to_crop(1000 * nose).astype(int)
    assert picture[y, x, 3] == 255
    assert picture[y, x, :3].min() > 120
