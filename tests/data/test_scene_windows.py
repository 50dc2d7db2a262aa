"""Windows of scenes: what they depend on, and that labels stay on the heads."""

import itertools
from functools import partial

import numpy as np
import pytest
import torch

from toy_scenes import SIZE
from trans3dhead.data.dataset import SampleKey
from trans3dhead.data.loading import TrainingOrder, training_loader
from trans3dhead.data.scene_windows import MILD, SceneWindows, WindowConfig, join_scenes, window_affine
from trans3dhead.data.shards import ShardedSet

PLAIN = WindowConfig(flip=0.5, roll=0.25)


@pytest.fixture
def windows(scenes_folder, toy):
    """Augmented windows of 64 pixels."""
    return SceneWindows(ShardedSet(scenes_folder), toy, 64, MILD, seed=5)


def test_a_sample_depends_on_seed_epoch_and_photograph_alone(windows, scenes_folder, toy):
    again = SceneWindows(ShardedSet(scenes_folder), toy, 64, MILD, seed=5)
    again[SampleKey(0, 1)]
    first, same, later = windows[SampleKey(2, 3)], again[SampleKey(2, 3)], windows[SampleKey(3, 3)]
    np.testing.assert_array_equal(first.image, same.image)
    np.testing.assert_array_equal(first.targets.boxes, same.targets.boxes)
    assert (first.image != later.image).any()
    with pytest.raises(ValueError, match="SampleKey"):
        windows[3]


def test_batches_do_not_depend_on_the_number_of_workers(windows):
    order = TrainingOrder(len(windows), 8, 5)
    loaders = [training_loader(windows, order, workers, partial(join_scenes, multiple=32)) for workers in (0, 2)]
    for alone, many in zip(*(itertools.islice(loader, 3) for loader in loaders), strict=True):
        for name in vars(alone):
            assert torch.equal(getattr(alone, name), getattr(many, name)), name


def test_boxes_stay_on_the_heads(scenes_folder, toy):
    """The colour of skin fills a head's box, whatever the window: by flips, zooms, turns."""
    windows = SceneWindows(ShardedSet(scenes_folder), toy, 96, PLAIN, seed=1)
    seen = 0
    for epoch, index in itertools.product(range(6), range(len(windows))):
        sample = windows[SampleKey(epoch, index)]
        red = sample.image.astype(int)[..., 0] - sample.image[..., 2] > 40
        for (x, y, w, h), wanted in zip(sample.targets.boxes, sample.targets.wanted, strict=True):
            rows, columns = slice(round(y + h / 2) - 1, round(y + h / 2) + 2), slice(round(x + 1), round(x + w - 1))
            if wanted and w > 12 and x > 0 and x + w < 96 and 2 < y + h / 2 < 94:
                seen += 1
                assert red[rows, columns].mean() > 0.6, (epoch, index)
                outside = [c for c in (round(x - 0.15 * w) - 1, round(x + 1.15 * w)) if 0 <= c < 96]
                assert len(sample.targets) > 1 or not red[round(y + h / 2), outside].any()
    assert seen > 60


def test_windows_show_heads_of_all_sizes(windows):
    sizes = []
    for epoch, index in itertools.product(range(20), range(len(windows))):
        sample = windows[SampleKey(epoch, index)]
        sizes += sample.targets.boxes[sample.targets.wanted, 2:].max(axis=1).tolist()
    assert min(sizes) < 14
    assert np.quantile(sizes, 0.95) > 64


def test_an_affine_without_changes_shows_the_head_where_it_is_drawn(windows):
    targets = windows.labels(windows.photographs.heads(0))
    config = WindowConfig(focus=1.0, focus_pixels=(40.0, 40.0))
    for seed in range(10):
        affine = window_affine(targets, (SIZE, SIZE), 64, config, np.random.default_rng(seed))
        moved = targets.windowed(affine, 64, (SIZE, SIZE))
        centres = moved.boxes[:, :2] + moved.boxes[:, 2:] / 2
        middle = ((centres > 0) & (centres < 64)).all(axis=1)
        assert (middle & np.isclose(moved.boxes[:, 2:].max(axis=1), 40.0, rtol=1e-6)).any()


def test_validation_shows_whole_scenes_padded_to_32(scenes_folder, toy):
    photographs = ShardedSet(scenes_folder)
    windows = SceneWindows(photographs, toy, 64)
    samples = [windows[0], windows[2]]
    assert samples[0].image.shape == (SIZE, SIZE, 3)
    assert len(samples[1].targets) == 0
    batch = join_scenes([samples[0], type(samples[1])(samples[1].image[:70, :40], samples[1].targets)], multiple=32)
    assert batch.images.shape == (2, 3, SIZE, SIZE)
    assert batch.images[1, :, 70:].sum() == batch.images[1, :, :, 40:].sum() == 0
    assert batch.present.sum(dim=1).tolist() == [len(samples[0].targets), 0]
    np.testing.assert_allclose(batch.boxes[0], samples[0].targets.boxes, rtol=1e-6)


def test_senseless_ranges_are_named():
    with pytest.raises(ValueError, match=r"extent: expected two positive numbers, the lower first, got \[2, 1\]"):
        WindowConfig(extent=(2, 1))
