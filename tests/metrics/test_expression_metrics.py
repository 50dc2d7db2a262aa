"""Expressions of points with known answers, what they must not depend on, and scipy's lines and ranks."""

import numpy as np
import pytest
from scipy.stats import linregress, spearmanr

from trans3dhead.metrics.expression import FEWEST, agreement, expression_measures, rank_correlation

RNG = np.random.default_rng(0)
MEASURES = ["mouth opening", "eye opening", "brow height", "mouth corner height", "mouth width"]


def a_face() -> np.ndarray:
    """(68, 2) pixels, upright: brows at y = 20, eyes about 40, lips about 100, in a box of 100 × 100."""
    points = np.full((68, 2), 60.0)
    points[0], points[8], points[16] = (0, 40), (50, 110), (100, 40)
    points[17:27] = np.column_stack((np.linspace(10, 90, 10), np.full(10, 20.0)))
    points[17], points[26] = (10, 10), (90, 30)  # their mean height stays
    for first, centre in ((36, 30.0), (42, 70.0)):
        x = centre + np.array([-10, -4, 4, 10, 4, -4.0])
        points[first : first + 6] = np.column_stack((x, 40 + np.array([0, -3, -3, 0, 3, 3.0])))
    points[[48, 54]] = (30, 98), (70, 98)
    points[[51, 62, 66, 57]] = (50, 94), (50, 97), (50, 103), (50, 106)
    points[[61, 63, 65, 67]] = (45, 97), (55, 97), (55, 103), (45, 103)
    return points


def moved(points: np.ndarray, degrees: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ turn.T + np.array(shift)


def test_lengths_are_those_of_the_face_in_percent_of_its_box():
    face = a_face()[None]
    measured = {name: length.item() for name, length in expression_measures(face, face).items()}
    assert list(measured) == MEASURES
    expected = dict(zip(MEASURES, (6.0, 6.0, 20.0, 2.0, 40.0), strict=True))
    assert measured == pytest.approx(expected)


@pytest.mark.parametrize(
    ("points", "move", "name", "change"),
    [
        ([65, 66, 67], (0, 5), "mouth opening", 5.0),
        ([37, 38, 43, 44], (0, -2), "eye opening", 2.0),
        (list(range(17, 27)), (0, -4), "brow height", 4.0),
        *(([point], (0, -10), "brow height", 1.0) for point in (17, 26)),  # of ten points
        *(([point], (0, -12), "brow height", -1.0) for point in (36, 41, 42, 47)),  # of twelve
        *(([point], (0, -12), "brow height", 0.0) for point in (16, 27, 35, 48)),
        ([48, 54], (0, -3), "mouth corner height", 3.0),
        *(([point], (0, 4), "mouth corner height", 1.0) for point in (51, 57, 62, 66)),  # the mean of four
        *(([point], (0, 4), "mouth corner height", 0.0) for point in (50, 56, 61, 63, 65, 67)),
        ([54], (8, 0), "mouth width", 8.0),
    ],
)
def test_a_result_that_moves_some_points_changes_their_measure(points, move, name, change):
    truth, result = a_face()[None], a_face()[None]
    result[:, points] += move
    before, after = expression_measures(truth, truth), expression_measures(result, truth)
    assert after[name] - before[name] == pytest.approx(change)


@pytest.mark.parametrize(("degrees", "scale", "shift"), [(70, 1, (0, 0)), (180, 3, (0, 0)), (-33, 0.2, (900, -40))])
def test_nothing_depends_on_roll_scale_and_place(degrees, scale, shift):
    truth = a_face() + RNG.normal(0, 2, (20, 68, 2))
    result = truth + RNG.normal(0, 2, (20, 68, 2))
    before = expression_measures(result, truth)
    after = expression_measures(*(moved(points, degrees, scale, shift) for points in (result, truth)))
    for name in MEASURES:
        np.testing.assert_allclose(after[name], before[name])


def test_points_that_are_one_have_no_measure_and_no_warning():
    with np.errstate(all="raise"):
        for none in (np.zeros((1, 68, 2)), a_face()[None] * [1.0, 0.0]):  # at one place, and on one line
            measures = expression_measures(a_face()[None], none)
            assert all(np.isnan(length).all() for length in measures.values())


def test_an_agreement_is_scipys_line():
    truth = RNG.normal(5, 2, 200)
    result = 0.4 * truth + RNG.normal(1, 1, 200)
    line, ours = linregress(truth, result), agreement(truth, result)
    assert (ours.r, ours.slope, ours.heads) == (pytest.approx(line.rvalue), pytest.approx(line.slope), 200)
    assert ours.bias == pytest.approx(result.mean() - truth.mean())
    small = agreement(1e-5 * truth, 1e-5 * result)
    assert (small.r, small.slope) == pytest.approx((ours.r, ours.slope))


def test_a_perfect_result_agrees_and_a_constant_one_has_a_bias_alone():
    truth = RNG.normal(5, 2, 50)
    perfect = agreement(truth, truth)
    assert (perfect.r, perfect.slope, perfect.bias) == pytest.approx((1, 1, 0))
    constant = agreement(truth, np.full(50, 0.1 + 0.2))
    assert (constant.slope, constant.bias) == pytest.approx((0, 0.3 - truth.mean()))
    assert np.isnan(constant.r)
    unknown = agreement(np.full(50, 0.1 + 0.2), truth)
    assert np.isnan([unknown.r, unknown.slope]).all()
    assert unknown.bias == pytest.approx(truth.mean() - 0.3)


def test_too_few_heads_tell_nothing_and_unknown_ones_do_not_count():
    truth = RNG.normal(size=FEWEST + 1)
    result = 2 * truth
    result[0] = np.nan
    assert agreement(truth, result).slope == pytest.approx(2)
    truth[1] = np.nan
    few = agreement(truth, result)
    assert few.heads == FEWEST - 1
    assert np.isnan([few.r, few.slope, few.bias]).all()
    assert agreement(np.zeros(0), np.zeros(0)).heads == 0


def test_rank_correlation_is_scipys_with_ties():
    first = RNG.integers(0, 8, 100).astype(float)
    second = np.exp(first + RNG.normal(0, 2, 100)).round(1)
    assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second).statistic)
    assert np.isnan(rank_correlation(first, np.ones(100)))
