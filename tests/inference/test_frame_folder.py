"""A folder of pictures as a video."""

import cv2
import numpy as np
import pytest

from trans3dhead.inference import BrokenFramesError, FrameFolder


def write_frames(folder, names, shape=(48, 64)):
    """Gray pictures, each a little lighter than the one before."""
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        cv2.imwrite(str(folder / name), np.full((*shape, 3), 10 * number, np.uint8))
    return folder


def test_frames_come_by_the_numbers_in_their_names(tmp_path):
    names = ["frame1.png", "frame2.png", "frame9.png", "frame10.png", "frame100.png"]
    folder = write_frames(tmp_path / "shot", names)
    (folder / "notes.txt").write_text("no picture")
    with FrameFolder(folder, frame_rate=10) as frames:
        assert (frames.name, frames.frame_rate, frames.length) == ("shot", 10, 5)
        found = list(frames)
    assert [frame.file for frame in found] == names
    assert [frame.number for frame in found] == [0, 1, 2, 3, 4]
    np.testing.assert_allclose([frame.time for frame in found], np.arange(5) / 10)
    assert [int(frame.pixels.mean()) for frame in found] == [0, 10, 20, 30, 40]


def test_what_was_read_before_a_bad_frame_is_right(tmp_path):
    folder = write_frames(tmp_path / "shot", ["1.png", "2.png", "4.png"])
    (folder / "3.png").write_bytes(b"no picture")
    seen = []
    with pytest.raises(BrokenFramesError, match=r"3\.png: expected a JPEG"):
        seen.extend(FrameFolder(folder))
    assert [frame.file for frame in seen] == ["1.png", "2.png"]


def test_frames_of_changing_size_are_told(tmp_path):
    folder = write_frames(write_frames(tmp_path / "shot", ["1.png"]), ["2.png"], (50, 64))
    with pytest.raises(BrokenFramesError, match=r"2\.png: expected a frame of 64 × 48 .* got 64 × 50"):
        list(FrameFolder(folder))


def test_what_is_no_folder_of_frames(tmp_path):
    with pytest.raises(ValueError, match="missing: expected a folder of frames, got nothing there"):
        FrameFolder(tmp_path / "missing")
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="expected a folder of frames, got a file"):
        FrameFolder(tmp_path / "file")
    with pytest.raises(ValueError, match="found none in it"):
        FrameFolder(tmp_path)
    with pytest.raises(ValueError, match="frame rate: expected more than 0"):
        FrameFolder(write_frames(tmp_path / "shot", ["1.png"]), 0.0)
