"""`trans3dhead predict` of videos, with a toy network that sees a head in every box."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from command_line import failed, results_in, run
from paths import ASTRONAUT
from toy_cameras import ToyCamera
from toy_videos import write_video
from trans3dhead.cli.predict_video import camera_number, ended_by_interrupt
from trans3dhead.images import read_photograph, write_picture
from trans3dhead.inference import VideoFrame, Webcam
from trans3dhead.inference.output.video_files import VideoFiles, mp4_file

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


def test_a_reader_of_json_who_leaves_is_no_error(clip):
    """As of `trans3dhead predict clip.mp4 --json | head -1`."""
    command = [sys.executable, "-m", "trans3dhead", "predict", str(clip), "--json", "--model", "tiny"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["frame"] == 0
        process.stdout.close()
        assert "error" not in process.stderr.read()


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


@pytest.fixture
def shot(tmp_path) -> Path:
    """A folder of three frames of nothing."""
    for name in ("2.png", "10.png", "1.png"):
        write_picture(tmp_path / "shot" / name, np.full((48, 64, 3), 128, np.uint8))
    return tmp_path / "shot"


def test_a_folder_is_a_video_where_it_is_said_to_be(network, shot, tmp_path):
    plain = run("predict", shot, "-o", tmp_path / "plain", *network, "--no-overlay")
    assert plain.exit_code == 0, plain.output
    assert results_in(tmp_path / "plain") == {"1.json", "2.json", "10.json"}
    result = run("predict", shot, "--frames", "--frame-rate", "10", "-o", tmp_path / "out", *network)
    assert result.exit_code == 0, result.output
    assert "shot: 3 frames, no head in any of them" in result.output
    assert results_in(tmp_path / "out") == {"shot.overlay.mp4", "shot.jsonl"}
    lines = lines_of(tmp_path / "out" / "shot.jsonl")
    assert [(line["image"], line["time"]) for line in lines] == [("1.png", 0.0), ("2.png", 0.1), ("10.png", 0.2)]
    assert cv2.VideoCapture(str(tmp_path / "out" / "shot.overlay.mp4")).get(cv2.CAP_PROP_FPS) == 10


def test_a_bad_frame_leaves_what_was_done_before_whole(network, shot, tmp_path):
    write_picture(shot / "3.png", np.full((50, 64, 3), 128, np.uint8))
    result = run("predict", shot, "--frames", "-o", tmp_path / "out", *network)
    assert result.exit_code == 1
    assert "3.png: expected a frame of 64 × 48 pixels" in " ".join(result.stderr.split())
    assert "shot: 2 frames" in result.output
    assert len(lines_of(tmp_path / "out" / "shot.jsonl")) == 2
    assert cv2.VideoCapture(str(tmp_path / "out" / "shot.overlay.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 2


def test_frames_and_show_need_something_to_be_of(network, wall, shot, tmp_path):
    assert "--frames: expected a folder of frames" in failed("predict", wall, "--frames", *network)
    assert "--frame-rate: expected --frames beside it" in failed("predict", shot, "--frame-rate", "5", *network)
    assert "--show: expected a video" in failed("predict", shot, "--show", *network)


def test_a_file_that_was_cut_off_is_told(network, tmp_path):
    clip = tmp_path / "wall.avi"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for number in range(40):
        writer.write(np.full((48, 64, 3), number, np.uint8))
    writer.release()
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    result = run("predict", clip, "-o", tmp_path / "out", *network, "--no-overlay")
    assert result.exit_code == 0, result.output
    assert "the file says that it has 40" in " ".join(result.output.split())


def test_what_a_camera_is_called(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (camera_number(Path("0")), camera_number(Path("12"))) == (0, 12)
    assert camera_number(Path("2024")) is camera_number(Path("-1")) is camera_number(Path("a.mp4")) is None
    Path("0").write_text("a file")
    assert camera_number(Path("0")) is None


@pytest.fixture
def camera(monkeypatch) -> ToyCamera:
    """In place of OpenCV's: five frames, then it is unplugged."""
    camera = ToyCamera(frames=5)
    monkeypatch.setattr("trans3dhead.inference.Webcam", lambda number: Webcam(number, lambda _: camera))
    return camera


def test_a_camera_that_is_lost_leaves_what_is_done(network, camera, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("predict", "0", "-o", "out", *network)
    assert result.exit_code == 1
    assert "camera 0: lost after 5 frames" in " ".join(result.stderr.split())
    assert "no head in any of them" in result.output
    assert {path.name for path in Path("out").iterdir()} == {"camera-0.overlay.mp4", "camera-0.jsonl"}
    assert lines_of(Path("out/camera-0.jsonl"))[-1]["frame"] == 4
    assert camera.released


def test_without_a_camera(network, camera, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    camera.there = False
    assert "camera 0: no such camera" in failed("predict", "0", "-o", "out", *network)
    assert not Path("out").exists()


def test_a_window_shows_the_overlay_until_it_is_closed(network, wall, tmp_path, monkeypatch):
    shown = []

    class Viewer:
        """A person who closes the window at the second picture."""

        def __init__(self, title):
            shown.append(title)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            shown.append("closed")

        def __call__(self, picture):
            shown.append(picture)
            return len(shown) < 3

    monkeypatch.setattr("trans3dhead.inference.output.window.Window", Viewer)
    result = run("predict", wall, "--show", "--no-overlay", "-o", tmp_path / "out", *network)
    assert result.exit_code == 0, result.output
    title, first, second, closed = shown
    assert (title, closed) == ("wall.mp4", "closed")
    assert first.shape == second.shape == (192, 256, 3)
    assert "2 frames" in result.output
    assert "stopped" in result.output
    # And no journal: it is not whole.
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"wall.jsonl", ".wall.frames.jsonl"}


def test_the_overlay_of_a_camera_lasts_as_long_as_it_was_watched(tmp_path):
    """Frames at 0, 0.1, 0.5 and 0.52 seconds: 10 a second make six pictures, four of which are the third."""
    files = VideoFiles(tmp_path, "camera-0", 10.0, glb=False, paced=True)
    with files.open() as add:
        for number, at in enumerate((0.0, 0.1, 0.5, 0.52)):
            picture = np.full((48, 64, 3), 60 * number, np.uint8)
            add(VideoFrame(number, at, picture), [], picture)
    overlay = cv2.VideoCapture(str(tmp_path / "camera-0.overlay.mp4"))
    assert overlay.get(cv2.CAP_PROP_FRAME_COUNT) == 6
    assert [round(overlay.read()[1].mean() / 60) for _ in range(6)] == [0, 1, 2, 2, 2, 2]


def test_boxes_are_for_photographs(network, wall, tmp_path):
    (tmp_path / "boxes.json").write_text("{}")
    words = failed("predict", wall, *network, "--boxes", tmp_path / "boxes.json")
    assert "--boxes: expected photographs alone" in words


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends the process there")
def test_an_interrupt_leaves_what_is_done_and_nothing_half(network, tmp_path, monkeypatch):
    """The signal comes while the fourth frame is seen."""
    from trans3dhead.inference import HeadTracker

    follow, seen = HeadTracker.__call__, []

    def interrupted(self, frame, time):
        seen.append(frame)
        if len(seen) == 4:
            os.kill(os.getpid(), signal.SIGINT)
        return follow(self, frame, time)

    monkeypatch.setattr(HeadTracker, "__call__", interrupted)
    wall = write_video(tmp_path / "wall.mp4", (np.full((48, 64, 3), 128, np.uint8) for _ in range(9)))
    result = run("predict", wall, wall.with_name("next.mp4"), "-o", tmp_path / "out", *network)
    assert result.exit_code == 130, result.output
    assert "4 frames, no head in any of them" in result.output
    assert "stopped, the same command with --resume goes on from there" in result.output
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"wall.overlay.mp4", "wall.jsonl", ".wall.frames.jsonl"}  # and no journal: nothing is done
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
