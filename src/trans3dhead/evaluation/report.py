"""The scores of one benchmark run: a value for each sample and metric, means over all and over groups, JSON and CSV.

Every protocol fills one `Report`; tables, plots and the sheet of worst cases are made of it alone.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from trans3dhead.files import write_atomically

_OWN_KEYS = {"title", "samples", "metrics", "attributes", "published", "problems", "notes"}  # of the JSON


@dataclass(frozen=True)
class Metric:
    """A column of a report."""

    key: str  # of JSON and CSV
    title: str  # of tables and plots
    decimals: int  # as the papers round it
    unit: str = ""  # "°", "%"
    higher_is_better: bool = False


@dataclass(frozen=True)
class PublishedRow:
    """What a paper reports for a system; metrics that it does not report are left out."""

    system: str
    values: Mapping[str, float]  # by Metric.key
    note: str = ""  # what a reader must know of this row


@dataclass(frozen=True)
class Problem:
    """A sample that is not, or not fully, scored, and why."""

    sample: str  # id or file
    kind: str  # "missing", "unknown", "not finite", "shape", "unreadable"
    message: str


@dataclass(frozen=True)
class Breakdown:
    """A table of its own: means of some metrics over the values of some attributes, these in their own order."""

    title: str
    metrics: tuple[str, ...]  # Metric.key
    attributes: Mapping[str, tuple[str, ...]]  # name -> all its values, in order; some may have no sample
    note: str = ""  # what a reader of the table must know


@dataclass(frozen=True)
class SetFigures:
    """A table of its own with figures that a set has and a sample has not, such as medians and correlations."""

    key: str  # of the JSON
    title: str
    columns: Mapping[str, int]  # name -> decimals of the table
    rows: Mapping[str, Mapping[str, float]]  # name -> figure by column; NaN where there is none
    note: str = ""  # what a reader of the table must know
    attribute: str | None = None  # of the report by which it tells all, so that no other table by it is printed


@dataclass(frozen=True)
class Mean:
    """A mean over samples with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, eq=False)
class Report:
    """The scores of N samples. A value is NaN where a metric is not defined for a sample: it then counts in no mean."""

    title: str
    metrics: tuple[Metric, ...]
    samples: tuple[str, ...]  # (N,) ids
    values: Mapping[str, np.ndarray]  # Metric.key -> (N,) float64
    attributes: Mapping[str, np.ndarray] = field(default_factory=dict)  # name -> (N,) str; "" where unknown
    covariates: Mapping[str, np.ndarray] = field(default_factory=dict)  # such as "true_yaw": (N,) degrees, signed
    breakdowns: tuple[Breakdown, ...] = ()
    set_figures: tuple[SetFigures, ...] = ()
    published: tuple[PublishedRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()  # what a reader of the table must know: protocol, exclusions, units
    extra: Mapping[str, Any] = field(default_factory=dict)  # further figures of a protocol, plain numbers for JSON
    _means: dict[tuple[str, bytes], Mean | None] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Raise ValueError where the arrays do not fit the samples, or a figure would hide another in the JSON."""
        keys = [metric.key for metric in self.metrics]
        if set(keys) != set(self.values) or len(keys) != len(set(keys)):
            raise ValueError(f"report: expected values for each of the metrics {keys}, got {list(self.values)}")
        for name, array in (*self.values.items(), *self.attributes.items(), *self.covariates.items()):
            if np.shape(array) != (len(self.samples),):
                raise ValueError(f"report: {name} has shape {np.shape(array)} for {len(self.samples)} samples")
        for breakdown in self.breakdowns:
            self._check_breakdown(breakdown)
        infinite = [key for key in keys if np.isinf(self.values[key]).any()]
        if infinite:
            raise ValueError(f"report: infinite values of {infinite}; a sample without a value has NaN, and a problem")
        further = [*self.extra, *(table.key for table in self.set_figures)]
        if clash := {key for key in further if key in _OWN_KEYS or further.count(key) > 1}:
            raise ValueError(f"report: extra may not hold {sorted(clash)}, which the report says itself")

    def mean(self, key: str, rows: np.ndarray | None = None) -> Mean | None:
        """The mean of a metric over all samples, or over those of a mask (N,); None where no sample has a value."""
        known = ~np.isnan(self.values[key])
        if rows is not None:
            known &= rows
        cell = (key, known.tobytes())
        if cell not in self._means:  # JSON, tables and plots ask for the same ones
            self._means[cell] = bootstrap_mean(self.values[key][known])
        return self._means[cell]

    def groups(self, attribute: str) -> dict[str, np.ndarray]:
        """The masks (N,) of an attribute's values; samples without a value are in none.

        In the order of the breakdown that has the attribute, empty ones too; else in alphabetical order.
        """
        labels = self.attributes[attribute]
        given = [breakdown.attributes[attribute] for breakdown in self.breakdowns if attribute in breakdown.attributes]
        order = given[0] if given else sorted(set(labels.tolist()) - {""})
        return {str(label): labels == label for label in order}

    def to_json(self) -> dict[str, Any]:
        """All figures as plain numbers; None where there is none."""
        return {
            "title": self.title,
            "samples": len(self.samples),
            "metrics": {metric.key: _plain(self.mean(metric.key)) for metric in self.metrics},
            "attributes": {
                name: {
                    label: {metric.key: _plain(self.mean(metric.key, rows)) for metric in self.metrics}
                    for label, rows in self.groups(name).items()
                }
                for name in self.attributes
            },
            "published": [{"system": row.system, "note": row.note, **row.values} for row in self.published],
            "problems": [dict(vars(problem)) for problem in self.problems],
            "notes": list(self.notes),
            **_without_nan({table.key: table.rows for table in self.set_figures}),
            **_without_nan(dict(self.extra)),
        }

    def save(self, folder: Path) -> None:
        """Write report.json and samples.csv, one line a sample."""
        text = json.dumps(self.to_json(), indent=1, allow_nan=False) + "\n"
        write_atomically(folder / "report.json", text.encode())
        table = io.StringIO(newline="")
        writer = csv.writer(table)
        columns = self._columns()
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        write_atomically(folder / "samples.csv", table.getvalue().encode())

    def _check_breakdown(self, breakdown: Breakdown) -> None:
        """Raise ValueError for a table of what the report does not have, or that would leave samples out."""
        keys = {metric.key for metric in self.metrics}
        if not set(breakdown.metrics) <= keys or not set(breakdown.attributes) <= set(self.attributes):
            names = [*breakdown.metrics, *breakdown.attributes]
            raise ValueError(f"report: {breakdown.title}: expected metrics and attributes of the report, got {names}")
        for name, order in breakdown.attributes.items():
            if others := set(self.attributes[name].tolist()) - {"", *order}:
                raise ValueError(f"report: {breakdown.title}: expected {name} of {order}, got {sorted(others)} too")

    def _columns(self) -> dict[str, Sequence[str]]:
        """The columns of samples.csv. A covariate or attribute with a metric's name, such as yaw, gets a longer one."""
        columns: dict[str, Sequence[str]] = {"id": self.samples}
        columns |= {metric.key: _cells(self.values[metric.key]) for metric in self.metrics}
        for name, numbers in self.covariates.items():
            columns[f"covariate_{name}" if name in columns else name] = _cells(numbers)
        for name, labels in self.attributes.items():
            columns[f"attribute_{name}" if name in columns else name] = labels.tolist()
        return columns


def bootstrap_mean(values: np.ndarray) -> Mean | None:
    """(N,) -> the mean and its 95 % bootstrap interval (percentiles, fixed seed); None for N = 0.

    10 000 resamples are drawn, of more than 1 000 samples fewer, 1 000 at least: either end stays within some 4 % of
    half the interval of where many would put it.
    """
    count = len(values)
    if not count:
        return None
    rng = np.random.default_rng(0)
    resamples = min(10_000, max(1_000, 10_000_000 // count))
    step = max(1, 1_000_000 // count)  # resamples at a time: their indices take some megabytes
    sizes = [min(step, resamples - start) for start in range(0, resamples, step)]
    drawn = [values[rng.integers(count, size=(size, count), dtype=np.int32)].mean(axis=1) for size in sizes]
    low, high = np.percentile(np.concatenate(drawn), [2.5, 97.5])
    return Mean(float(values.mean()), float(low), float(high), count)


def _plain(value: Mean | None) -> dict[str, float] | None:
    return None if value is None else dict(vars(value))


def _cells(values: np.ndarray) -> list[str]:
    return ["" if np.isnan(value) else f"{value:.8g}" for value in values]


def _without_nan(figures: Any) -> Any:
    """Figures for JSON, which knows no NaN: None in its place."""
    match figures:
        case Mapping():
            return {name: _without_nan(value) for name, value in figures.items()}
        case list() | tuple():
            return [_without_nan(value) for value in figures]
        case float() if not np.isfinite(figures):
            return None
    return figures
