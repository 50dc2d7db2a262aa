"""`trans3dhead predict` goes on where it was, alone in its folder, with one process or several."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import done, failed, run
from paths import ASTRONAUT
from trans3dhead.cli.predict_journal import JOURNAL, Journal
from trans3dhead.files import LOCK
from trans3dhead.images import read_photograph, write_picture

OPTIONS = ("--model", "tiny", "--threads", "1", "--no-overlay")
COUNT = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of the astronaut. Not to be changed."""
    folder, photograph = tmp_path_factory.mktemp("photographs"), read_photograph(ASTRONAUT)
    for number in range(COUNT):
        write_picture(folder / f"{number}.png", photograph[: 300 + number, 80:380])
    return folder


@pytest.fixture(scope="module")
def finished(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command makes of them in one go. Not to be changed."""
    out = tmp_path_factory.mktemp("results") / "out"
    done("predict", folder, "-o", out, *OPTIONS)
    return out


def hashes(folder: Path) -> dict[str, str]:
    """All files by content; of the journal, its photographs' names."""
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}
    lines = map(json.loads, (folder / JOURNAL).read_text().splitlines()[1:])
    return {**files, JOURNAL: " ".join(sorted({line["name"] for line in lines}))}


def test_what_is_done_is_left_and_the_rest_is_done(folder: Path, finished: Path, tmp_path: Path) -> None:
    """As a kill leaves it: a file that is not whole, one that is missing, half a line, half a file."""
    out = shutil.copytree(finished, tmp_path / "out")
    (out / "1.json").write_text("{")
    (out / "2.glb").unlink()
    with (out / JOURNAL).open("r+") as journal:
        text = journal.read()
        journal.truncate(len(text) - 10)
    (out / ".3.glb.4194305-7.tmp").touch()  # of no process: their numbers end before
    stamp = (out / "0.json").stat().st_mtime_ns
    said = done("predict", folder, "-o", out, *OPTIONS, "--resume")
    assert "1 of 4 were done before" in said
    assert "3 photographs, 3 heads" in said
    assert hashes(out) == hashes(finished)
    assert (out / "0.json").stat().st_mtime_ns == stamp
    assert "4 of 4 were done before" in done("predict", folder, "-o", out, *OPTIONS, "--resume")


def test_a_changed_photograph_is_done_again(finished: Path, folder: Path, tmp_path: Path) -> None:
    photographs = shutil.copytree(folder, tmp_path / "photographs")
    out = tmp_path / "out"
    done("predict", photographs / "0.png", photographs / "1.png", "-o", out, *OPTIONS)
    shutil.copy(photographs / "2.png", photographs / "1.png")
    said = done("predict", photographs / "0.png", photographs / "1.png", "-o", out, *OPTIONS, "--resume")
    assert "1 of 2 were done before" in said
    assert json.loads((out / "1.json").read_text())["size"] == [300, 302]


def test_another_request_is_refused_and_without_resume_begins_anew(
    folder: Path, finished: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(finished, tmp_path / "out")
    words = failed("predict", folder, "-o", out, *OPTIONS, "--resume", "--format", "obj", "--flip")
    assert (
        "holds results of another request (flip: False there, True now; formats: ['glb'] there, ['obj'] now)" in words
    )
    words = failed("predict", folder, "-o", out, *OPTIONS, "--resume", "--closer-look", "face")
    assert "holds results of another request (closer_look: None there, " in words
    assert hashes(out) == hashes(finished)
    said = done("predict", folder / "0.png", "-o", out, *OPTIONS, "--format", "obj")
    assert "done before" not in said
    assert len((out / JOURNAL).read_text().splitlines()) == 2  # the others are of another request now
    words = failed("predict", folder, "-o", out, "--json", "--resume")
    assert "--resume: expected it with files to go on with" in words


def test_another_network_of_the_same_name_is_another_request(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    source.touch()
    Journal(tmp_path, {"model": "a 1"}, resume=False).add(source, "a", [source])
    assert Journal(tmp_path, {"model": "a 1"}, resume=True).has(source, "a")
    with pytest.raises(ValueError, match=r"another request \(model: a 1 there, a 2 now\)"):
        Journal(tmp_path, {"model": "a 2"}, resume=True)
    (tmp_path / JOURNAL).write_text('[]\n{"name": 1}\n')
    with pytest.raises(ValueError, match="does not say what was asked for"):
        Journal(tmp_path, {"model": "a 1"}, resume=True)


def test_a_second_process_is_refused(folder: Path, tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from trans3dhead.files import locked\n"
    code += "with locked(Path(sys.argv[1])): print(flush=True); input()"
    command = [sys.executable, "-c", code, str(tmp_path / "out")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert "out: another process is writing to it" in failed("predict", folder, "-o", tmp_path / "out", *OPTIONS)
        assert (tmp_path / "out" / LOCK).exists()
        holder.communicate(b"\n")
    assert not (tmp_path / "out").exists()


def test_several_processes_write_what_one_writes(folder: Path, finished: Path, tmp_path: Path) -> None:
    said = done("predict", folder, "-o", tmp_path / "out", *OPTIONS, "--workers", 2)
    assert "4 photographs, 4 heads" in said
    assert hashes(tmp_path / "out") == hashes(finished)


def test_one_bad_photograph_does_not_stop_the_workers(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    inputs = (tmp_path / "broken.jpg", folder / "0.png")
    result = run("predict", *inputs, "-o", tmp_path / "out", *OPTIONS, "--workers", 2)
    assert result.exit_code == 1
    assert "broken.jpg: expected a JPEG" in " ".join(result.stderr.split())
    assert (tmp_path / "out" / "0.json").is_file()


def test_workers_that_cannot_begin_say_why(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "network.onnx").write_bytes(b"none")
    options = ("--model", tmp_path / "network.onnx", "--workers", 2)
    assert "ONNX Runtime cannot read it" in failed("predict", folder, "-o", tmp_path / "out", *options)
    assert not os.path.exists(tmp_path / "out")
