"""Which heads and which points a table of expressions is made of."""

import numpy as np
import pytest

from trans3dhead.evaluation.expression import with_expression
from trans3dhead.evaluation.predictions import PredictedHead, Predictions
from trans3dhead.evaluation.report import Metric, Report

RNG = np.random.default_rng(0)
TRUE = {f"h{number}": points for number, points in enumerate(RNG.uniform(0, 100, (30, 68, 2)))}


def report(yaw: np.ndarray) -> Report:
    return Report("Set", (Metric("nme", "NME", 3),), tuple(TRUE), {"nme": np.zeros(30)}, covariates={"true_yaw": yaw})


def table(yaw: np.ndarray, predictions: dict[str, PredictedHead]):
    (figures,) = with_expression(report(yaw), TRUE, Predictions(predictions, [])).set_figures
    return figures


def test_landmarks_and_mesh_have_rows_of_their_own():
    found = {name: PredictedHead(landmarks=points, mesh_landmarks=-points) for name, points in TRUE.items()}
    rows = table(np.zeros(30), found).rows
    assert len(rows) == 10
    right, mirrored = rows["mouth corner height, landmarks"], rows["mouth corner height, mesh"]
    assert right == pytest.approx({"r": 1, "slope": 1, "bias": 0, "heads": 30})
    assert (mirrored["r"], mirrored["slope"]) == pytest.approx((-1, -1))  # upside down
    assert rows["mouth width, mesh"]["r"] == pytest.approx(1)


def test_turned_unknown_and_missing_heads_do_not_count():
    yaw = np.array([44.0] * 12 + [-46.0] * 10 + [np.nan] * 8)
    found = {name: PredictedHead(landmarks=points) for name, points in list(TRUE.items())[1:]}
    rows = table(yaw, found).rows
    assert set(rows) == {name for name in rows if name.endswith("landmarks")}
    assert {row["heads"] for row in rows.values()} == {11}


def test_few_heads_have_a_table_without_figures():
    rows = table(np.array([0.0] * 4 + [90.0] * 26), {n: PredictedHead(landmarks=p) for n, p in TRUE.items()}).rows
    assert np.isnan([row["r"] for row in rows.values()]).all()
    rows = table(np.full(30, 90.0), {n: PredictedHead(landmarks=p) for n, p in TRUE.items()}).rows
    assert {row["heads"] for row in rows.values()} == {0}


def test_without_points_or_yaw_there_is_no_table():
    plain = report(np.zeros(30))
    assert with_expression(plain, TRUE, Predictions({"h1": PredictedHead()}, [])) is plain
    unknown = with_expression(report(np.full(30, np.nan)), TRUE, Predictions({}, []))
    assert unknown.set_figures == ()
    assert "true yaw" in unknown.notes[-1]
