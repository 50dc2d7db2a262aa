"""The published figures that our tables stand beside: `published.csv`, one line a figure, with the digits as printed.

All are of the manuscript "An efficient multi-task transformer for 3D head alignment", which became Jiang, Liao, Jin,
Yang, "Trans3DHead: a multi-task transformer for 3D head alignment", Int. J. Machine Learning and Cybernetics 17(4),
180, 2026. Tables 1 and 2 are of test sets, tables 3 to 8 of the validation split of DAD-3DHeads.
"""

import csv
from collections.abc import Mapping, Sequence
from importlib.resources import files

from trans3dhead.evaluation.report import PublishedRow

# What a reader must know who takes a row of table 2 as it is.
_NOTES = {
    "3DDFA": "the roll as printed repeats the MAE; the three angles average 7.11",
    "3DDFA-V2": "its own matrix2angle uses another Euler order than AFLW2000-3D; read in the right order its error "
    "falls by about half",
}


def published_figures(table: str) -> dict[str, dict[str, float]]:
    """What a table reports, in the order of its rows: system -> metric -> figure; figures it has not are left out."""
    figures: dict[str, dict[str, float]] = {}
    with (files("trans3dhead.evaluation") / "published.csv").open(encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            if line["table"] == table:
                figures.setdefault(line["system"], {})[line["metric"]] = float(line["value"])
    if not figures:
        raise ValueError(f"table: expected one that published.csv has, such as table1 or table3-layers, got {table!r}")
    return figures


def _rows(table: str, metrics: Sequence[str], notes: Mapping[str, str]) -> tuple[PublishedRow, ...]:
    """A table's rows with those of its figures that our own tables have too."""
    return tuple(
        PublishedRow(system, {key: figures[key] for key in metrics if key in figures}, notes.get(system, ""))
        for system, figures in published_figures(table).items()
    )


DAD_3DHEADS_TEST = _rows("table1", ("nme", "chamfer", "pose_error", "z5"), {})
AFLW2000_3D = _rows("table2", ("mae", "pitch", "yaw", "roll"), _NOTES)
