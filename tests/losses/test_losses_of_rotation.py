"""The losses of the rotation: wrapped Euler differences, their lock, and the geodesic angle."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from trans3dhead.geometry.rotations import euler_from_rotation, rotation_from_6d, rotation_from_euler, rotation_to_6d
from trans3dhead.losses.rotation import euler_loss, rotation_angle


def smooth_l1(difference: float) -> float:
    return difference**2 / 2 if abs(difference) < 1 else abs(difference) - 0.5


def degrees(*triples: tuple[float, float, float]) -> Tensor:
    return rotation_from_euler(torch.tensor(triples, dtype=torch.float64))


def test_euler_differences_are_wrapped():
    loss = euler_loss(degrees((0, 179, 0)), degrees((0, -179, 0)))
    assert loss.item() == pytest.approx(smooth_l1(2.0) / 3, rel=1e-6)


@given(st.lists(st.tuples(st.floats(-60, 60), st.floats(-70, 70), st.floats(-60, 60)), min_size=2, max_size=2))
@settings(max_examples=50, deadline=None)
def test_euler_is_the_papers_loss_away_from_the_lock(triples: list[tuple[float, float, float]]):
    first, second = triples
    expected = sum(smooth_l1(a - b) for a, b in zip(first, second, strict=True)) / 3
    for lock in (True, False):
        assert euler_loss(degrees(first), degrees(second), lock).item() == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_two_heads_either_side_of_a_pitch_of_90_are_near():
    above, below = degrees((89.0, 10.0, 5.0)), degrees((91.0, 10.0, 5.0))
    assert euler_loss(above, below).item() == pytest.approx(smooth_l1(2.0) / 3, rel=1e-6)
    assert euler_loss(above, below, lock=False).item() > 100


def six_of(triple: tuple[float, float, float], dtype: torch.dtype) -> Tensor:
    return rotation_to_6d(degrees(triple)).to(dtype).requires_grad_()


YAWS = st.one_of(st.floats(-180, 180), st.sampled_from((90.0, -90.0, 89.999, 90.001, -89.99, 89.5, 89.0, 75.0)))
TRIPLES = st.tuples(st.one_of(st.floats(-90, 90), st.sampled_from((0.0, 90.0, -90.0))), YAWS, st.floats(-180, 180))


@given(TRIPLES, TRIPLES)
@settings(max_examples=200, deadline=None)
def test_the_euler_gradient_is_bounded_everywhere(predicted: tuple, target: tuple):
    for dtype in (torch.float32, torch.float64):
        six = six_of(predicted, dtype)
        loss = euler_loss(rotation_from_6d(six), degrees(target).to(dtype))
        loss.sum().backward()
        assert loss.isfinite()
        # Each angle: at most 180 / π degrees a radian, over the cosine at which pitch and roll begin to fade.
        assert six.grad.norm() < 180 / math.pi * (1 + 2 / 0.2588) / 3 * 2


@given(TRIPLES.filter(lambda triple: abs(math.cos(math.radians(triple[1]))) > 0.3), st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_the_euler_gradient_is_the_slope(triple: tuple, seed: int):
    generator = torch.Generator().manual_seed(seed)
    wanted = euler_from_rotation(degrees(triple)) + 6 * torch.rand(1, 3, generator=generator, dtype=torch.float64) - 3
    target, six = rotation_from_euler(wanted), six_of(triple, torch.float64)
    euler_loss(rotation_from_6d(six), target).sum().backward()
    direction = torch.randn(1, 6, generator=generator, dtype=torch.float64)
    step = 1e-6 * direction
    with torch.no_grad():
        up, down = (euler_loss(rotation_from_6d(six + sign * step), target) for sign in (1, -1))
    slope = (up - down) / 2e-6
    # The gradients of the angles themselves are damped by 1e-4 / cos², at most one part in 900 here.
    tolerance = 2e-3 * (six.grad.norm() * direction.norm()).item()
    assert (six.grad * direction).sum().item() == pytest.approx(slope.item(), abs=tolerance + 1e-6)


@given(st.floats(0, 360), st.floats(-30, 30), st.floats(-0.2, 0.2), st.sampled_from((-90.0, 90.0)))
@settings(max_examples=50, deadline=None)
def test_the_euler_loss_is_no_noise_at_the_lock(turn: float, roll: float, error: float, yaw: float):
    """At |yaw| = 90 only pitch - roll or pitch + roll is defined; the loss sees by how much the heads differ."""
    target = degrees((0.0, yaw, roll))
    same = degrees((turn, yaw, roll + math.copysign(turn, yaw)))
    torch.testing.assert_close(same, target, atol=1e-6, rtol=0)
    near = same @ degrees((error, error, error)).mT @ degrees((0.0, 0.0, 0.0))
    angle = math.degrees(rotation_angle(near, target).item())
    assert euler_loss(near, target).item() <= 3 * angle + 0.01


@pytest.mark.parametrize("angle", [0.0, 1e-4, 1.0, 45.0, 90.0, 179.0, 179.99, 180.0])
def test_the_angle_of_two_rotations_and_its_gradient(angle: float):
    six = six_of((0.0, angle, 0.0), torch.float64)
    measured = rotation_angle(rotation_from_6d(six), degrees((0.0, 0.0, 0.0)))
    assert measured.item() == pytest.approx(math.radians(angle), abs=2e-3)
    if angle == 0:
        assert measured.item() == pytest.approx(0, abs=1e-12)
    measured.sum().backward()
    assert six.grad.norm() < 2
    if 1 <= angle <= 179:
        assert six.grad.norm() == pytest.approx(0.75, abs=0.3)
