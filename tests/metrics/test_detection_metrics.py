"""Average precision by hand, and heads that count neither way."""

from dataclasses import replace

import numpy as np
import pytest

from trans3dhead.metrics.detection import (
    OVERLAPS,
    Picture,
    average_precision,
    judge,
    mean_average_precision,
    recall,
)


def picture(found: list[tuple[float, float]], true: list[float], unwanted: tuple[int, ...] = ()) -> Picture:
    """Boxes of 10 × 10 pixels by their left sides; found: with scores."""

    def boxes(xs: list[float]) -> np.ndarray:
        return np.array([[x, 0.0, 10.0, 10.0] for x in xs]).reshape(-1, 4)

    wanted = np.array([index not in unwanted for index in range(len(true))], bool)
    return Picture(boxes([x for x, _ in found]), np.array([score for _, score in found]), boxes(true), wanted)


def test_each_head_is_found_once_by_the_best():
    verdicts = judge(picture([(1.0, 0.5), (0.0, 0.9), (50.0, 0.8)], [0.0, 100.0]), 0.5)
    assert verdicts.right.tolist() == [False, True, False]
    assert verdicts.head.tolist() == [-1, 0, -1]
    assert verdicts.counted.all()


def test_a_head_that_is_not_wanted_makes_nothing_right_or_wrong():
    verdicts = judge(picture([(0.0, 0.9), (1.0, 0.8), (30.0, 0.7)], [0.0, 30.0], unwanted=(0,)), 0.5)
    assert verdicts.right.tolist() == [False, False, True]
    assert verdicts.counted.tolist() == [False, False, True]


def test_a_wanted_head_comes_before_one_that_is_not():
    verdicts = judge(picture([(1.0, 0.9)], [1.0, 3.0], unwanted=(0,)), 0.5)
    assert verdicts.head.tolist() == [1]
    verdicts = judge(picture([(1.0, 0.9)], [1.0, 3.0], unwanted=(1,)), 0.5)
    assert (verdicts.head.tolist(), verdicts.counted.tolist()) == ([0], [True])


def test_an_overlap_and_a_score_of_just_the_bound_are_enough():
    half = Picture(np.array([[0.0, 0, 1, 2]]), np.array([0.9]), np.array([[0.0, 0, 2, 2]]), np.array([True]))
    assert judge(half, 0.5).right.tolist() == [True]
    assert judge(half, 0.51).right.tolist() == [False]
    assert judge(replace(half, wanted=np.array([False])), 0.5).counted.tolist() == [False]
    assert recall([half], 0.9) == 1.0


def test_average_precision_by_hand():
    pictures = [picture([(0.0, 0.9), (60.0, 0.8)], [0.0, 30.0]), picture([(30.0, 0.7)], [30.0])]
    # Precision 1 at recall 1/3, then 2/3 at recall 2/3: 34 of 101 recalls lie up to 1/3, 33 up to 2/3.
    assert average_precision(pictures) == pytest.approx((34 * 1.0 + 33 * 2 / 3) / 101)
    assert recall(pictures, 0.75) == pytest.approx(1 / 3)
    assert recall(pictures, 0.0) == pytest.approx(2 / 3)


def test_a_wrong_detection_counts_by_its_place_among_the_others():
    assert average_precision([picture([(0.0, 0.9), (60.0, 0.3)], [0.0])]) == 1.0
    assert average_precision([picture([(0.0, 0.3), (60.0, 0.9)], [0.0])]) == pytest.approx(0.5)


def test_perfect_boxes_score_one_and_shifted_ones_at_the_overlaps_that_they_reach():
    assert mean_average_precision([picture([(0.0, 0.2)], [0.0])]) == 1.0
    shifted = [picture([(2.0, 0.2)], [0.0])]  # IoU 8 / 12
    assert mean_average_precision(shifted) == pytest.approx(np.mean([overlap < 2 / 3 for overlap in OVERLAPS]))


def test_the_order_of_detections_and_pictures_does_not_matter():
    rng = np.random.default_rng(0)
    pictures = [
        picture(
            [(float(x), float(s)) for x, s in zip(rng.uniform(0, 60, 8), rng.random(8), strict=True)], [0.0, 20.0, 40.0]
        )
        for _ in range(6)
    ]
    shuffled = []
    for each in pictures[::-1]:
        order = rng.permutation(len(each.scores))
        shuffled.append(Picture(each.boxes[order], each.scores[order], each.true_boxes, each.wanted))
    assert average_precision(shuffled) == pytest.approx(average_precision(pictures))


def test_nothing_found_is_nought_and_nothing_to_find_is_unknown():
    assert average_precision([picture([], [0.0])]) == 0.0
    assert recall([picture([], [0.0])], 0.0) == 0.0
    assert np.isnan(average_precision([picture([(0.0, 0.9)], [])]))
    assert np.isnan(recall([picture([(0.0, 0.9)], [0.0], unwanted=(0,))], 0.0))
