"""The page of ablations quotes the paper as `published.csv` has it."""

import re

import pytest

from paths import REPOSITORY
from trans3dhead.evaluation.ablations import TABLES
from trans3dhead.evaluation.ablations.results import PUBLISHED, Results
from trans3dhead.evaluation.published import published_figures

PAGE = (REPOSITORY / "docs" / "ablations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("key", "heading"), [("table3", "### Table 3, left"), ("table7", "### Table 7")])
def test_the_rows_quote_the_paper(key: str, heading: str):
    table = TABLES[key]
    results = Results(table, seeds=0, heads=0, parameters={}, rows={})
    section = PAGE[PAGE.index(f"{heading}\n") + len(heading) :].split("\n#")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if "<br>paper |" in line]
    quoted = {row[0].split("<br>")[0]: [cell.split("<br>")[-1] for cell in row[1:5]] for row in rows}
    expected = {}
    for row in table.rows:
        figures = table.published[row.name]
        numbers = [f"{figures[c.key]:.{c.published_decimals}f}" if c.key in figures else "-" for c in PUBLISHED]
        changes = [results.published_change(row, column.key) for column in PUBLISHED]
        expected[row.name] = [
            n if change is None else f"{n}, {change:+.1f} %" for n, change in zip(numbers, changes, strict=True)
        ]
    assert quoted == expected


@pytest.mark.parametrize(
    ("metric", "title", "decimals"),
    [
        ("nme", "NME, %", 1),
        ("z5", "Z5", 1),
        ("chamfer", "Chamfer", 1),
        ("pose_error", "pose error", 1),
        ("fps", "inference, 32 crops, float32 / bfloat16", 0),
    ],
)
def test_the_comparison_quotes_table_1(metric: str, title: str, decimals: int):
    figures = published_figures("table1")
    ours, theirs = figures["Trans3DHead"][metric], figures["DAD-3DNet"][metric]
    quoted = re.search(rf"^\| {re.escape(title)} \|.*\| (\S+) % \|$", PAGE, re.MULTILINE)
    assert quoted is not None
    assert quoted[1] == f"{100 * (ours - theirs) / theirs:+.{decimals}f}"


def test_the_page_counts_the_rows():
    rows = [row.run for table in TABLES.values() for row in table.rows]
    assert f"of {len(rows)} rows {len(set(rows))} are different" in PAGE.replace("\n", " ")
