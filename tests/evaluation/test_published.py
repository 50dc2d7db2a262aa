"""The published figures: as our tables read them, consistent in themselves, and digit by digit those of the paper."""

import csv
import re
from importlib.resources import files
from pathlib import Path

import pytest

from trans3dhead.evaluation.ablations import TABLES
from trans3dhead.evaluation.published import AFLW2000_3D, DAD_3DHEADS_TEST, published_figures
from trans3dhead.evaluation.report import PublishedRow

FOUR = ("nme", "z5", "chamfer", "pose_error")
COLUMNS = {"table1": (*FOUR, "fps"), "table2": ("mae", "pitch", "roll", "yaw"), **dict.fromkeys(TABLES, FOUR)}


@pytest.fixture(scope="module")
def lines() -> list[dict[str, str]]:
    """The lines of `published.csv`."""
    with (files("trans3dhead.evaluation") / "published.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def values(row: PublishedRow, keys: tuple[str, ...]) -> list[float]:
    return [row.values[key] for key in keys]


def test_every_line_is_a_figure_of_its_own_with_a_source(lines: list[dict[str, str]]):
    keys = [(line["table"], line["system"], line["metric"]) for line in lines]
    assert len(set(keys)) == len(keys) == 176
    for line in lines:
        assert line["metric"] in COLUMNS[line["table"]]
        assert float(line["value"]) > 0
        assert re.fullmatch(r"Jiang et al\. 2026, table \d(, left|, right)?", line["source"])
        assert line["table"][:6] == "table" + line["source"].split("table ")[1][0]


def test_the_rows_are_read_as_they_stand():
    assert [row.system for row in DAD_3DHEADS_TEST] == ["RingNet", "3DDFA-V2", "DAD-3DNet", "Trans3DHead"]
    assert DAD_3DHEADS_TEST[1].values == {"nme": 3.58, "chamfer": 6.17, "pose_error": 0.527}  # it has no Z5
    assert DAD_3DHEADS_TEST[-1].values == {"nme": 2.248, "chamfer": 3.257, "pose_error": 0.153, "z5": 0.95}
    assert len(AFLW2000_3D) == 11
    assert AFLW2000_3D[-1].values == {"mae": 3.38, "pitch": 4.39, "yaw": 2.91, "roll": 2.84}


def test_the_mae_is_the_mean_of_the_angles_where_no_note_says_otherwise():
    for row in AFLW2000_3D:
        consistent = abs(sum(values(row, ("pitch", "yaw", "roll"))) / 3 - row.values["mae"]) < 0.0051
        assert consistent != ("average" in row.note), row.system


def test_the_row_whose_euler_order_differs_says_so():
    noted = {row.system for row in AFLW2000_3D if "Euler order" in row.note}
    assert noted == {"3DDFA-V2"}


def test_a_table_that_nobody_published_is_named():
    with pytest.raises(ValueError, match=r"expected one that published\.csv has, .* got 'table9'"):
        published_figures("table9")


def cells_of_paper(shared: Path, table: str) -> list[list[str]]:
    """The figures of a table in the paper's text, row by row, as they are printed there."""
    text = (shared / "paper" / "trans3dhead.txt").read_text()
    body = text[re.search(rf"^Table {table[5]}: ", text, re.MULTILINE).start() :].splitlines()[1:]
    rows = [line.split("\t") for line in body[: next(n for n, line in enumerate(body) if n > 2 and "\t" not in line)]]
    rows = [row for row in rows if re.fullmatch(r"[\d.]+|-", row[-1])]
    match table:
        case "table1" | "table2":
            return [row[2:] for row in rows]  # after method and publication
        case "table3":
            return [row[1:5] for row in rows]
        case "table3-layers":
            return [row[6:] for row in rows]
        case "table8":
            return [half for row in rows for half in (row[1:5], row[5:])]  # DAD-3DNet, Trans3DHead
    return [row[1:] for row in rows]


@pytest.mark.parametrize("table", COLUMNS)
def test_the_digits_are_the_papers(shared: Path, lines: list[dict[str, str]], table: str):
    figures: dict[str, dict[str, str]] = {}
    for line in lines:
        if line["table"] == table:
            figures.setdefault(line["system"], {})[line["metric"]] = line["value"]
    printed = [[row.get(metric, "-") for metric in COLUMNS[table]] for row in figures.values()]
    assert printed == cells_of_paper(shared, table)
