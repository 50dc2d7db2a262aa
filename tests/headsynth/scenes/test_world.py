"""The scene's camera: the same numbers whichever way they are asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headsynth.scenes.world import SceneCamera
from trans3dhead.geometry.matrices import axis_rotation

_angles = st.floats(-60.0, 60.0)


def _camera(pitch: float = 12.0, roll: float = 5.0, height: float = 1.6) -> SceneCamera:
    return SceneCamera.held(height, pitch, roll, 300.0, np.array([190.0, 200.0]))


@given(pitch=_angles, roll=_angles)
def test_cameras_do_not_stretch_or_mirror(pitch: float, roll: float) -> None:
    rotation = _camera(pitch, roll).rotation
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_a_level_camera_sees_up_above_and_the_right_at_the_right() -> None:
    camera = SceneCamera.held(1.5, 0.0, 0.0, 100.0, np.zeros(2))
    np.testing.assert_allclose(camera.project(np.array([[0.5, 2.0, -2.0]])), [[25.0, -25.0]])


def test_a_camera_pitched_downwards_sees_the_ground_ahead_in_its_middle() -> None:
    camera = SceneCamera.held(2.0, 45.0, 0.0, 100.0, np.array([7.0, 9.0]))
    np.testing.assert_allclose(camera.project(np.array([[0.0, 0.0, -2.0]])), [[7.0, 9.0]], atol=1e-9)


@given(pitch=_angles, roll=_angles)
def test_directions_lead_to_their_pixels(pitch: float, roll: float) -> None:
    camera = _camera(pitch, roll)
    rays = camera.directions(384, 4).astype(np.float64)
    line = (np.arange(4) + 0.5) * 96.0
    expected = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    np.testing.assert_allclose(camera.project(camera.position + 3.0 * rays), expected, atol=1e-3)


def test_a_placement_takes_points_where_the_world_does() -> None:
    camera, rng = _camera(), np.random.default_rng(0)
    rotation, origin, points = (
        axis_rotation("y", 40.0) @ axis_rotation("x", 10.0),
        np.array([0.3, 1.5, -2.0]),
        rng.normal(size=(20, 3)),
    )
    expected = camera.to_camera(points @ rotation.T + origin)
    np.testing.assert_allclose(camera.placed(rotation, origin).to_camera(points), expected, atol=1e-12)


def test_rotations_turn_the_way_they_say() -> None:
    np.testing.assert_allclose(axis_rotation("y", 90.0) @ [0.0, 0.0, 1.0], [1.0, 0.0, 0.0], atol=1e-12)
    assert (axis_rotation("x", 20.0) @ [0.0, 0.0, 1.0])[1] < 0.0  # a nod
    np.testing.assert_allclose(axis_rotation("z", 90.0) @ [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], atol=1e-12)
