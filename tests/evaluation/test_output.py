import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

from trans3dhead.evaluation.output import check_output, print_report, write_report
from trans3dhead.evaluation.report import Metric, Problem, PublishedRow, Report


def report(count: int = 5) -> Report:
    return Report(
        "Bench",
        (Metric("nme", "NME", 3, "%"), Metric("z5", "Z5", 3, higher_is_better=True)),
        tuple(f"s{number}" for number in range(count)),
        {"nme": np.arange(1.0, count + 1), "z5": np.full(count, np.nan)},
        attributes={"pose": np.array(["front"] * count)},
        published=(PublishedRow("Other", {"nme": 2.0}),),
        problems=(Problem("s9", "unknown", "s9: who?"),),
    )


def picture(name: str) -> np.ndarray:
    return np.full((30, 40, 3), (200, 100, 50), np.uint8)


def test_everything_is_written_and_named_and_a_second_run_replaces_it(tmp_path: Path):
    folder = tmp_path / "new" / "folder"
    first = write_report(report(), folder, picture)
    names = ["report.json", "samples.csv", "cumulative_nme.png", "attributes_nme.png", "worst_nme.jpg"]
    assert [path.name for path in first] == names
    assert sorted(folder.iterdir()) == sorted(first)
    write_report(report(3), folder)
    assert json.loads((folder / "report.json").read_text())["samples"] == 3
    assert len((folder / "samples.csv").read_text().splitlines()) == 4
    assert sorted(path.name for path in folder.iterdir()) == sorted(names[:-1])  # no sheet of the first run's samples


def test_the_sheet_has_the_colours_of_the_pictures(tmp_path: Path):
    write_report(report(), tmp_path, picture)
    sheet = cv2.cvtColor(cv2.imread(str(tmp_path / "worst_nme.jpg")), cv2.COLOR_BGR2RGB)
    np.testing.assert_allclose(sheet[128, 128], (200, 100, 50), atol=6)


def test_further_pictures_are_written_and_removed_where_there_is_nothing_to_show(tmp_path: Path):
    written = write_report(report(), tmp_path, pictures={"false_boxes.jpg": picture("")})
    assert tmp_path / "false_boxes.jpg" in written
    assert cv2.imread(str(tmp_path / "false_boxes.jpg")).shape == (30, 40, 3)
    write_report(report(), tmp_path, pictures={"false_boxes.jpg": None})
    assert not (tmp_path / "false_boxes.jpg").exists()


def test_files_of_others_stay(tmp_path: Path):
    (tmp_path / "mine.png").write_text("mine")
    (tmp_path / "worst_of_all.jpg").write_text("mine")
    write_report(report(), tmp_path)
    assert (tmp_path / "mine.png").read_text() == (tmp_path / "worst_of_all.jpg").read_text() == "mine"


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, name: str):
    (tmp_path / "file").write_text("mine")
    for refused in (check_output, lambda folder: write_report(report(), folder)):
        with pytest.raises(ValueError, match="file is a file"):
            refused(tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_missing_matplotlib_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(ModuleNotFoundError) as raised:
        check_output(tmp_path)
    assert raised.value.name == "matplotlib"


def test_all_tables_are_printed():
    console = Console(file=io.StringIO(), width=100)
    print_report(report(), console)
    text = console.file.getvalue()
    for words in ("Bench", "Other", "measured, 5 samples", "by pose", "problems: 1 unknown", "who?"):
        assert words in text
