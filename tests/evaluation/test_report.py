import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import bootstrap

from trans3dhead.evaluation.report import (
    Breakdown,
    Mean,
    Metric,
    Problem,
    PublishedRow,
    Report,
    SetFigures,
    bootstrap_mean,
)

NAN = float("nan")


def report(**changes) -> Report:
    """Four samples, one of them without a value."""
    given = {
        "title": "Four",
        "metrics": (Metric("nme", "NME", 3, "%"), Metric("yaw", "yaw error", 2, "°")),
        "samples": ("a", "b", "c", "d"),
        "values": {"nme": np.array([1.0, 2.0, NAN, 6.0]), "yaw": np.array([NAN] * 4)},
        "attributes": {"pose": np.array(["front", "sided", "sided", ""])},
        "covariates": {"yaw": np.array([-10.0, 40.0, 50.0, NAN])},
        "published": (PublishedRow("Other", {"nme": 3.5}, "of another set"),),
        "problems": (Problem("c", "missing", "c: is not predicted"),),
        "notes": ("of four",),
        "extra": {"found": 3},
    }
    return Report(**(given | changes))


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "samples.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_sample_without_a_value_counts_in_no_mean():
    measured = report().mean("nme")
    assert measured is not None
    assert (measured.value, measured.count) == (3.0, 3)
    assert 1.0 <= measured.low < 3.0 < measured.high <= 6.0
    assert report().mean("yaw") is None


def test_a_mask_chooses_the_samples_and_repeated_questions_have_one_answer():
    four = report()
    sided = four.groups("pose")["sided"]
    assert four.mean("nme", sided) == Mean(2.0, 2.0, 2.0, 1)
    assert four.mean("nme", ~sided) == four.mean("nme", ~sided) == bootstrap_mean(np.array([1.0, 6.0]))
    assert four.mean("nme", np.zeros(4, dtype=bool)) is None


def test_groups_are_in_order_and_leave_out_the_unknown():
    groups = report(attributes={"pose": np.array(["sided", "", "front", "sided"])}).groups("pose")
    assert {name: rows.tolist() for name, rows in groups.items()} == {
        "front": [False, False, True, False],
        "sided": [True, False, False, True],
    }
    assert list(groups) == ["front", "sided"]


@pytest.mark.parametrize("count", [30, 3_000])
def test_the_interval_is_that_of_an_independent_bootstrap(count: int):
    values = np.random.default_rng(4).gamma(2.0, 1.5, count)
    ours = bootstrap_mean(values)
    theirs = bootstrap(
        (values,), np.mean, n_resamples=9_999, method="percentile", batch=500, rng=np.random.default_rng(1)
    ).confidence_interval
    assert ours is not None
    assert ours.value == values.mean()
    np.testing.assert_allclose((ours.low, ours.high), theirs, atol=0.12 * (theirs.high - ours.value))


def test_the_interval_is_1_96_standard_errors_of_many_samples():
    values = np.random.default_rng(5).normal(10.0, 2.0, 20_000)
    ours = bootstrap_mean(values)
    reach = 1.96 * values.std() / np.sqrt(len(values))
    assert ours is not None
    np.testing.assert_allclose((ours.low, ours.high), values.mean() + reach * np.array([-1, 1]), atol=0.15 * reach)


def test_the_interval_does_not_change_from_run_to_run():
    values = np.random.default_rng(6).random(50)
    np.random.seed(1)
    first = bootstrap_mean(values)
    np.random.seed(2)
    assert bootstrap_mean(values) == first


def test_no_values_and_one_value():
    assert bootstrap_mean(np.zeros(0)) is None
    assert bootstrap_mean(np.array([2.5])) == Mean(2.5, 2.5, 2.5, 1)


def test_json_holds_every_figure_as_a_plain_number(tmp_path: Path):
    report().save(tmp_path / "new" / "folder")
    saved = json.loads((tmp_path / "new" / "folder" / "report.json").read_text())
    assert saved == report().to_json()
    assert saved["samples"] == 4
    assert saved["metrics"]["nme"]["value"] == 3.0
    assert saved["metrics"]["nme"]["count"] == 3
    assert saved["metrics"]["yaw"] is None
    assert saved["attributes"]["pose"]["sided"]["nme"] == {"value": 2.0, "low": 2.0, "high": 2.0, "count": 1}
    assert saved["published"] == [{"system": "Other", "note": "of another set", "nme": 3.5}]
    assert saved["problems"] == [{"sample": "c", "kind": "missing", "message": "c: is not predicted"}]
    assert saved["found"] == 3


def test_json_has_no_nan(tmp_path: Path):
    report(extra={"bins": [{"mean": NAN}, np.float64(2.0)], "rate": NAN}).save(tmp_path)
    saved = json.loads((tmp_path / "report.json").read_text(), parse_constant=lambda name: pytest.fail(name))
    assert saved["bins"] == [{"mean": None}, 2.0]
    assert saved["rate"] is None


def test_json_has_the_figures_of_the_whole_set():
    table = SetFigures("ranks", "ranks", {"r": 2}, {"jawOpen": {"r": 0.5}, "tongueOut": {"r": NAN}})
    assert report(set_figures=(table,)).to_json()["ranks"] == {"jawOpen": {"r": 0.5}, "tongueOut": {"r": None}}


def test_csv_keeps_a_covariate_that_has_a_metrics_name(tmp_path: Path):
    report(attributes={"nme": np.array(["größer", "x", "", "x"])}).save(tmp_path)
    rows = rows_of(tmp_path)
    assert list(rows[0]) == ["id", "nme", "yaw", "covariate_yaw", "attribute_nme"]
    assert rows[0] == {"id": "a", "nme": "1", "yaw": "", "covariate_yaw": "-10", "attribute_nme": "größer"}
    assert [row["covariate_yaw"] for row in rows] == ["-10", "40", "50", ""]


def test_csv_gives_the_values_back(tmp_path: Path):
    values = np.random.default_rng(0).gamma(2.0, 1.0, 4)
    report(samples=("a,b", 'say "c"', "d", "e"), values={"nme": values, "yaw": values}).save(tmp_path)
    rows = rows_of(tmp_path)
    assert [row["id"] for row in rows] == ["a,b", 'say "c"', "d", "e"]
    np.testing.assert_allclose([float(row["nme"]) for row in rows], values, rtol=1e-7)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"values": {"nme": np.zeros(4)}}, "for each of the metrics"),
        ({"values": {"nme": np.zeros(3), "yaw": np.zeros(4)}}, r"nme has shape \(3,\) for 4 samples"),
        ({"attributes": {"pose": np.array(["front"])}}, "pose has shape"),
        ({"covariates": {"yaw": np.zeros((4, 1))}}, "yaw has shape"),
        ({"values": {"nme": np.array([1, 2, 3, np.inf]), "yaw": np.zeros(4)}}, "infinite values of .*nme"),
        ({"breakdowns": (Breakdown("t", ("z5",), {}),)}, "t: expected metrics and attributes of the report"),
        ({"breakdowns": (Breakdown("t", ("nme",), {"age": ("young",)}),)}, "t: expected metrics and attributes"),
        ({"breakdowns": (Breakdown("t", ("nme",), {"pose": ("front",)}),)}, r"expected pose of .*got \['sided'\] too"),
        ({"extra": {"metrics": 1}}, "extra may not hold .*metrics"),
        ({"set_figures": (SetFigures("notes", "t", {}, {}),)}, "extra may not hold .*notes"),
        ({"set_figures": (SetFigures("found", "t", {}, {}),)}, "extra may not hold .*found"),
    ],
)
def test_a_report_that_does_not_hold_together_is_refused(changes: dict, words: str):
    with pytest.raises(ValueError, match=words):
        report(**changes)
