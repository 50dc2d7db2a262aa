import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trans3dhead.geometry.boxes import (
    bounds,
    iou,
    match,
    mirrored_boxes,
    root_area,
    share_inside,
    suppress,
    turned_back,
)


def test_bounds():
    np.testing.assert_array_equal(bounds(np.array([[1.0, 5.0], [4.0, 2.0], [3.0, 3.0]])), [1, 2, 3, 3])


@pytest.mark.parametrize("quarters", [0, 1, 2, 3, 4])
def test_boxes_of_a_turned_picture_come_back(quarters):
    picture = np.zeros((5, 7))
    picture[2:4, 1:4] = 1.0
    rows, columns = np.nonzero(np.rot90(picture, quarters))
    low, high = (columns.min(), rows.min()), (columns.max() + 1, rows.max() + 1)
    found = np.array([[*low, high[0] - low[0], high[1] - low[1]]])
    np.testing.assert_array_equal(turned_back(found, quarters, (7, 5)), [[1, 2, 3, 2]])


def test_a_mirrored_box_bounds_the_mirrored_points():
    points = np.random.default_rng(0).uniform(-20, 120, (3, 9, 2))
    mirrored = points * [-1, 1] + [100, 0]
    np.testing.assert_allclose(mirrored_boxes(bounds(points), 100), bounds(mirrored))
    np.testing.assert_allclose(mirrored_boxes(bounds(points[0]), 100), bounds(mirrored[0]))


def test_the_root_of_a_boxs_area_is_never_zero():
    assert root_area(np.array([7.0, -3.0, 4.0, 9.0])) == 6.0
    assert 0 < root_area(np.array([7.0, -3.0, 0.0, 9.0])) < 1e-4


def test_iou_of_known_boxes():
    box = np.array([0.0, 0.0, 2.0, 2.0])
    others = np.array([[0, 0, 2, 2], [1, 0, 2, 2], [2, 0, 2, 2], [0, 0, 1, 2], [5, 5, 0, 0]], dtype=float)
    np.testing.assert_allclose(iou(box, others), [1, 1 / 3, 0, 1 / 2, 0])
    np.testing.assert_allclose(iou(1e-6 * box, 1e-6 * others), [1, 1 / 3, 0, 1 / 2, 0])  # whatever the unit


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_overlap_of_tensors_is_that_of_arrays(dtype):
    corners = torch.rand(30, 2, dtype=dtype, generator=torch.Generator().manual_seed(0))
    boxes = torch.cat((100 * corners, 60 * corners.flip(0)), dim=1)
    boxes[3, 2:] = 0
    found = iou(boxes[:, None], boxes[None])
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.numpy(), iou(boxes[:, None].numpy(), boxes[None].numpy()))


def test_the_share_inside_of_a_photograph():
    boxes = np.array([[0, 0, 20, 10], [-5, 0, 10, 10], [15, 5, 10, 10], [30, 0, 5, 5], [-10, -10, 40, 30.0]])
    np.testing.assert_allclose(share_inside(boxes, (20, 10)), [1, 1 / 2, 1 / 4, 0, 1 / 6])


def test_pairs_that_overlap_most_are_matched_first_and_once():
    first = np.array([[0.0, 0, 10, 10], [2.0, 0, 10, 10], [50.0, 50, 10, 10]])
    second = np.array([[1.9, 0, 10, 10], [-2.0, 0, 10, 10], [80.0, 0, 10, 10]])
    assert match(first, second, 0.4) == [1, 0, None]
    assert match(second, first, 0.4) == [1, 0, None]
    assert match(first, second[:1], 0.4) == [None, 0, None]
    assert match(first, second, 0.99) == [None, None, None]
    assert match(first, np.zeros((0, 4)), 0.4) == [None, None, None]


def test_an_overlap_of_just_the_bound_is_a_match_and_no_reason_to_suppress():
    boxes = np.array([[0.0, 0, 2, 2], [0.0, 0, 1, 2]])  # they share a half
    assert match(boxes[:1], boxes[1:], 0.5) == [0]
    assert suppress(boxes, np.array([0.2, 0.9]), 0.5, 9).tolist() == [1, 0]


def naive_suppression(boxes: np.ndarray, scores: np.ndarray, overlap: float) -> list[int]:
    left, kept = list(np.argsort(-scores)), []
    while left:
        best = left.pop(0)
        kept.append(int(best))
        left = [index for index in left if iou(boxes[best], boxes[index]) <= overlap]
    return kept


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), count=st.integers(0, 40), overlap=st.sampled_from([0.1, 0.3, 0.5, 0.9]))
def test_suppression_is_the_greedy_one(seed, count, overlap):
    random = np.random.default_rng(seed)
    boxes, scores = random.random((count, 4)) * [60.0, 60.0, 40.0, 40.0] + 1, random.random(count)
    expected = naive_suppression(boxes, scores, overlap)
    assert suppress(boxes, scores, overlap, 100).tolist() == expected
    assert suppress(boxes, scores, overlap, 3).tolist() == expected[:3]
