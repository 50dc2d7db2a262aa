import re
from pathlib import Path

import pytest

from trans3dhead.evaluation.published import AFLW2000_3D, DAD_3DHEADS_TEST
from trans3dhead.evaluation.report import PublishedRow


def table_of_paper(shared: Path, number: int) -> list[list[str]]:
    """The rows of a table in the paper's text: method, publication, figures."""
    text = (shared / "paper" / "trans3dhead.txt").read_text()
    lines = text[re.search(rf"^Table {number}: ", text, re.MULTILINE).start() :].splitlines()[3:]
    rows = [line.split("\t") for line in lines]
    return rows[: next(index for index, row in enumerate(rows) if len(row) == 1)]


def values(row: PublishedRow, keys: tuple[str, ...]) -> list[float | None]:
    return [row.values.get(key) for key in keys]


@pytest.mark.parametrize(
    ("number", "rows", "keys"),
    [
        (1, DAD_3DHEADS_TEST, ("nme", "z5", "chamfer", "pose_error")),
        (2, AFLW2000_3D, ("mae", "pitch", "roll", "yaw")),
    ],
)
def test_the_numbers_are_the_papers(shared: Path, number: int, rows: tuple[PublishedRow, ...], keys: tuple[str, ...]):
    expected = [
        (name, [None if figure == "-" else float(figure) for figure in figures[: len(keys)]])
        for name, _, *figures in table_of_paper(shared, number)
    ]
    assert [(row.system, values(row, keys)) for row in rows] == expected


def test_the_mae_is_the_mean_of_the_angles_where_no_note_says_otherwise():
    for row in AFLW2000_3D:
        consistent = abs(sum(values(row, ("pitch", "yaw", "roll"))) / 3 - row.values["mae"]) < 0.0051
        assert consistent != ("average" in row.note), row.system


def test_the_row_whose_euler_order_differs_says_so():
    noted = {row.system for row in AFLW2000_3D if "Euler order" in row.note}
    assert noted == {"3DDFA-V2"}
