"""`trans3dhead benchmark`, its tables, JSON and errors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import done, failed
from paths import ASTRONAUT
from trans3dhead.benchmarks import start

QUICK = ("--photograph", ASTRONAUT, "--rounds", 1)


def test_speed_prints_and_writes(tmp_path: Path):
    output = tmp_path / "new" / "speed.json"
    options = ("--calls", 1, "--threads", "1", "--batch", "1", "--work", "aligner")
    printed = done("benchmark", "speed", *QUICK, *options, "-o", output)
    assert "aligner" in printed
    assert f"written: {output}" in printed
    content = json.loads(output.read_text())
    assert content["benchmark"] == "speed"
    assert content["settings"]["rounds"] == 1
    assert content["settings"]["threads"] == [1]
    assert content["machine"]["cores"] >= 1
    assert content["machine"]["processor"]
    assert {"python", "trans3dhead", "numpy", "onnxruntime"} <= content["versions"].keys()
    first = content["rows"][0]
    assert first["label"] == {"work": "aligner", "name": "small", "runtime": "onnx", "threads": 1, "batch": 1}
    assert len(first["seconds"]) == 1
    assert all(f"left out: {entry['what']}" in printed for entry in content["left_out"])


def test_start_prints_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(start, "run_python", lambda arguments: None)
    output = tmp_path / "start.json"
    assert "trans3dhead predict --help" in done("benchmark", "start", *QUICK, "-o", output)
    assert len(json.loads(output.read_text())["rows"]) == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("speed", "--threads", "one"), "--threads: expected whole numbers, comma-separated, got 'one'"),
        (("speed", "--threads", ""), "threads: expected one or more"),
        (("speed", "--rounds", "0"), "expected 1 or more"),
        (("speed", "--work", "walking"), "expected some of detector, aligner"),
        (("speed", "--photograph", "nowhere.jpg"), "nowhere.jpg: no such photograph"),
        (("speed", "--photograph", ASTRONAUT, "--model", "huge"), "expected a checkpoint's path or one of"),
        (("scaling", "--model", "huge"), "expected a checkpoint's path or one of"),
        (("scaling", "--queries", "0"), "expected 1 or more"),
        (("memory", "--photograph", "nowhere.jpg"), "nowhere.jpg: no such photograph"),
        (("memory", "--photograph", ASTRONAUT, "--heads", "0"), "expected 1 or more"),
        (("start", "--photograph", "nowhere.jpg"), "nowhere.jpg: no such photograph"),
    ],
)
def test_bad_input_is_told_in_one_line(arguments: tuple, words: str):
    assert words in failed("benchmark", *arguments)


def test_the_command_line_loads_nothing_of_it_before_it_is_asked_for():
    code = "import sys, trans3dhead.cli; print([m for m in sys.modules if m.startswith('trans3dhead.benchmarks')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
