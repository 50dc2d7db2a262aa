"""The page of ablations has the results that `ablate` wrote, and quotes the paper as `published.csv` has it."""

import json
import re
from pathlib import Path

import pytest

from paths import REPOSITORY
from trans3dhead.evaluation.ablations import TABLES, results_markdown
from trans3dhead.evaluation.ablations.results import Measured, Results
from trans3dhead.evaluation.published import published_figures

PAGE = (REPOSITORY / "docs" / "ablations.md").read_text(encoding="utf-8")
RESULTS = sorted((REPOSITORY / "docs" / "ablations").glob("*.json"))


@pytest.mark.parametrize("file", RESULTS, ids=lambda file: file.stem)
def test_the_page_has_the_results_that_are_kept(file: Path):
    told = json.loads(file.read_text(encoding="utf-8"))
    results = Results(
        TABLES[file.stem],
        told["seeds"],
        told["heads"],
        {row["name"]: row["parameters"] for row in told["rows"]},
        {row["name"]: {key: Measured(**value) for key, value in row["measured"].items()} for row in told["rows"]},
    )
    table, _, _ = results_markdown(results).partition("\n\n")
    assert table in PAGE


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
