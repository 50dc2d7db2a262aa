"""Cuts and what looks like them, on the example photograph."""

import numpy as np
import pytest

from paths import ASTRONAUT
from trans3dhead.images import read_photograph
from trans3dhead.inference.shots import FrameChange, ShotDetector


@pytest.fixture(scope="module")
def photograph() -> np.ndarray:
    return read_photograph(ASTRONAUT)


def change(first: np.ndarray, second: np.ndarray) -> FrameChange:
    detector = ShotDetector()
    assert detector(first) == FrameChange(1.0, 0.0)
    return detector(second)


def test_a_still_does_not_change(photograph):
    found = change(photograph, photograph)
    assert (found.likeness, found.colours) == (pytest.approx(1.0), 0.0)


def test_noise_and_a_pan_belong_to_the_shot(photograph):
    noise = np.random.default_rng(0).normal(0.0, 12.0, photograph.shape)
    noisy = np.clip(photograph + noise, 0, 255).astype(np.uint8)
    for found in (change(photograph, noisy), change(photograph[:, :480], photograph[:, 32:])):
        assert not found.is_cut(believed=False)


def test_another_picture_is_a_cut(photograph):
    """Its colours turned over, and its halves exchanged, so that neither place nor colour is the same."""
    other = np.ascontiguousarray(255 - np.roll(photograph, 200, axis=1))
    assert change(photograph, other).is_cut(believed=True)
    assert change(photograph, np.zeros_like(photograph)).is_cut(believed=True)


def test_the_same_colours_elsewhere_are_a_cut_only_where_no_head_is_believed(photograph):
    """A shot of the same room; or a whip pan after which the heads are still where they were."""
    found = change(photograph, np.ascontiguousarray(np.roll(photograph, 256, axis=1)))
    assert found.colours < 0.01
    assert found.is_cut(believed=False)
    assert not found.is_cut(believed=True)


def test_a_flash_leaves_the_looks(photograph):
    lit = np.clip(1.6 * photograph.astype(float) + 30, 0, 255).astype(np.uint8)
    found = change(photograph, lit)
    assert found.colours > 0.1
    assert not found.is_cut(believed=False)


def test_flat_pictures_are_alike():
    assert change(np.zeros((90, 160, 3), np.uint8), np.full((90, 160, 3), 255, np.uint8)).likeness == 1.0
