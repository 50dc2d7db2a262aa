"""What the rows of a table came to: means and spread over seeds, differences to the baseline, the paper's beside."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trans3dhead.evaluation.ablations.tables import AblationTable, Row
from trans3dhead.networks.alignment import load_model
from trans3dhead.training.engine.run import MODEL

SCORES = "scores"  # of a run folder: the report of its network


@dataclass(frozen=True)
class Column:
    """A metric of the tables."""

    key: str
    title: str
    decimals: int
    published_decimals: int = 3


# The paper's four metrics, then ours: landmarks of the mesh, which a network without a landmark branch has too.
PUBLISHED = (
    Column("nme", "NME, %", 2),
    Column("z5", "Z5", 4, 4),
    Column("chamfer", "Chamfer", 3),
    Column("pose_error", "pose error", 3),
)
OURS = (Column("nme_mesh", "mesh NME, %", 2), Column("vertices", "vertices, mm", 2))
_NUMBERS = {"nme_mesh", "vertices"}  # of the last validation; the others are in the report, head by head


@dataclass(frozen=True)
class Measured:
    """One metric of one row."""

    value: float  # the mean over heads and seeds
    spread: float | None  # standard deviation of the seeds' means; None of one seed
    change: float | None  # difference to the baseline, percent of the baseline's value; None of the baseline itself
    change_error: float | None  # its standard error over heads, the same heads in both rows; None where not known


@dataclass(frozen=True)
class Results:
    """What the rows of a table were measured to reach."""

    table: AblationTable
    seeds: int
    heads: int
    parameters: Mapping[str, int]  # of each row's network
    rows: Mapping[str, Mapping[str, Measured]]  # row -> column key

    def published_change(self, row: Row, key: str) -> float | None:
        """The paper's own difference to its baseline, percent."""
        value, reference = (self.table.published[name].get(key) for name in (row.name, self.table.baseline))
        if value is None or reference is None or row.name == self.table.baseline:
            return None
        return 100.0 * (value - reference) / reference


def read_results(table: AblationTable, folders: Mapping[str, list[Path]]) -> Results:
    """Read the scores from the run folders of each row, one folder for each seed."""
    scores = {name: [_read_scores(folder) for folder in paths] for name, paths in folders.items()}
    baseline = scores[table.baseline]
    columns = (*PUBLISHED, *OURS)
    rows = {
        name: {c.key: _measure(own, baseline if name != table.baseline else None, c.key) for c in columns}
        for name, own in scores.items()
    }
    parameters = {name: _count_parameters(paths[0] / MODEL) for name, paths in folders.items()}
    return Results(table, len(baseline), len(baseline[0]["nme"]), parameters, rows)


def _measure(own: list[dict[str, np.ndarray]], baseline: list[dict[str, np.ndarray]] | None, key: str) -> Measured:
    """One metric of a row, and its difference to the baseline.

    own, baseline: for each seed, metric -> (N,) the values of all heads, or (1,) their mean; baseline: None for itself.
    """
    means = np.array([np.nanmean(scores[key]) for scores in own])
    spread = float(means.std(ddof=1)) if len(means) > 1 else None
    if baseline is None:
        return Measured(float(means.mean()), spread, None, None)
    reference = float(np.mean([np.nanmean(scores[key]) for scores in baseline]))
    change = 100.0 * (float(means.mean()) - reference) / reference
    differences = np.mean([mine[key] - theirs[key] for mine, theirs in zip(own, baseline, strict=True)], axis=0)
    differences = differences[~np.isnan(differences)]
    count = len(differences)
    error = float(100.0 * differences.std(ddof=1) / count**0.5 / abs(reference)) if count > 1 else None
    return Measured(float(means.mean()), spread, change, error)


def _read_scores(folder: Path) -> dict[str, np.ndarray]:
    with (folder / SCORES / "samples.csv").open(newline="") as file:
        heads = list(csv.DictReader(file))
    with (folder / "metrics.csv").open(newline="") as file:
        last = list(csv.DictReader(file))[-1]
    scores = {c.key: np.array([float(head[c.key] or "nan") for head in heads]) for c in PUBLISHED}
    return scores | {key: np.array([float(last[key])]) for key in _NUMBERS}


def _count_parameters(model: Path) -> int:
    return sum(parameter.numel() for parameter in load_model(model).model.parameters())


def to_json(results: Results, settings: Mapping[str, Any]) -> str:
    """All figures as a JSON object, with the settings that they were made with."""
    rows = [
        {
            "name": row.name,
            "run": row.run,
            "parameters": results.parameters[row.name],
            "measured": {key: vars(value) for key, value in results.rows[row.name].items()},
            "published": {column.key: results.table.published[row.name].get(column.key) for column in PUBLISHED},
        }
        for row in results.table.rows
    ]
    head = {"table": results.table.title, "baseline": results.table.baseline, "settings": dict(settings)}
    return json.dumps({**head, "seeds": results.seeds, "heads": results.heads, "rows": rows}, indent=1) + "\n"
