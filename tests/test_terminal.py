"""Tables that are wider than the terminal."""

from io import StringIO

import pytest
from rich.console import Console
from rich.table import Table

from trans3dhead.terminal import print_whole


@pytest.mark.parametrize("width", [10, 40, 80, 200])
def test_no_number_is_cut_off(width: int) -> None:
    numbers = [f"{i}.{i:03d}" for i in range(20)]
    table = Table("system", *(f"metric {i} (%)" for i in range(20)))
    table.add_row("a system of several words", *numbers)
    console = Console(file=StringIO(), width=width)
    print_whole(table, console)
    printed = console.file.getvalue()
    assert all(f" {number} " in printed for number in numbers)
    assert "…" not in printed
    assert console.width == width


def test_a_table_that_fits_is_as_wide_as_it_must_be() -> None:
    table = Table("system", "error")
    table.add_row("ours", "1.5")
    console = Console(file=StringIO(), width=80)
    print_whole(table, console)
    assert max(map(len, console.file.getvalue().splitlines())) < 20
