"""Augmented crops: the labels follow the pixels, and nothing random is left where it is off."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from toy_sets import MIRROR, project, random_head
from trans3dhead.data import photometric
from trans3dhead.data.augmentation import STRONG, Augmentation, AugmentationConfig, blacken_outside
from trans3dhead.data.dataset import Sample, collate
from trans3dhead.data.framing import Frame, frame_head
from trans3dhead.data.occlusion import occlude
from trans3dhead.data.targets import targets_from_annotations
from trans3dhead.geometry.crops import Crop

NOTHING = AugmentationConfig()
GEOMETRY_ALONE = AugmentationConfig(margin=(0.05, 0.15), shift=0.03, scale=0.05)


def blob(centre: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A photograph of one soft white dot, continuous coordinates."""
    x, y = np.arange(size[0]) + 0.5 - centre[0], np.arange(size[1]) + 0.5 - centre[1]
    value = 255 * np.exp(-(x[None] ** 2 + y[:, None] ** 2) / (2 * 3.0**2))
    return np.repeat(value.round().astype(np.uint8)[..., None], 3, axis=2)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_vertex_is_where_its_pixels_are(toy, seed):
    rng = np.random.default_rng(seed)
    head = random_head(toy, rng, (200, 170))
    points = project(toy, head)
    vertex = int(np.argmin(np.linalg.norm(points - (head.box[:2] + head.box[2:] / 2), axis=1)))
    augmentation = Augmentation(replace(GEOMETRY_ALONE, flip=0.5, roll=0.7, roll_degrees=60.0))
    photograph = blob(points[vertex], head.image_size)
    flipped, label = augmentation.flip(photograph, head, toy, rng)
    crop = augmentation.crop(frame_head(label), 96, rng)
    picture = augmentation.look(crop.cut(flipped), rng, lambda: photograph)
    seen = MIRROR[vertex] if label is not head else vertex
    batch = collate([Sample(picture, label, crop.affine / 96)])
    expected = 96 * targets_from_annotations(batch, toy).projected[0, seen].numpy()
    weight = picture[..., 0].astype(float)
    grid = np.arange(96) + 0.5
    centroid = np.array([(weight * grid[None]).sum(), (weight * grid[:, None]).sum()]) / weight.sum()
    np.testing.assert_allclose(centroid, expected, atol=0.15)


def test_without_probabilities_the_crop_is_the_plain_one(toy):
    rng = np.random.default_rng(0)
    head = random_head(toy, rng)
    photograph = rng.integers(0, 256, size=(80, 96, 3), dtype=np.uint8)
    augmentation = Augmentation(NOTHING)
    same, label = augmentation.flip(photograph, head, toy, rng)
    crop = augmentation.crop(frame_head(label), 64, rng)
    picture = augmentation.look(crop.cut(same), rng, lambda: photograph)
    np.testing.assert_array_equal(picture, Crop.around(head.box, 64).cut(photograph))
    np.testing.assert_array_equal(augmentation.frame(crop, head.image_size, rng), [0, 0, 96, 80])


def test_the_margin_keeps_to_its_range():
    augmentation, rng = Augmentation(replace(NOTHING, margin=(0.05, 0.15))), np.random.default_rng(0)
    sides = [100 / augmentation.crop(Frame(np.array([0.0, 0, 80, 100]), 0.0, 0.0), 100, rng).zoom for _ in range(300)]
    assert 110 <= min(sides) < 112
    assert 128 < max(sides) <= 130


def test_outside_of_the_frame_is_black():
    crop = Crop.around(np.array([10.0, 10, 40, 40]), 64, 0.0)
    picture = np.full((64, 64, 3), 200, np.uint8)
    black = blacken_outside(picture, crop, np.array([0.0, 0, 30, 96]))
    assert (black[:, :31] == 200).all()
    assert (black[:, 33:] == 0).all()
    assert blacken_outside(picture, crop, np.array([0.0, 0, 96, 80])) is picture


def test_a_frame_that_ends_in_the_crop_leaves_most_of_it():
    augmentation, rng = Augmentation(replace(NOTHING, frame=1.0)), np.random.default_rng(0)
    crop = Crop.around(np.array([30.0, 30, 40, 40]), 64, 0.1)
    picture = np.full((64, 64, 3), 255, np.uint8)
    shares = [(blacken_outside(picture, crop, augmentation.frame(crop, (96, 96), rng)) > 0).mean() for _ in range(50)]
    assert 0.6 < min(shares) < max(shares) < 0.97


@pytest.mark.parametrize(
    "change",
    [
        lambda p, r: photometric.tone(p, r, 1.0),
        photometric.saturation,
        lambda p, r: photometric.grayscale(p),
        photometric.half_shadow,
        lambda p, r: photometric.gaussian_blur(p, r, 0.02),
        lambda p, r: photometric.motion_blur(p, r, 0.07),
        lambda p, r: photometric.low_resolution(p, r, 0.25),
        lambda p, r: photometric.noise(p, r, 16),
        lambda p, r: photometric.jpeg(p, r, 15),
    ],
)
def test_a_change_of_look_repeats_itself_and_leaves_its_input(change):
    picture = cv2.resize(np.random.default_rng(1).integers(0, 256, (8, 8, 3), dtype=np.uint8), (64, 64))
    before = picture.copy()
    for seed in range(20):
        first, second = (change(picture, np.random.default_rng(seed)) for _ in range(2))
        assert first.shape == picture.shape
        assert first.dtype == np.uint8
        np.testing.assert_array_equal(first, second)
        assert first.std() > 1  # a flat picture would teach nothing
    np.testing.assert_array_equal(picture, before)


def test_gray_is_gray_and_blurs_are_centred():
    picture = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    gray = photometric.grayscale(picture)
    assert (gray[..., :1] == gray).all()
    dot = blob(np.array([32.0, 32]), (64, 64))
    grid = np.arange(64) + 0.5
    for seed in range(10):
        moved = photometric.motion_blur(dot, np.random.default_rng(seed), 0.1)[..., 0].astype(float)
        assert (moved * grid).sum() / moved.sum() == pytest.approx(32, abs=0.05)


def test_occlusion_covers_a_part():
    shares = []
    for seed in range(60):
        picture = np.full((96, 96, 3), 7, np.uint8)
        rng = np.random.default_rng(seed)
        occlude(picture, rng, lambda: np.full((40, 50, 3), 99, np.uint8))
        shares.append((picture != 7).any(axis=-1).mean())
    assert max(shares) < 0.7
    assert np.median(shares) > 0.02


def test_the_whole_look_repeats_itself():
    picture = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    augmentation = Augmentation(STRONG)
    looks = [
        [augmentation.look(picture.copy(), np.random.default_rng(seed), lambda: picture) for seed in range(30)]
        for _ in range(2)
    ]
    assert torch.equal(torch.tensor(np.array(looks[0])), torch.tensor(np.array(looks[1])))
    assert len({look.tobytes() for look in looks[0]}) > 25
