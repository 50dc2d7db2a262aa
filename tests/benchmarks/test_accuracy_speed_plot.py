"""The plot of accuracy against time on a handful of rows."""

import csv
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from paths import REPOSITORY

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("plot", REPOSITORY / "benchmarks" / "accuracy_speed_plot.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["plot"] = module  # dataclasses look there for the annotations' names
    spec.loader.exec_module(module)
    return module


def row(name: str, runtime: str, milliseconds: float, threads: int | None = 2, work: str = "photograph") -> dict:
    label = {"work": work, "name": name, "runtime": runtime, "threads": threads, "batch": 1}
    return {"label": label, "milliseconds": {"low": 0.0, "median": milliseconds, "high": 99.0}}


SPEED = {
    "machine": {"processor": "a processor"},
    "rows": [
        row("small", "torch", 40.0),
        row("small", "onnx", 10.0),
        row("small", "onnx", 1.0, threads=1),
        row("small", "onnx", 2.0, work="tracked"),
        row("mesh", "its own", 4.0, threads=None),
    ],
}


def test_of_several_runtimes_the_fastest_counts(script: ModuleType):
    table = [
        {"network": "small", "accuracy": "3.5", "milliseconds": ""},
        {"network": "mesh", "accuracy": "5"},
        {"network": "elsewhere", "accuracy": "3.9", "milliseconds": "6"},
        {"network": "tiny", "accuracy": "4.2", "milliseconds": "3", "runtime": "onnx"},
    ]
    points = script.points_of(SPEED, table, "photograph", 2, 1)
    assert points == [
        script.Point("small", 3.5, 10.0, True, "onnx"),
        script.Point("mesh", 5.0, 4.0, False, "its own"),
        script.Point("elsewhere", 3.9, 6.0, False, ""),
        script.Point("tiny", 4.2, 3.0, True, "onnx"),
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"network": "unknown", "accuracy": "1"}, "unknown: no row for photograph.*timed are small, mesh"),
        ({"network": "small"}, "expected columns network and accuracy"),
        ({"network": "small", "accuracy": "good"}, "expected a positive number as accuracy, got 'good'"),
        ({"network": "small", "accuracy": "3", "milliseconds": "-1"}, "expected a positive number as milliseconds"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(script: ModuleType, given: dict, words: str):
    with pytest.raises(ValueError, match=words):
        script.points_of(SPEED, [given], "photograph", 2, 1)


def test_nothing_to_draw_is_refused(script: ModuleType):
    with pytest.raises(ValueError, match="one row or more"):
        script.drawn([], "error", "")


@pytest.fixture
def run(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that runs the script on a table of two, with an output."""
    (tmp_path / "speed.json").write_text(json.dumps(SPEED))
    with (tmp_path / "table.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("network", "accuracy", "milliseconds"), ("small", 3.5, ""), ("other", 4, 8)])

    def run(output: Path) -> None:
        arguments = [str(tmp_path / "table.csv"), "--speed", str(tmp_path / "speed.json"), "-o", str(output)]
        monkeypatch.setattr(sys, "argv", ["accuracy_speed_plot.py", *arguments])
        script.main()

    return run


def test_the_script_writes_an_svg(run, tmp_path: Path):
    output = tmp_path / "plots" / "plot.svg"
    run(output)
    first = output.read_bytes()
    assert first.startswith(b"<?xml")
    assert b"<svg" in first
    run(output)
    assert output.read_bytes() == first


def test_the_name_of_the_output_says_its_format(run, tmp_path: Path, capsys: pytest.CaptureFixture):
    run(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(SystemExit):
        run(tmp_path / "plot.gif")
    assert "plot.gif: expected a figure's name to end with .png" in capsys.readouterr().err
    assert not (tmp_path / "plot.gif").exists()
