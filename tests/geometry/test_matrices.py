import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from trans3dhead.geometry.matrices import (
    angle_between_matrices,
    angles_seen,
    axis_rotation,
    euler_from_matrix,
    matrix_from_6d,
    matrix_from_angles_seen,
    matrix_from_euler,
    matrix_from_rotation_vector,
    matrix_to_6d,
    matrix_to_direction,
    mean_matrix,
    quaternion_from_matrix,
    rotation_vector,
    shortened,
    turn_about,
)
from trans3dhead.geometry.rotations import (
    angle_between,
    euler_from_rotation,
    mean_rotation,
    rotation_from_6d,
    rotation_from_euler,
    rotation_to_6d,
    rotation_to_direction,
)


@pytest.fixture
def angles() -> np.ndarray:
    """(50, 3) degrees."""
    return np.random.default_rng(0).uniform([-85, -180, -180], [85, 180, 180], (50, 3))


def test_single_matrices_are_those_of_the_tensors(angles: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    for euler in angles:
        rotation = rotation_from_euler(torch.from_numpy(euler)).numpy()
        np.testing.assert_allclose(matrix_from_euler(euler), rotation, atol=1e-12)
        expected = euler_from_rotation(torch.from_numpy(rotation)).numpy()
        np.testing.assert_allclose(euler_from_matrix(rotation), expected, atol=1e-9)
        direction = np.append(rng.normal(size=2), rng.uniform(0.2, 2.0))
        expected = rotation_to_direction(torch.from_numpy(direction)).numpy()
        np.testing.assert_allclose(matrix_to_direction(direction), expected, atol=1e-12)


def test_pairs_and_six_numbers_mean_what_they_mean_to_the_tensors(angles: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    first, second = (rotation_from_euler(torch.from_numpy(chosen)) for chosen in (angles, angles[::-1].copy()))
    middle, apart = mean_rotation(first, second), angle_between(first, second)
    for one, other, mean, angle in zip(first.numpy(), second.numpy(), middle.numpy(), apart.tolist(), strict=True):
        assert angle_between_matrices(one, other) == pytest.approx(angle, abs=1e-9)
        np.testing.assert_allclose(mean_matrix(one, other), mean, atol=1e-9)
        np.testing.assert_array_equal(matrix_to_6d(one), rotation_to_6d(torch.from_numpy(one)).numpy())
        six = rng.normal(size=6)
        np.testing.assert_allclose(matrix_from_6d(six), rotation_from_6d(torch.from_numpy(six)).numpy(), atol=1e-12)
    assert np.isfinite(matrix_from_6d(np.zeros(6))).all()


def test_angles_seen_survive_a_rotation(angles: np.ndarray) -> None:
    for drawn in angles:
        np.testing.assert_allclose(angles_seen(matrix_from_angles_seen(*drawn)), drawn, atol=1e-6)
    for single in np.diag([30.0, -40.0, 50.0]):  # one angle alone means the same in both conventions
        np.testing.assert_allclose(euler_from_matrix(matrix_from_angles_seen(*single)), single, atol=1e-6)


def test_angles_of_a_face_turned_straight_up_or_down_are_numbers() -> None:
    for pitch in (90.0, -90.0):
        grown = (1.0 + 1e-15) * matrix_from_angles_seen(pitch, 0.0, 0.0)  # as rounding may leave a product
        np.testing.assert_allclose(angles_seen(grown)[0], pitch)


def test_roll_turns_a_profile_in_the_picture() -> None:
    """Its chin and its crown stay at the same depth, whatever the roll; Euler angles would tilt them."""
    crown = np.array([0.0, 0.1, 0.0])
    for roll in (0.0, 30.0, 80.0, 170.0):
        x, y, z = matrix_from_angles_seen(0.0, 90.0, roll) @ crown
        assert z == pytest.approx(0.0, abs=1e-9)
        np.testing.assert_allclose([x, y], [0.1 * np.sin(np.deg2rad(roll)), -0.1 * np.cos(np.deg2rad(roll))], atol=1e-9)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_turns_are_right_handed(axis: str) -> None:
    direction = np.eye(3)["xyz".index(axis)]
    expected = Rotation.from_rotvec(0.7 * direction).as_matrix()
    np.testing.assert_allclose(axis_rotation(axis, np.rad2deg(0.7)), expected, atol=1e-12)
    np.testing.assert_allclose(turn_about(3.0 * direction, np.rad2deg(0.7)), expected, atol=1e-12)


def test_a_long_turn_is_shortened_and_a_short_one_stays() -> None:
    vector = np.array([0.3, -0.5, 0.4])
    rotation, length = Rotation.from_rotvec(vector).as_matrix(), np.linalg.norm(vector)
    np.testing.assert_allclose(shortened(rotation, 90.0), rotation, atol=1e-12)
    expected = Rotation.from_rotvec(vector / length * np.deg2rad(20.0)).as_matrix()
    np.testing.assert_allclose(shortened(rotation, 20.0), expected, atol=1e-12)
    np.testing.assert_array_equal(shortened(np.eye(3), 20.0), np.eye(3))
    for turn in (np.eye(3), np.diag([1.0, -1.0, -1.0])):  # rounding may take a trace beyond that of any rotation
        assert np.isfinite(shortened((1.0 + 4e-16) * turn, 20.0)).all()


@pytest.mark.parametrize("short_of_half", [1e-3, 1e-6, 1e-9, 1e-12, 0.0])
def test_a_turn_of_nearly_half_is_shortened_about_its_own_axis(short_of_half: float) -> None:
    for axis in np.vstack((np.eye(3), np.random.default_rng(1).normal(size=(20, 3)))):
        axis = axis / np.linalg.norm(axis)
        half = Rotation.from_rotvec((np.pi - short_of_half) * axis).as_matrix()
        vector = Rotation.from_matrix(shortened(half, 20.0)).as_rotvec(degrees=True)
        if short_of_half < 1e-10:  # about either end of the axis
            vector *= np.sign(vector @ axis)
        np.testing.assert_allclose(vector, 20.0 * axis, atol=1e-6)


def test_half_a_turn_is_180_degrees_whatever_rounding_adds() -> None:
    assert angle_between_matrices((1.0 + 1e-15) * np.diag([1.0, -1.0, -1.0]), np.eye(3)) == 180.0


@pytest.mark.parametrize("angle", [1e-6, 1e-9, 1e-11, 1e-14])
def test_the_smallest_turns_are_told_apart(angle: float) -> None:
    x, y, z = vector = angle * np.array([0.6, 0.0, -0.8])
    rotation = np.eye(3) + np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    np.testing.assert_allclose(rotation_vector(rotation), vector, rtol=1e-3, atol=0)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-5, 0.5, 3.0, np.pi - 1e-7, np.pi])
def test_rotation_vectors_and_quaternions_are_scipy_s(angle: float) -> None:
    for axis in np.vstack((np.eye(3), np.random.default_rng(0).normal(size=(20, 3)))):
        vector = angle * axis / np.linalg.norm(axis)
        rotation = Rotation.from_rotvec(vector)
        np.testing.assert_allclose(matrix_from_rotation_vector(vector), rotation.as_matrix(), atol=1e-12)
        found = rotation_vector(rotation.as_matrix())
        np.testing.assert_allclose(np.linalg.norm(found), angle, atol=1e-7)
        np.testing.assert_allclose(matrix_from_rotation_vector(found), rotation.as_matrix(), atol=1e-7)
        quaternion = quaternion_from_matrix(rotation.as_matrix())
        assert quaternion[3] >= 0.0
        assert quaternion @ quaternion == pytest.approx(1.0, rel=1e-12)
        np.testing.assert_allclose(Rotation.from_quat(quaternion).as_matrix(), rotation.as_matrix(), atol=1e-12)
