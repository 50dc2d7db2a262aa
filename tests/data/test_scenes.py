"""Targets of scenes: boxes and rotations in windows are those of a picture taken so, and which heads are wanted."""

from dataclasses import replace

import numpy as np
import pytest

from toy_scenes import SIZE, scene_head
from toy_sets import project
from trans3dhead.data.dataset import Sample, collate
from trans3dhead.data.scenes import HeadTargets, SceneLabels
from trans3dhead.data.targets import targets_from_annotations
from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.crops import Crop

WHOLE = (SIZE, SIZE)


@pytest.fixture
def heads(toy):
    """Five heads."""
    rng = np.random.default_rng(3)
    return [scene_head(toy, rng) for _ in range(5)]


def crop_labels(head, affine, toy) -> np.ndarray:
    """(3, 3) the alignment network's label in a crop."""
    batch = collate([Sample(np.zeros((8, 8, 3), np.uint8), head, affine)])
    return targets_from_annotations(batch, toy).rotation[0].numpy()


def test_rotations_are_those_of_the_alignment_network(heads, toy):
    targets = SceneLabels(toy)(heads)
    for head, rotation in zip(heads, targets.rotations, strict=True):
        np.testing.assert_allclose(rotation, crop_labels(head, np.eye(2, 3), toy), atol=1e-5)


def test_a_turned_window_has_the_boxes_and_rotations_of_a_turned_crop(heads, toy):
    labels = SceneLabels(toy)
    crop = Crop.around(np.array([20.0, 10.0, 50.0, 60.0]), 64, 0.2, 25.0)
    turned = labels(heads).windowed(crop.affine, 64, WHOLE, labels.outlines(heads))
    for index, head in enumerate(heads):
        points = project(toy, head)[toy.subsets["head"].numpy()]
        np.testing.assert_allclose(turned.boxes[index], bounds(crop.to_crop(points)), atol=1e-2)
        np.testing.assert_allclose(turned.rotations[index], crop_labels(head, crop.affine / 64, toy), atol=1e-5)


def test_a_mirrored_window_has_the_targets_of_the_mirrored_heads(heads, toy):
    labels = SceneLabels(toy)
    affine = np.array([[-1.5, 0.0, 1.5 * SIZE], [0.0, 1.5, -7.0]])
    got = labels(heads).windowed(affine, 150, WHOLE)
    plain = np.array([[1.5, 0.0, 0.0], [0.0, 1.5, -7.0]])
    expected = labels([head.mirrored(toy) for head in heads]).windowed(plain, 150, WHOLE)
    for name in ("boxes", "rotations", "visible", "wanted"):
        np.testing.assert_allclose(getattr(got, name), getattr(expected, name), atol=1e-5)


def test_without_a_turn_outlines_and_boxes_say_the_same(heads, toy):
    labels = SceneLabels(toy)
    affine = np.array([[0.7, 0.0, 12.0], [0.0, 0.7, -3.0]])
    by_boxes = labels(heads).windowed(affine, 64, WHOLE)
    by_points = labels(heads).windowed(affine, 64, WHOLE, labels.outlines(heads))
    np.testing.assert_allclose(by_boxes.boxes, by_points.boxes, atol=1e-2)
    with pytest.raises(ValueError, match="expected the points of the heads for a window that is turned"):
        labels(heads).windowed(np.array([[1.0, -0.1, 0.0], [0.1, 1.0, 0.0]]), 64, WHOLE)


@pytest.mark.parametrize(
    ("box", "visible", "wanted"),
    [
        ((10, 10, 20, 20), 0.25, True),
        ((10, 10, 20, 20), 0.24, False),
        ((10, 10, 8, 12), 1.0, True),
        ((10, 10, 11.9, 11.9), 1.0, False),
        ((-13.9, 10, 20, 20), 1.0, True),
        ((-14.1, 10, 20, 20), 1.0, False),
        ((-500, -500, 1200, 1200), 1.0, False),
    ],
)
def test_which_heads_are_wanted(box, visible, wanted):
    targets = HeadTargets.of(np.array([box], float), np.eye(3)[None], np.array([visible]), WHOLE)
    assert targets.wanted.tolist() == [wanted]


def test_what_a_window_cuts_off_counts_as_hidden():
    box = np.array([[40.0, 40.0, 20.0, 20.0]])
    targets = HeadTargets.of(box, np.eye(3)[None], np.array([0.6]), WHOLE)
    right = targets.windowed(np.array([[1.0, 0.0, -50.0], [0.0, 1.0, 0.0]]), SIZE, WHOLE)
    np.testing.assert_allclose(right.visible, [0.3])
    cut_before = HeadTargets.of(np.array([[-10.0, 40.0, 20.0, 20.0]]), np.eye(3)[None], np.array([0.5]), WHOLE)
    same = cut_before.windowed(np.array([[1.0, 0.0, 30.0], [0.0, 1.0, 0.0]]), 2 * SIZE, WHOLE)
    np.testing.assert_allclose(same.visible, [0.5])  # a window that shows more shows no more of the head


def test_a_scene_may_be_empty_and_a_head_of_unknown_visibility_is_seen(heads, toy):
    labels = SceneLabels(toy)
    empty = labels([])
    assert len(empty) == len(empty.windowed(np.eye(2, 3), 64, WHOLE)) == 0
    assert labels([replace(heads[0], visible=None)]).visible.tolist() == [1.0]


def test_outlines_are_what_the_boxes_bound(heads, toy):
    points = SceneLabels(toy).outlines(heads)
    for head, outline in zip(heads, points, strict=True):
        np.testing.assert_allclose(bounds(outline), head.box, atol=1e-2)
