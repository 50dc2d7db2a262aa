"""`trans3dhead predict` of videos, with a toy network that sees a head in every box."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from command_line import failed, results_in, run
from paths import ASTRONAUT
from toy_heads import toy_checkpoint, toy_head_model
from toy_videos import write_video
from trans3dhead.cli.predict_video import ended_by_interrupt
from trans3dhead.images import read_photograph
from trans3dhead.inference.output.video_files import mp4_file

RATE = 20.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """The astronaut as the camera moves, 12 frames of 320 × 300 pixels."""
    photograph = read_photograph(ASTRONAUT)
    frames = (photograph[:300, 60 + 3 * step : 380 + 3 * step] for step in range(12))
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", frames, RATE)


@pytest.fixture(scope="module")
def results(clip) -> Path:
    """The folder of what the network that ships makes of it."""
    out = clip.parent / "out"
    result = run("predict", clip, "-o", out)
    assert result.exit_code == 0, result.output
    assert "clip.mp4: 12 frames, 1 head, 0 frames without one" in result.output
    return out


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_files_of_a_video(results):
    assert results_in(results) == {
        *("clip.overlay.mp4", "clip.jsonl", "clip-0.glb", "clip-0.csv"),
    }
    lines = lines_of(results / "clip.jsonl")
    assert [line["frame"] for line in lines] == list(range(12))
    np.testing.assert_allclose([line["time"] for line in lines], np.arange(12) / RATE, atol=1e-6)
    for line in lines:
        (head,) = line["heads"]
        assert head["id"] == 0
        assert {"box", "score", "landmarks_2d", "pose", "camera", "parameters", "blendshapes"} <= set(head)
    csv = (results / "clip-0.csv").read_text().splitlines()
    assert len(csv) == 13
    assert csv[2].startswith("00:00:00:03.000,61,")
    weights = lines[2]["heads"][0]["blendshapes"]
    row = dict(zip(csv[0].split(","), csv[3].split(","), strict=True))
    assert float(row["MouthSmileLeft"]) == pytest.approx(weights["mouthSmileLeft"], abs=1e-4)


def test_the_overlay_shows_the_clip(results, clip):
    shown, given = cv2.VideoCapture(str(results / "clip.overlay.mp4")), cv2.VideoCapture(str(clip))
    assert shown.get(cv2.CAP_PROP_FPS) == RATE
    assert shown.get(cv2.CAP_PROP_FRAME_COUNT) == 12
    overlay, frame = shown.read()[1], given.read()[1]
    factor = overlay.shape[0] // frame.shape[0]
    small = cv2.resize(overlay, frame.shape[1::-1], interpolation=cv2.INTER_AREA).astype(int)
    assert factor == 3
    assert np.abs(small[200:] - frame[200:]).mean() < 12  # below the head
    assert np.abs(small[20:170, 70:230] - frame[20:170, 70:230]).mean() > 12


def test_without_smoothing_lines_are_what_the_network_says(clip, results, tmp_path):
    smooth, plain = lines_of(results / "clip.jsonl"), tmp_path / "plain"
    assert run("predict", clip, "-o", plain, "--no-smooth", "--no-overlay", "--every", "4").exit_code == 0
    assert results_in(plain) == {"clip.jsonl", "clip-0.glb", "clip-0.csv"}

    def jitter(lines: list[dict]) -> float:
        shapes = np.array([line["heads"][0]["parameters"]["shape"] for line in lines])
        return float(np.abs(np.diff(shapes[4:], axis=0)).mean())

    assert jitter(smooth) < 0.5 * jitter(lines_of(plain / "clip.jsonl"))


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> list[str]:
    """The options that name a toy network and its head model, whose expressions are not Apple's."""
    folder = tmp_path_factory.mktemp("network")
    toy_checkpoint(folder / "network.safetensors", toy_head_model(folder / "model.safetensors"))
    return ["--model", str(folder / "network.safetensors"), "--head-model", str(folder / "model.safetensors")]


@pytest.fixture
def wall(tmp_path) -> Path:
    """A video of nothing."""
    return write_video(tmp_path / "wall.mp4", (np.full((48, 64, 3), 128, np.uint8) for _ in range(3)))


def test_no_head_is_no_error(network, wall, tmp_path):
    result = run("predict", wall, "-o", tmp_path / "out", *network)
    assert result.exit_code == 0, result.output
    assert "3 frames, no head in any of them" in result.output
    assert results_in(tmp_path / "out") == {"wall.overlay.mp4", "wall.jsonl"}
    assert [line["heads"] for line in lines_of(tmp_path / "out" / "wall.jsonl")] == [[], [], []]


def test_photographs_and_videos_together(network, wall, tmp_path):
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((48, 64, 3), 128, np.uint8))
    result = run("predict", tmp_path / "wall.png", wall, "-o", tmp_path / "out", *network, "--no-overlay")
    assert result.exit_code == 0, result.output
    assert "1 photograph, 0 heads" in result.output
    assert results_in(tmp_path / "out") == {"wall.png.json", "wall.mp4.jsonl"}


def test_json_to_standard_output(network, wall, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("predict", wall, "--json", *network)
    assert result.exit_code == 0, result.output
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"frame": number, "time": number / 25, "heads": []} for number in range(3)
    ]
    assert not (tmp_path / "out").exists()


def test_one_bad_video_does_not_stop_the_others(network, wall, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    result = run("predict", tmp_path / "broken.mp4", tmp_path / "missing.mov", wall, "-o", tmp_path / "out", *network)
    assert result.exit_code == 1
    assert "3 frames" in result.output
    errors = " ".join(result.stderr.split())
    assert "broken.mp4: expected a video that OpenCV can read" in errors
    assert "missing.mov: no such video" in errors


def test_boxes_are_for_photographs(network, wall, tmp_path):
    (tmp_path / "boxes.json").write_text("{}")
    words = failed("predict", wall, *network, "--boxes", tmp_path / "boxes.json")
    assert "--boxes: expected photographs alone" in words


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends the process there")
def test_an_interrupt_leaves_what_is_done_and_nothing_half(network, tmp_path, monkeypatch):
    """The signal comes while the fourth frame is seen."""
    from trans3dhead.inference import HeadTracker

    follow, seen = HeadTracker.__call__, []

    def interrupted(self, frame):
        seen.append(frame)
        if len(seen) == 4:
            os.kill(os.getpid(), signal.SIGINT)
        return follow(self, frame)

    monkeypatch.setattr(HeadTracker, "__call__", interrupted)
    wall = write_video(tmp_path / "wall.mp4", (np.full((48, 64, 3), 128, np.uint8) for _ in range(9)))
    result = run("predict", wall, wall.with_name("next.mp4"), "-o", tmp_path / "out", *network)
    assert result.exit_code == 130, result.output
    assert "4 frames, no head in any of them" in result.output
    assert "stopped" in result.output
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"wall.overlay.mp4", "wall.jsonl"}  # and no journal: nothing is done
    assert len(lines_of(tmp_path / "out" / "wall.jsonl")) == 4
    assert cv2.VideoCapture(str(tmp_path / "out" / "wall.overlay.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 4


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C as at a terminal: processes in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_second_interrupt_ends_at_once():
    with ended_by_interrupt() as ended:
        assert not ended()
        signal.raise_signal(signal.SIGINT)
        assert ended()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_after_an_error_there_is_no_video(tmp_path):
    def fail() -> None:
        with mp4_file(tmp_path / "a.mp4", 25.0) as append:
            append(np.zeros((49, 65, 3), np.uint8))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []
