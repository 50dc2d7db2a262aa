"""Reading video files that OpenCV wrote."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from paths import ASTRONAUT
from toy_videos import write_video
from trans3dhead.inference.video import BrokenFramesError, SizeCheck, Video, is_video


@pytest.fixture
def clip(tmp_path) -> Path:
    """Six frames of 64 × 48 pixels that grow redder, 12.5 a second."""
    frames = (np.full((48, 64, 3), (40 * number, 20, 60), np.uint8) for number in range(6))
    return write_video(tmp_path / "clip.mp4", frames, 12.5)


def test_frames_come_in_order_with_their_times(clip):
    with Video(clip) as video:
        assert (video.frame_rate, video.length) == (12.5, 6)
        frames = list(video)
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(6) / 12.5)
    assert frames[0].pixels.shape == (48, 64, 3)
    for frame in frames:  # red is the first channel
        np.testing.assert_allclose(frame.pixels.mean(axis=(0, 1)), (40 * frame.number, 20, 60), atol=8)


def test_times_increase_where_the_file_s_do_not(clip):
    class Stuck:
        """A capture whose clock stands still."""

        def __init__(self, capture: cv2.VideoCapture) -> None:
            self.read = capture.read

        def get(self, _: int) -> float:
            return 40.0

    video = Video(clip)
    video._capture = Stuck(video._capture)
    np.testing.assert_allclose([frame.time for frame in video], np.arange(6) / 12.5)


def test_what_is_a_video(clip, tmp_path):
    (tmp_path / "words.txt").write_text("no video")
    clip.rename(tmp_path / "clip.dat")
    assert is_video(tmp_path / "clip.dat")
    assert is_video(Path("missing.MP4"))  # so that opening it says what is wrong
    assert not is_video(tmp_path / "words.txt")
    assert not is_video(tmp_path / "missing.dat")
    assert not is_video(ASTRONAUT)
    cv2.imwrite(str(tmp_path / "one.jp2"), np.zeros((32, 32, 3), np.uint8))
    assert not is_video(tmp_path / "one.jp2")  # one frame is a picture


def test_what_cannot_be_read_is_told(tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(ValueError, match=r"broken\.mp4: expected a video that OpenCV can read"):
        Video(tmp_path / "broken.mp4")
    with pytest.raises(FileNotFoundError, match=r"missing\.mp4: no such video"):
        Video(tmp_path / "missing.mp4")


def test_broken_frames_are_left_out_and_told_at_the_end(tmp_path):
    """Half a kilobyte of zeros in the middle of the pictures: what comes after it is read, at its own time."""
    random = np.random.default_rng(0)
    still = cv2.resize(random.integers(0, 255, (60, 80, 3), np.uint8), (320, 240))
    clip = write_video(tmp_path / "clip.mp4", (np.roll(still, 3 * number, axis=1) for number in range(40)))
    data = bytearray(clip.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 12_000] = bytes(12_000)
    clip.write_bytes(data)
    frames = []
    with Video(clip) as video, pytest.raises(BrokenFramesError, match=r"clip\.mp4: \d+ frames? could not be decoded"):
        frames.extend(video)
    assert 20 < len(frames) < 40
    assert frames[-1].time == pytest.approx(39 / 25)
    assert np.abs(frames[10].pixels.astype(int) - np.roll(still, 30, axis=1)).mean() < 20


def test_frames_of_another_size_are_refused():
    check_size = SizeCheck()
    check_size(np.zeros((48, 64, 3)), "a.png")
    check_size(np.zeros((48, 64, 3)), "b.png")
    with pytest.raises(BrokenFramesError, match=r"c\.png: expected a frame of 64 × 48 pixels .* got 48 × 64"):
        check_size(np.zeros((64, 48, 3)), "c.png")
