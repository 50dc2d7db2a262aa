import io
from dataclasses import replace

import numpy as np
from rich.console import Console
from rich.table import Table

from trans3dhead.evaluation.report import Breakdown, Metric, Problem, PublishedRow, Report, SetFigures
from trans3dhead.evaluation.tables import attribute_tables, breakdown_tables, problem_table, report_table, set_tables

NME, Z5 = Metric("nme", "NME", 3, "%"), Metric("z5", "Z5", 3, higher_is_better=True)
PUBLISHED = (
    PublishedRow("First", {"nme": 2.248, "z5": 0.950}),
    PublishedRow("Second", {"nme": 3.580}, "see [there] :x:"),
    PublishedRow("Third", {"nme": 9.0, "z5": 0.1}, "of another order"),
)


def report(nme=(2.0, 3.0, 4.0), z5=(0.8, 0.9, np.nan), **more) -> Report:
    values = {"nme": np.array(nme, dtype=float), "z5": np.array(z5, dtype=float)}
    given = {"published": PUBLISHED, "notes": ("a [note] of the protocol",)} | more
    return Report("Bench [b]", (NME, Z5), ("a", "b", "c"), values, **given)


def cells(table: Table) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in zip(*(column.cells for column in table.columns), strict=True)]


def printed(table: Table) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(table)
    return console.file.getvalue()


def test_rows_are_rounded_and_the_best_of_each_column_is_marked():
    rows = cells(report_table(report()))
    assert [row[0] for row in rows] == ["First", "Second ¹", "Third ²", "measured, 3 samples", "95 % interval"]
    assert [row[1].rstrip() for row in rows[:4]] == ["2.248 *", "3.580", "9.000", "3.000"]
    assert [row[2].rstrip() for row in rows[:4]] == ["0.950 *", "-", "0.100", "0.850"]
    assert rows[4][1].startswith("2.000 – 4.000")


def test_a_tie_in_print_is_a_tie():
    rows = cells(report_table(report(nme=(2.2481, 2.2483, 2.2482), z5=(1.0, 1.0, 1.0))))
    assert [row[1].rstrip() for row in rows[:4]] == ["2.248 *", "3.580", "9.000", "2.248 *"]
    assert [row[2].rstrip() for row in rows[:4]] == ["0.950", "-", "0.100", "1.000 *"]


def test_a_metric_that_nobody_has_is_a_dash_and_alone_nobody_is_best():
    rows = cells(report_table(report(z5=(np.nan,) * 3, published=())))
    assert [row[2].strip() for row in rows] == ["-", "-"]
    assert not any("*" in cell for row in rows for cell in row)


def test_header_and_caption_say_what_a_reader_must_know():
    table = report_table(report())
    assert [str(column.header) for column in table.columns] == ["system", "NME (%) ↓", "Z5 ↑"]
    assert str(table.caption).splitlines() == [
        "¹ see [there] :x:",
        "² of another order",
        "* best of its column",
        "Z5: mean of 2 of the 3 samples",
        "a [note] of the protocol",
    ]


def test_words_of_others_are_no_markup():
    problem = Problem("[red]id[/red]", "missing", "[red]id[/red]: [bold]gone :smile:")
    attributes = {"kind": np.array(["[b]x[/b]"] * 3)}
    whole = report(problems=(problem,), attributes=attributes)
    text = "".join(map(printed, (report_table(whole), *attribute_tables(whole), problem_table(whole))))
    for words in ("Bench [b]", "see [there] :x:", "[b]x[/b]", "[red]id[/red]", "[bold]gone :smile:"):
        assert words in text


def test_attributes_have_a_table_each_with_counts_and_means():
    attributes = {"pose": np.array(["sided", "front", ""]), "unknown": np.array(["", "", ""])}
    (table,) = attribute_tables(report(attributes=attributes))
    assert cells(table) == [["front", "1", "3.000", "0.900"], ["sided", "1", "2.000", "0.800"]]
    assert "1 sample without" in str(table.caption)


def test_a_breakdown_is_one_table_with_intervals_in_its_own_order():
    attributes = {"pose": np.array(["sided", "front", "sided"]), "age": np.array(["old", "", "young"])}
    order = {"pose": ("sided", "back", "front"), "age": ("young", "old")}
    whole = report(attributes=attributes, breakdowns=(Breakdown("people", ("nme",), order, "of [this] set"),))
    assert attribute_tables(whole) == []
    (table,) = breakdown_tables(whole)
    assert str(table.title) == "people"
    assert [str(column.header) for column in table.columns] == ["", "samples", "NME (%) ↓"]
    assert cells(table) == [
        ["pose sided", "2", "3.000\n2.000 – 4.000"],
        ["pose back", "0", "-"],
        ["pose front", "1", "3.000\n3.000 – 3.000"],
        ["age young", "1", "4.000\n4.000 – 4.000"],
        ["age old", "1", "2.000\n2.000 – 2.000"],
    ]
    assert str(table.caption).splitlines() == [
        "of [this] set",
        "1 sample without a value of age",
        "below each mean: its 95 % interval",
    ]
    (alone,) = breakdown_tables(replace(whole, breakdowns=(Breakdown("poses", ("z5",), {"pose": order["pose"]}),)))
    assert [str(column.header) for column in alone.columns] == ["pose", "samples", "Z5 ↑"]
    assert [row[0] for row in cells(alone)] == ["sided", "back", "front"]


def test_figures_of_the_whole_set_have_a_dash_where_there_is_none():
    rows = {"[b]jaw[/b]": {"r": 0.126, "heads": 1234}, "tongue": {"r": np.nan, "heads": 0}}
    figures = SetFigures("ranks", "ranks [of] all", {"r": 2, "heads": 0}, rows, "a [note]", "pose")
    whole = report(attributes={"pose": np.array(["front"] * 3)}, set_figures=(figures,))
    assert attribute_tables(whole) == []  # the figures stand for it
    (table,) = set_tables(whole)
    assert [str(column.header) for column in table.columns] == ["", "r", "heads"]
    assert cells(table) == [["[b]jaw[/b]", "0.13", "1,234"], ["tongue", "-", "0"]]
    for words in ("ranks [of] all", "[b]jaw[/b]", "a [note]"):
        assert words in printed(table)


def test_problems_are_counted_and_the_rest_is_referred_to():
    problems = [Problem(f"s{number}", "missing", f"s{number}: is gone") for number in range(30)]
    problems += [Problem("t", "shape", "wrong")]
    table = problem_table(report(problems=tuple(problems)), limit=4)
    assert table is not None
    assert str(table.title) == "problems: 30 missing, 1 shape"
    assert cells(table) == [["missing", f"s{number}", "is gone"] for number in range(4)]
    assert str(table.caption) == "and 27 more; all in report.json"


def test_few_problems_are_all_there_and_none_is_no_table():
    table = problem_table(report(problems=(Problem("t", "shape", "wrong"),)), limit=1)
    assert table is not None
    assert table.caption is None
    assert problem_table(report()) is None
