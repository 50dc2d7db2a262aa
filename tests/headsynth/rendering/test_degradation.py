"""Whatever a camera does to a photograph, labels must not move."""

import numpy as np
import pytest

from headsynth.rendering import degradation
from headsynth.rendering.degradation import FLAWS, Exposed, quality, sample_flaws, shoot
from headsynth.rendering.developing import Curve, develop
from srgb import to_srgb_bytes
from trans3dhead.data import photometric

SIZE = 96
HIDING = ("text", "frame")  # what lies over the picture


def _dot(x: float, y: float) -> np.ndarray:
    """A soft bright spot on gray, (S, S, 3) linear."""
    line = np.arange(SIZE, dtype=np.float32)
    spot = np.exp(-(np.square(line[None, :] - x) + np.square(line[:, None] - y)) / (2 * 3.0**2))
    return np.repeat((0.05 + 0.5 * spot)[..., None], 3, axis=2).astype(np.float32)


def _centre(image: np.ndarray) -> np.ndarray:
    """(2,) the middle of what is brighter than the surroundings."""
    light = image.astype(np.float64).mean(axis=2)
    light = np.maximum(light - np.median(light) - 0.3 * (light.max() - np.median(light)), 0.0)
    line = np.arange(SIZE)
    return np.array([(light.sum(axis=0) @ line), (light.sum(axis=1) @ line)]) / light.sum()


def _only(monkeypatch: pytest.MonkeyPatch, flaws: dict[str, float]) -> None:
    monkeypatch.setattr(degradation, "sample_flaws", lambda rng, darkness: flaws)


@pytest.mark.parametrize("name", [name for name in FLAWS if name not in HIDING])
@pytest.mark.parametrize("severity", [0.2, 0.9])
def test_no_flaw_moves_the_picture(monkeypatch: pytest.MonkeyPatch, name: str, severity: float) -> None:
    _only(monkeypatch, {name: severity})
    moved = []
    for seed in range(6):
        x, y = np.random.default_rng(seed).uniform(35.0, 60.0, 2)
        image, *_ = shoot(_dot(x, y), Exposed(), np.random.default_rng(seed), True)
        assert image.shape == (SIZE, SIZE, 3)
        assert image.dtype == np.uint8
        moved.append(_centre(image) - _centre(to_srgb_bytes(_dot(x, y))))
    assert np.abs(np.mean(moved, axis=0)).max() < 0.25
    # Noise, blocks and few pixels make a single measurement uncertain, and a shaken path is lopsided.
    uncertain = {"motion blur", "noise", "jpeg", "low resolution"}
    assert np.abs(moved).max() < (0.8 if name in uncertain else 0.25)


@pytest.mark.parametrize("name", list(FLAWS))
def test_every_flaw_changes_the_picture_the_same_way_each_time(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    linear = np.random.default_rng(0).uniform(0.0, 0.8, (SIZE, SIZE, 3)).astype(np.float32)
    before = linear.copy()
    _only(monkeypatch, {name: 0.7})
    first, *_ = shoot(linear, Exposed(), np.random.default_rng(4), True)
    again, *_ = shoot(linear, Exposed(), np.random.default_rng(4), True)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(linear, before)
    _only(monkeypatch, {})
    good, *_ = shoot(linear, Exposed(), np.random.default_rng(4), True)
    assert (first != good).mean() > 0.01


def test_flaws_have_their_shares() -> None:
    rng, count = np.random.default_rng(2), 6000
    drawn = [sample_flaws(rng, 0.0) for _ in range(count)]
    stated = degradation.distribution()
    assert abs(sum(not flaws for flaws in drawn) / count - stated["good"]) < 0.03
    for name in FLAWS:
        share = sum(name in flaws for flaws in drawn) / count
        assert stated[name] * 0.7 - 0.004 < share < stated[name] * 1.4 + 0.01  # at least one flaw in each bad one
    assert 0.15 < np.mean([quality(flaws) == "lq" for flaws in drawn]) < 0.35


def test_it_is_noisier_in_the_dark() -> None:
    flat = np.full((SIZE, SIZE, 3), 0.2, np.float32)
    noise = {}
    for darkness in (0.0, 1.0):
        images = [shoot(flat, Exposed(0.0, darkness), np.random.default_rng(seed), True)[0] for seed in range(40)]
        noise[darkness] = np.median([image[30:60, 30:60].std() for image in images])
    assert noise[1.0] > 2.0 * noise[0.0]


def test_a_perfect_camera_only_develops() -> None:
    flat = np.full((SIZE, SIZE, 3), 0.2, np.float32)
    image, attributes, _ = shoot(flat, Exposed(), np.random.default_rng(0), False)
    assert (image == image[0, 0]).all()
    assert attributes == {"quality": "hq", "colour": "colour"}


def test_stops_double_the_light() -> None:
    flat = np.full((8, 8, 3), 0.1, np.float32)
    brighter, *_ = shoot(flat, Exposed(1.0), np.random.default_rng(0), False)
    doubled, *_ = shoot(2.0 * flat, Exposed(0.0), np.random.default_rng(0), False)
    np.testing.assert_array_equal(brighter, doubled)


def test_gray_photographs_are_gray_and_say_so(monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> None:
    linear = rng.uniform(0.0, 0.8, (SIZE, SIZE, 3)).astype(np.float32)
    _only(monkeypatch, {"gray": 0.5})
    image, attributes, _ = shoot(linear, Exposed(), rng, True)
    assert attributes["colour"] == "gray"
    assert np.ptp(image.astype(int), axis=2).max() <= 1


def test_a_plain_curve_is_srgb_and_every_curve_rises() -> None:
    ramp = np.linspace(0.0, 0.99, 300, dtype=np.float32)[None, :, None].repeat(3, axis=2)
    assert np.abs(develop(ramp, Curve(shoulder=1.0)).astype(int) - to_srgb_bytes(ramp)).max() <= 1
    rng = np.random.default_rng(1)
    for _ in range(40):
        toned = develop(ramp, degradation.finishing.look(rng.random(), rng)).astype(int)
        assert np.diff(toned, axis=1).min() >= 0


def test_kernels_are_centred_and_keep_the_light(rng: np.random.Generator) -> None:
    for _ in range(30):
        path = rng.normal(0.0, 4.0, (int(rng.integers(2, 40)), 2)) + rng.normal(0.0, 20.0, 2)
        for kernel in (photometric.path_kernel(path), photometric.disc_kernel(rng.uniform(0.1, 6.0))):
            line = np.arange(len(kernel)) - len(kernel) // 2
            assert kernel.sum() == pytest.approx(1.0, abs=1e-4)
            assert abs(kernel.sum(axis=0) @ line) < 1e-3
            assert abs(kernel.sum(axis=1) @ line) < 1e-3
