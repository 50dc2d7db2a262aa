"""Memory and start: processes that do one thing."""

from pathlib import Path

import pytest

from paths import ASTRONAUT
from trans3dhead.benchmarks import memory, start
from trans3dhead.benchmarks.fresh_process import Taken, measured_in_process, peak_memory
from trans3dhead.benchmarks.memory import MemorySettings, measure_memory
from trans3dhead.benchmarks.start import StartSettings, measure_start, run_python
from trans3dhead.images import read_photograph


def test_a_light_process_does_not_answer_the_memory_of_this_one():
    taken = measured_in_process("import", {"predictor": False})
    assert 1e6 < 1e6 * taken.peak_mb < peak_memory() / 2  # this one has PyTorch
    assert measured_in_process("import", {"predictor": True}).peak_mb > taken.peak_mb + 5  # NumPy alone is more


def test_a_whole_command_is_measured(tmp_path: Path):
    taken = measured_in_process("command", {"arguments": ["predict", ASTRONAUT, "-o", tmp_path / "out"]})
    assert taken.call_mb > 50
    assert (tmp_path / "out" / "astronaut.glb").is_file()
    with pytest.raises(ValueError, match="no such photograph"):
        measured_in_process("command", {"arguments": ["predict", "nowhere.jpg", "-o", tmp_path]})


def test_a_process_that_fails_says_why():
    arguments = {"model": "small", "runtime": "onnx", "threads": 1, "head_model": None, "heads": None}
    with pytest.raises(ValueError, match=r"measures 'predict' failed: .*no such photograph"):
        measured_in_process("predict", {"photograph": "nowhere.jpg", **arguments})


def test_many_heads_in_one_call():
    arguments = {"model": "small", "runtime": "onnx", "threads": 1, "head_model": None, "heads": 3}
    taken = measured_in_process("predict", {"photograph": ASTRONAUT, **arguments})
    assert taken.peak_mb >= taken.call_mb > 0


def test_memory_has_a_row_for_each_case_and_runtime(monkeypatch: pytest.MonkeyPatch):
    asked: list[tuple[str, dict]] = []
    sizes: set[tuple[int, ...]] = set()

    def measured(case: str, arguments: dict) -> Taken:
        asked.append((case, arguments))
        if case == "predict":
            sizes.add(read_photograph(arguments["photograph"]).shape)
        return Taken(1.0, float(len(asked)), 3.0, 4.0)

    monkeypatch.setattr(memory, "measured_in_process", measured)
    rows, left_out = measure_memory(MemorySettings(ASTRONAUT, heads=9, rounds=2))
    command = "trans3dhead predict, overlay and GLB"
    whats = [command, "the photograph", "12 megapixels", "9 heads in one call"]
    imports = ["import trans3dhead", "from trans3dhead import Predictor"]
    expected = [
        *((what, "") for what in imports),
        *((what, runtime) for runtime in ("onnx", "torch") for what in whats),
    ]
    assert [(row.what, row.runtime) for row in rows] == expected
    assert len(asked) == 2 * len(rows)
    assert rows[0].call_seconds.median == (1 + 11) / 2  # rounds are interleaved
    assert sizes == {(512, 512, 3), (3000, 4000, 3)}
    assert left_out == []


def test_start_has_a_row_for_each_process(monkeypatch: pytest.MonkeyPatch):
    called: list[tuple[str, ...]] = []
    monkeypatch.setattr(start, "run_python", lambda arguments: called.append(tuple(arguments)))
    rows = measure_start(StartSettings(ASTRONAUT, rounds=2, pause=0))
    assert [row.what for row in rows][1:2] == ["import trans3dhead"]
    assert len(rows) == 5
    assert all(len(row.rounds) == 2 for row in rows)
    assert called[0] == ("-c", "pass")
    assert ("-m", "trans3dhead", "predict", "--help") in called


def test_processes_of_start_that_fail_say_why():
    run_python(("-c", "pass"))
    with pytest.raises(ValueError, match="failed: ZeroDivisionError"):
        run_python(("-c", "1 / 0"))


@pytest.mark.parametrize(
    ("settings", "wrong"), [(MemorySettings, "heads"), (MemorySettings, "rounds"), (StartSettings, "rounds")]
)
def test_wrong_settings_are_refused(settings: type, wrong: str):
    with pytest.raises(ValueError, match="expected 1 or more"):
        settings(ASTRONAUT, **{wrong: 0})


def test_start_wants_a_photograph():
    with pytest.raises(FileNotFoundError, match="no such photograph"):
        StartSettings(Path("nowhere.jpg"))
