"""The AFLW2000-3D protocol on heads with a known answer."""

from pathlib import Path

import numpy as np
import pytest

from trans3dhead.data.annotated_photographs import AnnotatedHead
from trans3dhead.evaluation.aflw2000 import nme_by_yaw, score_aflw2000
from trans3dhead.evaluation.predictions import PredictedHead, Predictions

POINTS = np.random.default_rng(0).uniform(50, 150, size=(68, 2))
POINTS[:2] = [[50, 50], [150, 90]]  # so that y does not span the box alone
AREA = np.prod(np.ptp(POINTS, axis=0))


def annotated(name: str, pose: tuple[float, float, float] | None) -> AnnotatedHead:
    return AnnotatedHead(name, Path(f"{name}.jpg"), POINTS, None if pose is None else np.array(pose))


def predicted(euler: tuple[float, float, float], shift: float = 0.0) -> PredictedHead:
    return PredictedHead(None, np.array(euler), POINTS + np.array([shift, 0.0]), None, None)


def test_errors_are_absolute_wrapped_and_averaged_over_the_angles():
    heads = [annotated("a", (10, 20, -30)), annotated("b", (0, 95, 0))]
    found = {"a": predicted((13, 14, -30)), "b": predicted((0, -265, 3), shift=2.0)}
    report = score_aflw2000(heads, Predictions(found, []))
    np.testing.assert_allclose(report.values["pitch"], [3, 0])
    np.testing.assert_allclose(report.values["yaw"], [6, 0])
    np.testing.assert_allclose(report.values["roll"], [0, 3])
    np.testing.assert_allclose(report.values["mae"], [3, 1])
    np.testing.assert_allclose(report.values["nme"], [0, 100 * 2 / np.sqrt(AREA)])


def test_heads_beyond_99_degrees_count_in_no_angle_but_in_nme():
    heads = [annotated("a", (0, 0, 0)), annotated("b", (0, 0, -99.5)), annotated("c", (99.0, 0, 0))]
    found = {name: predicted((1, 1, 1), shift=1.0) for name in "abc"}
    report = score_aflw2000(heads, Predictions(found, []))
    np.testing.assert_array_equal(np.isnan(report.values["mae"]), [False, True, False])
    assert not np.isnan(report.values["nme"]).any()
    assert report.extra["left_out"] == 1
    assert "without the 1 heads" in report.notes[0]


def test_bins_of_yaw_and_their_mean():
    yaw = np.array([0.0, -30.0, 30.1, 60.0, -75.0, 95.0])
    errors = np.array([1.0, 3.0, 4.0, 6.0, 7.0, 11.0])
    assert nme_by_yaw(errors, yaw) == pytest.approx({"0-30": 2, "30-60": 5, "60-90": 9, "mean of the bins": 16 / 3})
    assert nme_by_yaw(errors[:2], yaw[:2]) == {"0-30": 2.0, "30-60": None, "60-90": None, "mean of the bins": None}


def test_heads_without_a_prediction_or_a_pose_are_told_and_not_scored():
    heads = [annotated("a", (0, 0, 0)), annotated("b", None), annotated("c", (5, 5, 5))]
    report = score_aflw2000(heads, Predictions({"a": predicted((1, 2, 3)), "b": predicted((0, 0, 0), 1.0)}, []))
    assert [problem.kind for problem in report.problems] == ["missing"]
    np.testing.assert_array_equal(np.isnan(report.values["mae"]), [False, True, True])
    np.testing.assert_array_equal(np.isnan(report.values["nme"]), [False, False, True])
    with pytest.raises(ValueError, match="at least one"):
        score_aflw2000([], Predictions({}, []))
