import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from trans3dhead.geometry.rotations import (
    angle_between,
    equivalent_euler,
    euler_from_rotation,
    mean_rotation,
    rotation_from_6d,
    rotation_from_euler,
    rotation_to_6d,
    rotation_to_direction,
    wrap_degrees,
)

FLIP = torch.diag(torch.tensor([1.0, -1.0, -1.0], dtype=torch.float64))


def random_rotations(count: int) -> torch.Tensor:
    return torch.from_numpy(Rotation.random(count, random_state=0).as_matrix())


def test_six_numbers_give_a_rotation_and_come_back():
    rotations = rotation_from_6d(torch.randn(100, 6, dtype=torch.float64))
    torch.testing.assert_close(rotations @ rotations.mT, torch.eye(3, dtype=torch.float64).expand(100, 3, 3))
    torch.testing.assert_close(torch.linalg.det(rotations), torch.ones(100, dtype=torch.float64))
    torch.testing.assert_close(rotation_from_6d(rotation_to_6d(rotations)), rotations)


def test_the_mean_of_two_rotations_is_midway():
    first, second = random_rotations(200).split(100)
    mean = mean_rotation(first, second)
    between = Rotation.from_matrix(first.mT @ second)
    midway = Rotation.from_matrix(first) * Rotation.from_rotvec(between.as_rotvec() / 2)
    np.testing.assert_allclose(mean, midway.as_matrix(), atol=1e-6)
    torch.testing.assert_close(mean, mean_rotation(second, first))
    opposite = mean_rotation(first, first @ FLIP)  # half a turn apart: one of the two middles, and a rotation
    torch.testing.assert_close(opposite @ opposite.mT, torch.eye(3, dtype=torch.float64).expand(100, 3, 3))
    torch.testing.assert_close(torch.linalg.det(opposite), torch.ones(100, dtype=torch.float64))


def test_six_numbers_follow_dad3dnet():
    a, b = torch.randn(2, 3, dtype=torch.float64)
    b1 = a / a.norm()
    b3 = torch.linalg.cross(b1, b) / torch.linalg.cross(b1, b).norm()
    expected = torch.stack((b1, -torch.linalg.cross(b1, b3), b3), dim=1)
    torch.testing.assert_close(rotation_from_6d(torch.cat((a, b))), expected)


def test_a_head_that_looks_into_the_camera_has_zero_angles():
    torch.testing.assert_close(euler_from_rotation(FLIP), torch.zeros(3, dtype=torch.float64))


def test_the_equivalent_triple_is_another_name_of_the_same_rotation():
    triple = torch.from_numpy(np.random.default_rng(3).uniform(-180, 180, (200, 3)))
    other = equivalent_euler(triple)
    torch.testing.assert_close(rotation_from_euler(other), rotation_from_euler(triple))
    torch.testing.assert_close(equivalent_euler(other), triple)
    assert ((triple[:, 0].abs() <= 90) ^ (other[:, 0].abs() <= 90)).all()  # one of them has a small pitch


def test_angles_are_scipys():
    rotations = random_rotations(500)
    ours = euler_from_rotation(rotations).numpy()
    scipys = Rotation.from_matrix((FLIP @ rotations).mT.numpy()).as_euler("xyz", degrees=True)
    # scipy keeps yaw within 90 degrees; where its pitch is beyond, the other triple of the same rotation is ours.
    other = np.stack((scipys[:, 0] + 180, 180 - scipys[:, 1], scipys[:, 2] + 180), axis=1)
    expected = np.where(np.abs(scipys[:, :1]) <= 90, scipys, other)
    np.testing.assert_allclose((ours - expected + 180) % 360 - 180, 0, atol=1e-9)


@pytest.mark.parametrize(
    ("euler", "nose"),  # where the face looks: x right, y down, z away from the camera
    [([30, 0, 0], [0, -0.5, -(0.75**0.5)]), ([0, 30, 0], [-0.5, 0, -(0.75**0.5)]), ([0, 0, 30], [0, 0, -1.0])],
)
def test_signs_of_the_angles(euler, nose):
    rotation = rotation_from_euler(torch.tensor(euler, dtype=torch.float64))
    torch.testing.assert_close(rotation[:, 2], torch.tensor(nose, dtype=torch.float64))


def test_positive_roll_is_clockwise_in_the_image():
    crown = rotation_from_euler(torch.tensor([0.0, 0.0, 30.0], dtype=torch.float64))[:, 1]
    assert crown[0] > 0  # the top of the head leans to the image's right
    assert crown[1] < 0


@given(st.floats(-89, 89), st.floats(-179, 179), st.floats(-179, 179))
def test_angles_round_trip(pitch, yaw, roll):
    rotation = rotation_from_euler(torch.tensor([pitch, yaw, roll], dtype=torch.float64))
    again = rotation_from_euler(euler_from_rotation(rotation))
    torch.testing.assert_close(again, rotation, atol=1e-9, rtol=0)
    if abs(abs(yaw) - 90) > 1e-3:
        difference = wrap_degrees(euler_from_rotation(rotation) - torch.tensor([pitch, yaw, roll], dtype=torch.float64))
        torch.testing.assert_close(difference, torch.zeros(3, dtype=torch.float64), atol=1e-6, rtol=0)


def test_gradient_equals_finite_differences_away_from_the_lock():
    six = rotation_to_6d(rotation_from_euler(torch.tensor([[20.0, -50.0, 10.0], [-60.0, 140.0, 70.0]]).double()))
    six.requires_grad_()
    torch.autograd.gradcheck(lambda x: euler_from_rotation(rotation_from_6d(x)), six, rtol=5e-3)


@pytest.mark.parametrize("yaw", [90.0, -90.0, 89.9999, 90.0001])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradient_is_bounded_at_the_lock(yaw, dtype):
    six = rotation_to_6d(rotation_from_euler(torch.tensor([10.0, yaw, -20.0], dtype=dtype))).requires_grad_()
    euler_from_rotation(rotation_from_6d(six)).sum().backward()
    assert six.grad is not None
    assert six.grad.isfinite().all()
    assert six.grad.abs().max() < 1e4  # degrees; undamped it is beyond 1e7


def test_rotation_to_a_direction_is_the_smallest_one():
    direction = torch.nn.functional.normalize(torch.tensor([[0.3, -0.2, 0.9], [0.0, 0.0, 1.0]]).double(), dim=-1)
    rotation = rotation_to_direction(direction)
    torch.testing.assert_close(rotation[:, :, 2], direction)
    angle = Rotation.from_matrix(rotation.numpy()).magnitude()
    np.testing.assert_allclose(angle, np.arccos(direction[:, 2].numpy()), atol=1e-7)


def test_a_direction_behind_the_camera_is_refused():
    with pytest.raises(ValueError, match="in front of the camera"):
        rotation_to_direction(torch.tensor([0.0, 0.0, -1.0]))


def test_the_angle_between_two_rotations_is_scipys():
    first, second = (Rotation.random(50, random_state=seed) for seed in (0, 1))
    expected = np.degrees((first * second.inv()).magnitude())
    matrices = [torch.from_numpy(rotations.as_matrix()) for rotations in (first, second)]
    np.testing.assert_allclose(angle_between(*matrices), expected, atol=1e-6)
    np.testing.assert_allclose(angle_between(matrices[0], matrices[0]), 0, atol=1e-6)
    assert angle_between(matrices[0][0], matrices[1][0]).shape == ()


def test_wrapping():
    torch.testing.assert_close(
        wrap_degrees(torch.tensor([179.0 + 2, -181.0, 540.0, -180.0])), torch.tensor([-179.0, 179.0, -180.0, -180.0])
    )
