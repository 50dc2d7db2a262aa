"""Whether results have the expressions of the true landmarks: mouth, eyes and brows of heads that face the camera."""

from collections.abc import Mapping
from dataclasses import asdict, replace

import numpy as np

from trans3dhead.evaluation.predictions import Predictions
from trans3dhead.evaluation.report import Report, SetFigures
from trans3dhead.metrics.expression import FEWEST, agreement, expression_measures

FACING = 45.0  # degrees of true yaw to either side: beyond it half of the lips and brows is hardly seen

_COLUMNS = {"r": 2, "slope": 2, "bias": 2, "heads": 0}
_SOURCES = {"landmarks": "landmarks", "mesh": "mesh_landmarks"}  # word of the table -> attribute of `PredictedHead`
_NOTE = (
    f"Heads of a true yaw within {FACING:.0f}°, of their landmarks and of their mesh's. r: Pearson's correlation; "
    "slope: of the line of the results over the truth; bias: mean of results less truth, percent of the root of the "
    f"area of the true points' box. Nothing is told of fewer than {FEWEST} heads."
)


def with_expression(
    report: Report,
    true: Mapping[str, np.ndarray],
    predictions: Predictions,
    points: str = "true points",
    key: str = "expression",
) -> Report:
    """The report with a table of how results and true points agree on five measures; `expression_measures`.

    true: id -> (68, 2) pixels; points: what the table's title calls them; key: of the table in the JSON. Heads whose
    true yaw the report does not know do not count; a note says so where it knows none. Without any predicted points
    the report stays as it is.
    """
    yaw = dict(zip(report.samples, report.covariates["true_yaw"], strict=True))
    if np.isnan(list(yaw.values())).all():
        note = "No table of expressions: it needs heads whose true yaw is known, and it is of none."
        return replace(report, notes=(*report.notes, note))
    facing = {name: landmarks for name, landmarks in true.items() if abs(yaw[name]) < FACING}
    rows: dict[str, dict[str, float]] = {}
    for word, attribute in _SOURCES.items():
        found = {name: getattr(head, attribute) for name, head in predictions.heads.items()}
        found = {name: landmarks for name, landmarks in found.items() if landmarks is not None}
        if found:
            rows |= {f"{measure}, {word}": row for measure, row in _agreements(facing, found).items()}
    table = SetFigures(key, f"expressions against the {points}", _COLUMNS, rows, _NOTE)
    return replace(report, set_figures=(*report.set_figures, table)) if rows else report


def _agreements(true: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Measure -> its figures over the heads that are in both; id -> (68, 2) pixels twice."""
    names = [name for name in true if name in found]
    truth = np.array([true[name] for name in names], dtype=np.float64).reshape(-1, 68, 2)
    result = np.array([found[name] for name in names], dtype=np.float64).reshape(-1, 68, 2)
    wanted, got = expression_measures(truth, truth), expression_measures(result, truth)
    return {measure: asdict(agreement(wanted[measure], got[measure])) for measure in wanted}
