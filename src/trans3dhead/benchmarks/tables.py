"""The tables that `trans3dhead benchmark` prints."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from rich.markup import escape
from rich.table import Table

from trans3dhead.benchmarks.rounds import Spread

if TYPE_CHECKING:
    from trans3dhead.benchmarks.memory import MemoryRow
    from trans3dhead.benchmarks.scaling import ScalingRow
    from trans3dhead.benchmarks.speed import SpeedRow
    from trans3dhead.benchmarks.start import StartRow

Row = TypeVar("Row")

_RATIO = "of the first"  # heading of a row's time over its reference's


def speed_table(rows: "Sequence[SpeedRow]") -> Table:
    """Milliseconds of one call."""
    table = _table(("work", "network", "runtime"), ("threads", "batch", "ms", "quartiles", _RATIO, "quartiles"))
    for group in _groups(rows, lambda row: (row.label.work, row.label.batch, row.label.threads)):
        for row in group:
            label = row.label
            threads = "its own" if label.threads is None else str(label.threads)
            words = (label.work, label.name, label.runtime, threads, str(label.batch))
            _add(table, words, row.milliseconds, row.ratio, ends=row is group[-1])
    table.caption = (
        "medians of the rounds; the first: of the same work, batch and threads, for networks alone of the same runtime"
    )
    return table


def scaling_table(rows: "Sequence[ScalingRow]") -> Table:
    """Milliseconds of one call against each size."""
    table = _table(("against", "form"), ("size", "ms", "quartiles", _RATIO, "quartiles", "memory of a call, MB"))
    for group in _groups(rows, lambda row: row.against):
        for row in group:
            memory = "" if row.call_mb is None else f"{row.call_mb:.1f}"
            words = (row.against, row.form, str(row.value))
            _add(table, words, row.milliseconds, row.ratio, after=(memory,), ends=row is group[-1])
    table.caption = "medians of the rounds; of query-aware memory the first is the efficient form of the same size"
    return table


def memory_table(rows: "Sequence[MemoryRow]") -> Table:
    """Megabytes and seconds of fresh processes."""
    table = _table(("process", "runtime"), ("peak, MB", "of the call, MB", "loading, s", "first call, s"))
    for row in rows:
        figures = (row.peak_mb, row.call_mb, row.load_seconds, row.call_seconds) if row.runtime else (row.peak_mb,)
        table.add_row(escape(row.what), row.runtime, *(_written(spread.median) for spread in figures))
    table.caption = "medians; resident memory, 1 MB = 1,000,000 bytes"
    return table


def start_table(rows: "Sequence[StartRow]") -> Table:
    """Seconds of whole processes."""
    table = _table(("process",), ("seconds", "quartiles", _RATIO, "quartiles"))
    for row in rows:
        _add(table, (row.what,), row.seconds, row.ratio)
    table.caption = "medians of the rounds"
    return table


def _table(words: Iterable[str], numbers: Iterable[str]) -> Table:
    table = Table()
    for heading in words:
        table.add_column(heading, overflow="fold")
    for heading in numbers:
        table.add_column(heading, justify="right")
    return table


def _add(
    table: Table, words: Sequence[str], figure: Spread, ratio: Spread, after: Sequence[str] = (), ends: bool = False
) -> None:
    figures = [cell for spread in (figure, ratio) for cell in (_written(spread.median), _quartiles(spread))]
    table.add_row(*map(escape, words), *figures, *after, end_section=ends)


def _quartiles(spread: Spread) -> str:
    return f"{_written(spread.low)} to {_written(spread.high)}"


def _written(value: float) -> str:
    """Three digits or all before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _groups(rows: Sequence[Row], key: Callable[[Row], object]) -> list[list[Row]]:
    """Neighbours with the same key together."""
    return [list(group) for _, group in groupby(rows, key)]
