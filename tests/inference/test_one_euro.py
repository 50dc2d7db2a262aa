"""The One-Euro filters against the paper's algorithm, closed forms and scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from trans3dhead.inference.one_euro import OneEuroFilter, OneEuroRotation, OneEuroSettings

SETTINGS = OneEuroSettings(least_cutoff=1.0, per_speed=4.0, speed_cutoff=2.0)


def smoothed(values: np.ndarray, rate: float, options: OneEuroSettings = SETTINGS) -> np.ndarray:
    one_euro = OneEuroFilter(options)
    return np.stack([one_euro(value, step / rate) for step, value in enumerate(values)])


def test_a_number_is_smoothed_as_the_paper_says():
    """Algorithm 1 of the paper, written out for numbers."""
    random, rate = np.random.default_rng(0), 30.0
    values = np.cumsum(random.normal(size=50))

    def alpha(cutoff: float) -> float:
        return 1.0 / (1.0 + rate / (2 * np.pi * cutoff))

    expected, last, speed = [values[0]], values[0], 0.0
    for value in values[1:]:
        speed += alpha(2.0) * ((value - last) * rate - speed)
        last += alpha(1.0 + 4.0 * abs(speed)) * (value - last)
        expected.append(last)
    np.testing.assert_allclose(smoothed(values[:, None], rate)[:, 0], expected, rtol=1e-12)


def test_what_rests_stays():
    value = np.random.default_rng(0).normal(size=(68, 2))
    np.testing.assert_array_equal(smoothed(np.tile(value, (20, 1, 1)), 30.0), np.tile(value, (20, 1, 1)))


def test_noise_falls_to_what_a_low_pass_filter_leaves():
    noise = 0.003 * np.random.default_rng(0).normal(size=(3000, 1))
    alpha = 1 / (1 + 30 / (2 * np.pi))
    left = smoothed(noise, 30.0)[100:].std() / noise.std()
    assert np.sqrt(alpha / (2 - alpha)) <= left < 0.4  # the former: with no speed at all


@pytest.mark.parametrize("speed", [0.5, 2.0, 8.0])
def test_what_moves_evenly_lags_by_what_its_cutoff_says(speed):
    times = np.arange(200) / 30.0
    behind = (times - smoothed(speed * times[:, None], 30.0)[:, 0] / speed)[-1]
    assert 0 < behind <= 1 / (2 * np.pi * (1.0 + 4.0 * speed))


@pytest.mark.parametrize("rate", [24, 48, 120])
def test_the_frame_rate_hardly_matters(rate):
    def found(rate: int) -> np.ndarray:
        times = np.arange(4 * rate) / rate
        motion = 0.3 * np.sin(2 * np.pi * times) + 0.1 * times
        return smoothed(motion[:, None], rate)[:: rate // 24]

    assert np.abs(found(rate) - found(480)).max() < 0.05  # of a motion of 0.6


def test_values_that_come_unevenly():
    times = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.06, 300))
    one_euro = OneEuroFilter(SETTINGS)
    lag = [time - one_euro(np.array([time]), time)[0] for time in times]
    assert 0 < np.mean(lag[50:]) <= 1 / (2 * np.pi * 5.0)


@settings(max_examples=20, deadline=None)
@given(unit=st.floats(1e-3, 1e3))
def test_the_unit_of_length_does_not_matter(unit):
    values = np.cumsum(np.random.default_rng(1).normal(size=(20, 3, 2)), axis=0)
    one_euro = OneEuroFilter(SETTINGS)
    scaled = np.stack([one_euro(unit * value, step / 30, unit) for step, value in enumerate(values)])
    np.testing.assert_allclose(scaled, unit * smoothed(values, 30.0), rtol=1e-9)


def test_turns_about_one_axis_are_smoothed_as_their_angles():
    axis = np.array([0.48, -0.6, 0.64])
    angles = np.cumsum(0.2 * np.random.default_rng(0).normal(size=60))
    start = Rotation.from_euler("xyz", [0.3, -0.8, 1.2]).as_matrix()
    rotations = Rotation.from_rotvec(angles[:, None] * axis).as_matrix() @ start
    one_euro = OneEuroRotation(SETTINGS)
    turned = np.stack([one_euro(rotation, step / 30) for step, rotation in enumerate(rotations)])
    expected = Rotation.from_rotvec(smoothed(angles[:, None], 30.0) * axis).as_matrix() @ start
    np.testing.assert_allclose(turned, expected, atol=1e-10)


def test_a_smoothed_rotation_is_one_and_does_not_depend_on_the_frame():
    rotations = Rotation.random(30, random_state=0)
    turn, other = Rotation.from_rotvec([0.4, 2.0, -1.0]), Rotation.from_rotvec([-2.0, 0.1, 0.7])
    one_euro, turned = OneEuroRotation(SETTINGS), OneEuroRotation(SETTINGS)
    for step, rotation in enumerate(rotations):
        result = one_euro(rotation.as_matrix(), step / 30)
        np.testing.assert_allclose(result @ result.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(result) > 0
        changed = turned((turn * rotation * other).as_matrix(), step / 30)
        np.testing.assert_allclose(changed, turn.as_matrix() @ result @ other.as_matrix(), atol=1e-6)


def test_time_that_does_not_pass_is_refused():
    one_euro, rotation = OneEuroFilter(SETTINGS), OneEuroRotation(SETTINGS)
    one_euro(np.zeros(2), 1.0)
    rotation(np.eye(3), 1.0)
    with pytest.raises(ValueError, match=r"increase from frame to frame, got 1\.0 after 1\.0"):
        one_euro(np.zeros(2), 1.0)
    with pytest.raises(ValueError, match="increase"):
        rotation(np.eye(3), float("nan"))
    with pytest.raises(ValueError, match="above 0 Hz"):
        OneEuroSettings(0.0, 1.0, 1.0)
