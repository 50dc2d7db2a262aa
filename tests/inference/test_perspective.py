"""A head's place before a pinhole camera, against true cameras and the fit that labels are made by."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from toy_heads import toy_head
from trans3dhead.geometry.cameras import fit_weak_perspective, project_pinhole
from trans3dhead.geometry.matrices import angle_between_matrices, matrix_from_euler, matrix_to_direction
from trans3dhead.head_model import HeadModel
from trans3dhead.inference import Camera, Head, Lens
from trans3dhead.inference.perspective import in_perspective

SIZE = (640, 480)


@pytest.fixture
def head(toy: HeadModel) -> Head:
    return replace(toy_head(toy, (400, 60, 110, 140)), lens=Lens.guessed(SIZE))


def weakly(vertices: np.ndarray, seen: np.ndarray, projected: np.ndarray) -> Camera:
    """The least-squares camera, by the function that makes the labels of networks."""
    arrays = (torch.from_numpy(np.asarray(array, np.float64))[None] for array in (vertices, seen, projected))
    fitted = fit_weak_perspective(*arrays)
    return Camera(float(fitted.metre[0]), fitted.origin[0].numpy())


@settings(max_examples=60, deadline=None)
@given(
    distance=st.floats(0.3, 20.0),
    across=st.tuples(st.floats(-0.5, 0.5), st.floats(-0.4, 0.4)),
    euler=st.tuples(st.floats(-60, 60), st.floats(-170, 170), st.floats(-90, 90)),
    focal=st.floats(200.0, 3000.0),
)
def test_a_head_is_found_where_it_was(distance, across, euler, focal):
    """From its label alone: the rotation to the line of sight and the best weak-perspective camera."""
    vertices = np.random.default_rng(0).uniform(-1, 1, (200, 3)) * [0.08, 0.12, 0.1]
    lens = Lens.given(SIZE, focal)
    place = np.array([*across, 1.0]) * distance
    seen = matrix_from_euler(np.array(euler))
    face = project_pinhole(place, lens.focal_length, lens.principal_point)
    rotation = matrix_to_direction(place) @ seen
    projected = project_pinhole(vertices @ rotation.T + place, lens.focal_length, lens.principal_point)
    found = in_perspective(vertices, seen, weakly(vertices, seen, projected), face, lens)
    np.testing.assert_allclose(found.translation, place, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.rotation, rotation, atol=1e-9)
    np.testing.assert_allclose(found.project(vertices), projected, atol=1e-3)
    assert found.distance == pytest.approx(np.linalg.norm(place))


def test_what_it_projects_is_fitted_best_by_the_heads_own_camera(head):
    camera = head.perspective()
    subset = head.head_model.subsets["head"]
    again = weakly(head.vertices[subset], head.pose.rotation, camera.project(head.vertices[subset]))
    assert again.scale == pytest.approx(head.camera.scale, rel=1e-6)
    np.testing.assert_allclose(again.translation, head.camera.translation, atol=1e-4)


def test_from_afar_both_cameras_see_the_same_landmarks(head):
    """Perspective is of the first order in size by distance: ten times as far, a tenth of the difference."""
    off = []
    for focal in (800.0, 8_000.0, 80_000.0):
        camera = head.perspective(Lens.given(SIZE, focal))
        off.append(np.abs(camera.project(head.landmarks_3d) - head.project(head.landmarks_3d)).max())
        assert camera.distance == pytest.approx(focal / head.camera.scale, rel=0.1)
    assert off[0] < 10.0
    assert off[1] < 0.15 * off[0]
    assert off[2] < 0.15 * off[1]
    assert angle_between_matrices(camera.rotation, head.pose.rotation) < 0.2


def test_points_in_metres_are_what_a_camera_sees(head):
    camera = head.perspective()
    points = camera.in_camera_space(head.vertices)
    assert (points[:, 2] > 0.1).all()
    lens = camera.lens
    np.testing.assert_allclose(
        lens.focal_length * points[:, :2] / points[:, 2:] + lens.principal_point, camera.project(head.vertices)
    )


def test_a_lens_so_wide_that_the_head_would_touch_it(head):
    camera = head.perspective(Lens.given(SIZE, 15.0))
    assert np.isfinite(camera.translation).all()
    assert (camera.in_camera_space(head.vertices[head.head_model.subsets["head"]])[:, 2] > 0).all()


def test_the_json_has_it_in_metres(head):
    told = head.to_json()["perspective"]
    assert (told["focal_length"], told["focal_length_from"]) == (800.0, "assumed")
    points = head.landmarks_3d @ np.array(told["rotation_matrix"]).T + told["translation"]
    seen = told["focal_length"] * points[:, :2] / points[:, 2:] + told["principal_point"]
    np.testing.assert_allclose(seen, head.perspective().project(head.landmarks_3d), atol=0.02)
    assert told["distance"] == pytest.approx(head.perspective().distance, abs=1e-4)


def test_without_a_lens_there_is_none(head):
    unknown = replace(head, lens=None)
    with pytest.raises(ValueError, match="expected a lens"):
        unknown.perspective()
    assert "perspective" not in unknown.to_json()
    assert unknown.perspective(Lens.guessed(SIZE)).distance == pytest.approx(head.perspective().distance)
