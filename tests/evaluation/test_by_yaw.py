"""Means and medians by bins of yaw."""

import numpy as np
import pytest

from trans3dhead.evaluation.by_yaw import bins_of_yaw, by_true_yaw, figures_by_yaw

YAW = np.array([0.0, -30.0, 30.1, 60.0, -75.0, 95.0])
ERRORS = np.array([1.0, 3.0, 4.0, 6.0, 7.0, 11.0])


def test_bins_of_yaw_and_their_mean():
    expected = {"0-30": 2, "30-60": 5, "60-90": 9, "all": 32 / 6, "mean of the bins": 16 / 3}
    assert figures_by_yaw(ERRORS, YAW) == pytest.approx(expected)
    empty = {"0-30": 2, "30-60": np.nan, "60-90": np.nan, "all": 2, "mean of the bins": np.nan}
    assert figures_by_yaw(ERRORS[:2], YAW[:2]) == pytest.approx(empty, nan_ok=True)


def test_the_last_bin_has_all_beyond_and_the_unknown_are_in_none():
    assert bins_of_yaw(np.array([-351.0, 188.0, np.nan])).tolist() == ["60-90", "60-90", ""]


def test_errors_that_are_not_there_do_not_count():
    errors = np.array([1.0, np.nan, 4.0, 6.0, 7.0, 14.0])
    assert figures_by_yaw(errors, YAW)["0-30"] == 1
    assert figures_by_yaw(errors, np.array([0, 0, 0, 0, 0, 70.0]), np.median)["0-30"] == 5


def test_medians_follow_the_means_of_the_same_errors():
    table = by_true_yaw({"angle": ERRORS, "NME": ERRORS}, ("angle",), np.array([*YAW[:5], np.nan]))
    assert list(table.rows) == ["angle", "angle, median", "NME"]
    assert table.rows["angle, median"]["all"] == 5
    assert table.rows["angle"]["60-90"] == 7
    assert table.note.startswith("2, 2, 1 heads")
    assert "1 more without a true yaw" in table.note
