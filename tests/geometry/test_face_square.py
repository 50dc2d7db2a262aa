"""The square about a face, against the camera that it is asked of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.face_square import FACE_SIDE, face_square

FACE = np.array([0.0, -0.03, 0.075])
LANDMARKS = FACE + 0.03 * np.concatenate((np.eye(3), -np.eye(3)))  # all 3 cm from their middle
TOWARDS_CAMERA = np.diag([1.0, -1.0, -1.0])  # head space to camera space of an upright head that looks at the camera

angles = st.tuples(st.floats(-60, 60), st.floats(-80, 80), st.floats(-180, 180))


def rotation(degrees: tuple[float, float, float]) -> np.ndarray:
    """Of a head that is pitched and turned, then rolled in the image."""
    pitch, yaw, roll = degrees
    tilted = TOWARDS_CAMERA @ Rotation.from_euler("yx", [yaw, pitch], degrees=True).as_matrix()
    return Rotation.from_euler("z", roll, degrees=True).as_matrix() @ tilted


@given(degrees=angles, metre=st.floats(20, 5000), x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_its_side_is_so_many_radii_and_its_middle_the_face(degrees, metre: float, x: float, y: float) -> None:
    turn = rotation(degrees)
    box, _ = face_square(lambda points: metre * points @ turn[:2].T + [x, y], LANDMARKS)
    assert box[2:] == pytest.approx(metre * FACE_SIDE * 0.03)
    assert box[:2] + box[2:] / 2 == pytest.approx(metre * turn[:2] @ FACE + [x, y], abs=1e-6 * metre)


@given(degrees=angles)
def test_the_head_is_upright_in_its_crop(degrees) -> None:
    turn = rotation(degrees)

    def project(points: np.ndarray) -> np.ndarray:
        return 400 * points @ turn[:2].T + [320, 240]

    box, roll = face_square(project, LANDMARKS)
    crop = Crop.around(box, 112, margin=0.0, roll=-roll)
    chin, crown = crop.to_crop(project(np.array([[0.0, 0.0, 0.0], [0.0, 0.1, 0.0]])))
    assert crown[0] == pytest.approx(chin[0], abs=1e-6)
    assert crown[1] < chin[1]


def pinhole(away: np.ndarray):
    """The projection of a head that looks at the camera and whose origin is there."""

    def project(points: np.ndarray) -> np.ndarray:
        seen = points @ TOWARDS_CAMERA.T + away
        return 600.0 * seen[:, :2] / seen[:, 2:]

    return project


def test_a_pinhole_camera_sees_it_as_large_as_the_face_and_not_as_the_heads_origin() -> None:
    away = np.array([0.1, -0.05, 0.8])
    project = pinhole(away)
    box, roll = face_square(project, LANDMARKS)
    assert box[2] == pytest.approx(FACE_SIDE * 0.03 * 600.0 / (away[2] - FACE[2]), rel=0.02)
    assert box[:2] + box[2:] / 2 == pytest.approx(project(FACE[None])[0])
    assert abs(roll) < 1.0


@given(times=st.floats(0.5, 2.0))
def test_a_larger_head_farther_away_has_the_same_square(times: float) -> None:
    away = np.array([0.3, 0.2, 5.0])
    here, roll = face_square(pinhole(away), LANDMARKS)
    there, same = face_square(pinhole(times * away), times * LANDMARKS)
    assert there == pytest.approx(here, rel=1e-4)
    assert same == pytest.approx(roll, abs=1e-2)
