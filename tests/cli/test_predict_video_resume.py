"""A video that was interrupted goes on with `--resume`, and ends with the files of one that was not."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from command_line import done, failed, results_in, run
from paths import ASTRONAUT, REPOSITORY
from toy_videos import write_video
from trans3dhead.images import read_photograph, write_picture
from trans3dhead.inference import HeadTracker, Predictor

OPTIONS = ("--model", "tiny", "--threads", "1", "--every", "4")
COUNT = 9
RECORDING = ".clip.frames.jsonl"


def pictures() -> list[np.ndarray]:
    """The astronaut as the camera moves."""
    photograph = read_photograph(ASTRONAUT)
    return [photograph[:200, 110 + 3 * step : 350 + 3 * step] for step in range(COUNT)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of them. Not to be changed."""
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", pictures())


@pytest.fixture(scope="module")
def finished(clip: Path) -> Path:
    """What the command makes of it in one go. Not to be changed."""
    out = clip.parent / "out"
    assert f"{COUNT} frames, 1 head, 0 frames without one" in done("predict", clip, "-o", out, *OPTIONS)
    return out


@pytest.fixture(scope="module")
def broken_off(clip: Path, finished: Path) -> Path:
    """What is left of it after a kill at the sixth frame. Not to be changed."""
    out = clip.parent / "broken_off"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HeadTracker, "__call__", ends_at(6))
        assert run("predict", clip, "-o", out, *OPTIONS).exit_code == 1
    assert {path.name for path in out.iterdir()} == {RECORDING}
    return out


def ends_at(number: int) -> Callable:
    """A tracker that is killed at a frame."""
    follow, seen = HeadTracker.__call__, []

    def killed(self: HeadTracker, *frame: object) -> object:
        seen.append(frame)
        if len(seen) == number:
            raise RuntimeError("killed")
        return follow(self, *frame)

    return killed


def hashes(folder: Path) -> dict[str, str]:
    """All results by content."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in results_in(folder)}


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """Filled with what the network is asked: about how many boxes, or None where the detector looks."""
    asked: list[int | None] = []
    look = Predictor.__call__

    def noted(self: Predictor, image: object, boxes: np.ndarray | None = None, *more: object) -> object:
        asked.append(None if boxes is None else len(boxes))
        return look(self, image, boxes, *more)

    monkeypatch.setattr(Predictor, "__call__", noted)
    return asked


def test_it_goes_on_where_it_was(clip: Path, finished: Path, broken_off: Path, tmp_path: Path, looks: list) -> None:
    out = shutil.copytree(broken_off, tmp_path / "out")
    with (out / RECORDING).open("ab") as recording:
        recording.write(b'{"boxes": 1, "hea')  # as a kill in the midst of a line leaves it
    said = done("predict", clip, "-o", out, *OPTIONS, "--resume")
    assert f"{COUNT} frames, 1 head" in said
    assert "5 of them seen before" in said
    assert looks == [1, 1, 1, 1, None]  # of frames 5 to 8, the last one with a detection
    assert hashes(out) == hashes(finished)
    assert "clip.mp4: was done before" in done("predict", clip, "-o", out, *OPTIONS, "--resume")


def test_without_resume_it_begins_anew(clip: Path, finished: Path, broken_off: Path, tmp_path: Path) -> None:
    out = shutil.copytree(broken_off, tmp_path / "out")
    assert "seen before" not in done("predict", clip, "-o", out, *OPTIONS)
    assert hashes(out) == hashes(finished)


def test_another_request_is_refused(clip: Path, broken_off: Path, tmp_path: Path) -> None:
    out = shutil.copytree(broken_off, tmp_path / "out")
    words = failed("predict", clip, "-o", out, *OPTIONS, "--resume", "--no-smooth")
    assert "holds results of another request (smooth: True there, False now)" in words
    assert (out / RECORDING).read_bytes() == (broken_off / RECORDING).read_bytes()


def test_a_changed_video_and_a_recording_that_is_none_begin_anew(clip: Path, broken_off: Path, tmp_path: Path) -> None:
    out, changed = shutil.copytree(broken_off, tmp_path / "out"), tmp_path / "clip.mp4"
    write_video(changed, pictures()[:2])
    said = done("predict", changed, "-o", out, *OPTIONS, "--resume")
    assert "2 frames, 1 head" in said
    assert "seen before" not in said
    (out / ".predict.jsonl").unlink()
    (out / RECORDING).write_text("no recording\n")
    assert "seen before" not in done("predict", changed, "-o", out, *OPTIONS, "--resume")
    assert {"clip.overlay.mp4", "clip.jsonl", "clip-0.glb", "clip-0.csv"} <= results_in(out)


def test_a_folder_of_frames_goes_on_too(network: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        write_picture(tmp_path / "shot" / f"{number}.png", np.full((48, 64, 3), 128, np.uint8))
    command = ("predict", tmp_path / "shot", "--frames", "-o", tmp_path / "out", *network, "--no-overlay")
    with monkeypatch.context() as patch:
        patch.setattr(HeadTracker, "__call__", ends_at(3))
        run(*command)
    assert "2 of them seen before" in done(*command, "--resume")
    assert "shot: was done before" in done(*command, "--resume")
    write_picture(tmp_path / "shot" / "4.png", np.full((48, 64, 3), 128, np.uint8))
    assert "5 frames" in done(*command, "--resume")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="leftovers of the dead stay there")
def test_a_killed_process_goes_on(clip: Path, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "trans3dhead", "predict", str(clip), "-o", str(out), *OPTIONS]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and lines_in(out / RECORDING) < 4:
            time.sleep(0.02)
        process.kill()
    assert 4 <= lines_in(out / RECORDING) < COUNT
    assert "seen before" in done("predict", clip, "-o", out, *OPTIONS, "--resume")
    assert hashes(out) == hashes(finished)
    names = json.loads((out / ".predict.jsonl").read_text().splitlines()[1])["files"]
    assert set(names) == results_in(out)
    assert not list(out.glob(f".*{os.extsep}tmp*"))


def lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.is_file() else 0
