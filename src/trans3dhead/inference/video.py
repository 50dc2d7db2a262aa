"""Video files, frame by frame, as OpenCV reads them: one frame in memory at a time."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from trans3dhead.images import SUFFIXES as PHOTOGRAPHS

# Files that are taken for videos by their name; others are when OpenCV opens them.
SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".wmv", ".flv", ".3gp", ".ogv")
_USUAL_RATE = 30.0  # frames a second, of a file that does not say


@dataclass(frozen=True, eq=False)
class VideoFrame:
    """One frame of a video."""

    number: int  # from 0
    time: float  # seconds since the first frame
    pixels: np.ndarray  # (H, W, 3) uint8 RGB


def is_video(path: Path) -> bool:
    """Whether a file is a video: by its suffix, and where that is no photograph's either, by opening it."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return True
    if suffix in PHOTOGRAPHS or not path.is_file():
        return False
    capture = cv2.VideoCapture(str(path))
    try:
        return capture.isOpened() and capture.read()[0] and capture.read()[0]  # a picture has one frame
    finally:
        capture.release()


class Video:
    """A video file: iterate over it once, for its frames. Use it in a `with` statement, which closes the file."""

    def __init__(self, path: str | Path) -> None:
        """Raises FileNotFoundError where there is no file and ValueError for what OpenCV cannot read as a video."""
        self.path = Path(path)
        if not self.path.is_file():
            raise FileNotFoundError(f"{self.path}: no such video")
        self._capture = cv2.VideoCapture(str(self.path))
        if not self._capture.isOpened():
            raise ValueError(
                f"{self.path}: expected a video that OpenCV can read (MP4, MOV, AVI, MKV, WebM), got something else or "
                "a file without frames; convert it: ffmpeg -i IN -c:v libx264 -pix_fmt yuv420p OUT.mp4"
            )
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.frame_rate = rate if math.isfinite(rate) and 0 < rate <= 1000 else _USUAL_RATE  # frames a second
        self.length = int(count) if math.isfinite(count) and count >= 1 else None  # frames, by what the file says

    def __enter__(self) -> "Video":
        return self

    def __exit__(self, *error: object) -> None:
        self._capture.release()

    def __iter__(self) -> Iterator[VideoFrame]:
        """The frames, each with the time that the file gives it, turned upright as it says.

        Where times stand still or run back, as of some cameras' files, a frame follows the last after the usual time.
        """
        number, start, last = 0, 0.0, 0.0
        while True:
            there, frame = self._capture.read()
            if not there:
                return
            stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
            if number == 0:
                start = stamp
            else:
                last = stamp - start if stamp - start > last else last + 1.0 / self.frame_rate
            yield VideoFrame(number, last, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
            number += 1
