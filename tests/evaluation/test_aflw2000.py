"""The AFLW2000-3D protocol on heads with a known answer."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from trans3dhead.data.annotated_photographs import AnnotatedHead
from trans3dhead.evaluation.aflw2000 import score_aflw2000
from trans3dhead.evaluation.predictions import PredictedHead, Predictions

POINTS = np.random.default_rng(0).uniform(50, 150, size=(68, 2))
POINTS[:2] = [[50, 50], [150, 90]]  # so that y does not span the box alone
BELOW = POINTS + np.array([0.0, 3.0])
AREA = np.prod(np.ptp(POINTS, axis=0))
FLIP = np.diag([1.0, -1.0, -1.0])  # between the axes of the angles and those of camera space


def annotated(name: str, pose: tuple[float, float, float] | None) -> AnnotatedHead:
    return AnnotatedHead(name, Path(f"{name}.jpg"), POINTS, None if pose is None else np.array(pose, dtype=np.float64))


def predicted(euler: tuple[float, float, float], shift: float = 0.0) -> PredictedHead:
    return PredictedHead(None, np.array(euler, dtype=np.float64), POINTS + np.array([shift, 0.0]), None, None)


def rotation(euler: tuple[float, float, float]) -> Rotation:
    return Rotation.from_euler("xyz", euler, degrees=True).inv()


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


def test_a_profile_read_as_the_other_triple_has_the_error_of_its_rotation():
    """Half a turn of pitch and roll, and 180 less the yaw, are the same rotation, but far off as angles."""
    report = score_aflw2000([annotated("a", (10, 88, 5))], Predictions({"a": predicted((-171, 90, -174))}, []))
    assert [report.values[key][0] for key in ("pitch", "yaw", "roll", "mae")] == pytest.approx([1, 2, 1, 4 / 3])
    as_given = {"MAE": (179 + 2 + 179) / 3, "pitch": 179, "yaw": 2, "roll": 179}
    assert report.extra["angles_as_given"] == pytest.approx(as_given)
    assert "MAE 120.00, pitch 179.00, yaw 2.00, roll 179.00" in report.notes[1]
    (table, _) = report.set_figures
    assert table.rows["MAE, angles as given (°)"]["60-90"] == pytest.approx(120)


def test_the_angle_is_scipys_of_rotations_and_of_angles():
    truth, found = (10.0, 20.0, -30.0), (-5.0, 33.0, 8.0)
    between = rotation(truth) * rotation(found).inv()
    for head in (predicted(found), replace(predicted(found), rotation=FLIP @ rotation(found).as_matrix())):
        report = score_aflw2000([annotated("a", truth)], Predictions({"a": head}, []))
        assert report.values["geodesic"][0] == pytest.approx(np.rad2deg(between.magnitude()))
    (table, _) = report.set_figures
    assert table.rows["angle (°), median"]["0-30"] == pytest.approx(np.rad2deg(between.magnitude()))


def test_points_of_the_mesh_and_new_points_have_columns_where_they_are_there():
    heads = [annotated("a", (0, 0, 0)), annotated("b", (0, 40, 0))]
    found = {name: replace(predicted((0, 0, 0), shift=1.0), mesh_landmarks=BELOW) for name in "ab"}
    new = {"b": 2 * POINTS}
    report = score_aflw2000(heads, Predictions(found, []), reannotated=new)
    size = np.sqrt(AREA)
    np.testing.assert_allclose(report.values["nme_mesh"], 100 * 3 / size)
    for key, points in (("nme", POINTS + np.array([1.0, 0.0])), ("nme_mesh", BELOW)):
        expected = 100 * np.linalg.norm(points - 2 * POINTS, axis=1).mean() / (2 * size)
        np.testing.assert_allclose(report.values[f"{key}_reannotated"], [np.nan, expected])
    assert [table.key for table in report.set_figures] == ["by_true_yaw", "expression", "expression_reannotated"]
    assert "of 1 of the 2 heads" in report.notes[-1]
    plain = score_aflw2000(heads, Predictions({"a": predicted((0, 0, 0))}, []))
    assert [metric.key for metric in plain.metrics] == ["mae", "pitch", "yaw", "roll", "geodesic", "nme"]


def test_heads_without_a_prediction_or_a_pose_are_told_and_not_scored():
    heads = [annotated("a", (0, 0, 0)), annotated("b", None), annotated("c", (5, 5, 5))]
    report = score_aflw2000(heads, Predictions({"a": predicted((1, 2, 3)), "b": predicted((0, 0, 0), 1.0)}, []))
    assert [problem.kind for problem in report.problems] == ["missing"]
    np.testing.assert_array_equal(np.isnan(report.values["mae"]), [False, True, True])
    np.testing.assert_array_equal(np.isnan(report.values["nme"]), [False, False, True])
    with pytest.raises(ValueError, match="at least one"):
        score_aflw2000([], Predictions({}, []))
