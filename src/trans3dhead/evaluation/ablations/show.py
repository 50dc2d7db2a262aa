"""Results as a table: on the terminal, and as Markdown."""

from rich.table import Table
from rich.text import Text

from trans3dhead.evaluation.ablations.results import OURS, PUBLISHED, Column, Measured, Results
from trans3dhead.evaluation.ablations.tables import Row


def results_table(results: Results) -> Table:
    """The results as a table for the terminal, about 120 characters wide."""
    heading, note = Text(results.table.title), Text(caption(results))
    table = Table(title=heading, title_justify="left", caption=note, caption_justify="left")
    for number, title in enumerate(_titles()):
        table.add_column(title, justify="right" if number else "left", no_wrap=True)
    for row in results.table.rows:
        table.add_row(*(Text("\n".join(lines)) for lines in _cells(results, row)))
        table.add_section()
    return table


def results_markdown(results: Results) -> str:
    """The results as a Markdown table, for a page."""
    titles = _titles()
    lines = [f"| {' | '.join(titles)} |", f"| --- |{' ---: |' * (len(titles) - 1)}"]
    for row in results.table.rows:
        lines.append(f"| {' | '.join('<br>'.join(cell) for cell in _cells(results, row))} |")
    return "\n".join([*lines, "", caption(results), ""])


def caption(results: Results) -> str:
    """The sentences below the table that say how to read its numbers."""
    seeds = f"{results.seeds} seeds, ± their standard deviation" if results.seeds > 1 else "one seed"
    return (
        f"{results.heads} heads, {seeds}. Differences in percent of {results.table.baseline}'s, ± their standard error "
        "over heads, the same in both rows. Chamfer squared, inner eye corners 20 apart; vertices in head space."
    )


def _titles() -> list[str]:
    return ["method", *(column.title for column in (*PUBLISHED, *OURS)), "weights, M"]


def _cells(results: Results, row: Row) -> list[list[str]]:
    """One list of lines for each column: measured, its difference to the baseline, the paper's number."""
    measured = results.rows[row.name]
    cells = [[row.name, "" if row.name == results.table.baseline else f"to {results.table.baseline}", "paper"]]
    for column in PUBLISHED:
        value, change = results.table.published[row.name].get(column.key), results.published_change(row, column.key)
        number = "-" if value is None else f"{value:.{column.published_decimals}f}"
        cells.append([*_measured_lines(measured[column.key], column), number + _percent(change)])
    cells += [_measured_lines(measured[column.key], column) for column in OURS]
    return [*cells, [f"{results.parameters[row.name] / 1e6:.1f}"]]


def _measured_lines(measured: Measured, column: Column) -> list[str]:
    spread = "" if measured.spread is None else f" ± {measured.spread:.{column.decimals}f}"
    error = "" if measured.change_error is None else f" ± {measured.change_error:.1f}"
    change = "" if measured.change is None else f"{measured.change:+.1f}{error} %"
    return [f"{measured.value:.{column.decimals}f}{spread}", change]


def _percent(change: float | None) -> str:
    return "" if change is None else f", {change:+.1f} %"
