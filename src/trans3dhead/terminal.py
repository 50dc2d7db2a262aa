"""Tables on the terminal and in the files to which it is redirected."""

from rich.console import Console
from rich.measure import Measurement, measure_renderables
from rich.table import Table

_ANY = 10_000  # characters, more than any table is wide


def print_whole(table: Table, console: Console) -> None:
    """Print a table whose numbers are all there: wider than the console where it must be, cells wrapped at spaces.

    rich cuts the ends of words off where a table is too wide; a file that it is redirected to counts as 80 characters.
    The table's columns get their least width.
    """
    options = console.options.update(max_width=_ANY)
    for column in table.columns:
        column.min_width = measure_renderables(console, options, [column.header, *column.cells]).minimum
    needed = Measurement.get(console, options, table).minimum
    given = console.width
    console.width = max(given, needed)
    try:
        console.print(table, crop=False)
    finally:
        console.width = given
