"""A report as tables for the terminal: against the published systems, by attribute, and what went wrong.

Every cell is a rich `Text`: ids, labels and messages are printed as they are, whatever brackets or colons they hold.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from rich.table import Table
from rich.text import Text

from trans3dhead.evaluation.report import Breakdown, Metric, Problem, Report, SetFigures

_BEST = "*"
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_NOTHING = "-"


def report_table(report: Report) -> Table:
    """A row for each published system, then the measured means with their 95 % intervals; the best of a column marked.

    Values are compared as they are printed, so that a measured 2.2483 ties with a published 2.248.
    """
    footnotes = list(dict.fromkeys(row.note for row in report.published if row.note))
    table = _table(report.title, [Text("system"), *map(_header, report.metrics)])
    table.caption = Text("\n".join([*_numbered(footnotes), *_caption(report)]))
    best = {metric.key: _best(report, metric) for metric in report.metrics}
    for row in report.published:
        cells = [_marked(metric, row.values.get(metric.key), best) for metric in report.metrics]
        table.add_row(Text(row.system + _number(row.note, footnotes)), *cells, style="dim")
    if report.published:
        table.add_section()
    means = [(metric, report.mean(metric.key)) for metric in report.metrics]
    measured = [_marked(metric, None if mean is None else mean.value, best) for metric, mean in means]
    table.add_row(Text(f"measured, {_samples(len(report.samples))}"), *measured, style="bold")
    intervals = [
        _NOTHING if mean is None else f"{_rounded(metric, mean.low)} – {_rounded(metric, mean.high)}"
        for metric, mean in means
    ]
    table.add_row(Text("95 % interval"), *(Text(interval + "  ") for interval in intervals))
    return table


def attribute_tables(report: Report) -> list[Table]:
    """For each attribute that any sample has, and no other table, the means over the samples of each of its values."""
    tables = []
    told = {name for breakdown in report.breakdowns for name in breakdown.attributes}
    told |= {figures.attribute for figures in report.set_figures if figures.attribute is not None}
    for name in report.attributes:
        groups = report.groups(name)
        if not groups or name in told:
            continue
        table = _table(f"by {_words(name)}", [Text(name), Text("samples"), *map(_header, report.metrics)])
        for label, rows in groups.items():
            cells = [Text(_mean_cell(report, metric, rows)) for metric in report.metrics]
            table.add_row(Text(label), Text(f"{int(rows.sum()):,}"), *cells)
        if unknown := _without_a_value(report, name):
            table.caption = Text(unknown[0])
        tables.append(table)
    return tables


def breakdown_tables(report: Report) -> list[Table]:
    """The report's breakdowns: means with their 95 % intervals, the values of one attribute after those of another."""
    return [_breakdown_table(report, breakdown) for breakdown in report.breakdowns]


def _breakdown_table(report: Report, breakdown: Breakdown) -> Table:
    metrics = [metric for metric in report.metrics if metric.key in breakdown.metrics]
    headers = [Text("" if len(breakdown.attributes) > 1 else _words(next(iter(breakdown.attributes)))), Text("samples")]
    table = _table(breakdown.title, [*headers, *map(_header, metrics)])
    notes = [breakdown.note] if breakdown.note else []
    for name in breakdown.attributes:
        for label, rows in report.groups(name).items():
            words = f"{_words(name)} {_words(label)}" if len(breakdown.attributes) > 1 else label
            cells = [Text(_interval_cell(report, metric, rows)) for metric in metrics]
            table.add_row(Text(words), Text(f"{int(rows.sum()):,}"), *cells)
        table.add_section()
        notes += _without_a_value(report, name)
    table.caption = Text("\n".join([*notes, "below each mean: its 95 % interval"]))
    return table


def _without_a_value(report: Report, attribute: str) -> list[str]:
    unknown = int((report.attributes[attribute] == "").sum())
    return [f"{_samples(unknown)} without a value of {attribute}"] if unknown else []


def set_tables(report: Report) -> list[Table]:
    """The figures of the whole set, a table each; "-" where there is none."""
    return [_set_table(figures) for figures in report.set_figures]


def _set_table(figures: SetFigures) -> Table:
    table = _table(figures.title, [Text(""), *map(Text, figures.columns)])
    table.caption = Text(figures.note) if figures.note else None
    for name, row in figures.rows.items():
        numbers = [(row.get(column, float("nan")), decimals) for column, decimals in figures.columns.items()]
        cells = [_NOTHING if np.isnan(number) else f"{number:,.{decimals}f}" for number, decimals in numbers]
        table.add_row(Text(name), *map(Text, cells))
    return table


def problem_table(report: Report, limit: int = 20) -> Table | None:
    """How many problems of each kind, then the first `limit` with their messages; None where there is no problem."""
    if not report.problems:
        return None
    counts = Counter(problem.kind for problem in report.problems).most_common()
    table = Table(
        title=Text("problems: " + ", ".join(f"{count:,} {kind}" for kind, count in counts)),
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("kind", no_wrap=True)
    table.add_column("sample", overflow="fold")
    table.add_column("message", overflow="fold")
    for problem in report.problems[:limit]:
        table.add_row(Text(problem.kind), Text(problem.sample), Text(_message(problem)))
    left = len(report.problems) - limit
    if left > 0:
        table.caption = Text(f"and {left:,} more; all in report.json")
    return table


def _table(title: str, headers: Sequence[Text]) -> Table:
    table = Table(title=Text(title), title_justify="left", caption_justify="left")
    table.add_column(headers[0], no_wrap=True)
    for header in headers[1:]:
        table.add_column(header, justify="right")
    return table


def _header(metric: Metric) -> Text:
    unit = f" ({metric.unit})" if metric.unit else ""
    return Text(f"{metric.title}{unit} {'↑' if metric.higher_is_better else '↓'}")


def _rounded(metric: Metric, value: float) -> str:
    return f"{value:.{metric.decimals}f}"


def _mean_cell(report: Report, metric: Metric, rows: np.ndarray) -> str:
    mean = report.mean(metric.key, rows)
    return _NOTHING if mean is None else _rounded(metric, mean.value)


def _interval_cell(report: Report, metric: Metric, rows: np.ndarray) -> str:
    mean = report.mean(metric.key, rows)
    if mean is None:
        return _NOTHING
    return f"{_rounded(metric, mean.value)}\n{_rounded(metric, mean.low)} – {_rounded(metric, mean.high)}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _best(report: Report, metric: Metric) -> str | None:
    """The best value of a column as it is printed; None where fewer than two rows have one, which are no contest."""
    values = [row.values[metric.key] for row in report.published if metric.key in row.values]
    mean = report.mean(metric.key)
    if mean is not None:
        values.append(mean.value)
    if len(values) < 2:
        return None
    return _rounded(metric, max(values) if metric.higher_is_better else min(values))


def _marked(metric: Metric, value: float | None, best: Mapping[str, str | None]) -> Text:
    """A value, starred and coloured where it is the best; the others leave the star's room free, to line up."""
    if value is None:
        return Text(_NOTHING + "  ")
    words = _rounded(metric, value)
    return Text(f"{words} {_BEST}", style="bold green not dim") if words == best[metric.key] else Text(words + "  ")


def _numbered(notes: Sequence[str]) -> list[str]:
    return [f"{_superscript(number)} {note}" for number, note in enumerate(notes, 1)]


def _number(note: str, notes: Sequence[str]) -> str:
    return f" {_superscript(notes.index(note) + 1)}" if note else ""


def _superscript(number: int) -> str:
    return str(number).translate(_SUPERSCRIPTS)


def _caption(report: Report) -> list[str]:
    """What holds of the whole table: the star, metrics that not every sample has, the protocol's notes."""
    lines = []
    if report.published:
        lines.append(f"{_BEST} best of its column")
    for metric in report.metrics:
        mean = report.mean(metric.key)
        if mean is not None and mean.count < len(report.samples):
            lines.append(f"{metric.title}: mean of {mean.count:,} of the {_samples(len(report.samples))}")
    return [*lines, *report.notes]


def _samples(count: int) -> str:
    return f"{count:,} sample{'' if count == 1 else 's'}"


def _message(problem: Problem) -> str:
    """The message without the id at its start: the table has a column for it."""
    return problem.message.removeprefix(f"{problem.sample}: ")
