"""Whether results have the expressions of the true landmarks: mouth, eyes and brows of heads that face the camera."""

from collections.abc import Mapping
from dataclasses import asdict, replace

import numpy as np

from trans3dhead.evaluation.predictions import Predictions
from trans3dhead.evaluation.report import Report, SetFigures
from trans3dhead.metrics.expression import FEWEST, agreement, expression_measures

FACING = 45.0  # degrees of true yaw to either side: beyond it the lips and brows of one side are hardly seen
_COLUMNS = {"r": 2, "slope": 2, "bias": 2, "heads": 0}
_SOURCES = {"landmarks": "landmarks", "mesh": "mesh_landmarks"}  # word of the table -> attribute of `PredictedHead`
_NOTE = (
    f"Heads of a true yaw within {FACING:.0f}°. Pearson's r, the slope of results over truth, and the mean of results "
    "less truth in percent of the root of the true box's area; from the result's landmarks and from its mesh's. "
    f"No figures of fewer than {FEWEST} heads."
)


def with_expression(
    report: Report, true: Mapping[str, np.ndarray], predictions: Predictions, against: str, key: str = "expression"
) -> Report:
    """The report with a table of how results and true points agree on five measures; `expression_measures`.

    true: id -> (68, 2) pixels; against: what the table's title calls them; key: of the table in the JSON. Heads whose
    true yaw the report does not know do not count.
    """
    yaw = dict(zip(report.samples, report.covariates["true_yaw"], strict=True))
    facing = {name: points for name, points in true.items() if abs(yaw[name]) < FACING}
    rows = {}
    for word, attribute in _SOURCES.items():
        found = {name: getattr(predictions.heads.get(name), attribute, None) for name in facing}
        found = {name: points for name, points in found.items() if points is not None}
        rows |= {f"{measure}, {word}": row for measure, row in _agreements(facing, found).items()}
    table = SetFigures(key, f"expression, against {against}", _COLUMNS, rows, _NOTE)
    return replace(report, set_figures=(*report.set_figures, table))


def _agreements(true: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Measure -> its figures over the heads that are found. Both: id -> (68, 2) pixels."""
    empty = np.zeros((0, 68, 2))
    truth = np.stack([true[name] for name in found]) if found else empty
    result = np.stack(list(found.values())) if found else empty
    wanted, got = expression_measures(truth, truth), expression_measures(result, truth)
    return {measure: asdict(agreement(wanted[measure], got[measure])) for measure in wanted}
