"""Video files, frame by frame, as OpenCV reads them: one frame in memory at a time."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

import cv2
import numpy as np

from trans3dhead.images import SUFFIXES as PHOTOGRAPHS

# Files that are taken for videos by their name; others are when OpenCV opens them.
SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".wmv", ".flv", ".3gp", ".ogv")
USUAL_RATE = 30.0  # frames a second, where nothing says how many there are
_MOST_BROKEN = 300  # frames in a row that cannot be decoded, after which none is expected any more


@dataclass(frozen=True, eq=False)
class VideoFrame:
    """One frame of a video."""

    number: int  # from 0
    time: float  # seconds since the first frame
    pixels: np.ndarray  # (H, W, 3) uint8 RGB
    file: str | None = None  # the name of the frame's own file, of a folder of frames


class FrameSource(Protocol):
    """Where frames come from: a `Video`, a `FrameFolder` or a `Webcam`, in a `with` statement."""

    name: str  # how messages call it
    frame_rate: float  # frames a second
    length: int | None  # frames, as far as that is known before
    live: bool  # whether frames come when they come, and some are missed

    def __enter__(self) -> "FrameSource": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def __iter__(self) -> Iterator[VideoFrame]: ...


class BrokenFramesError(ValueError):
    """No further frame can be had, or some could not be read; those that were given are right."""


class SizeCheck:
    """Call it with each frame of a video: all must be of one size, as the files that are written of it are."""

    def __init__(self) -> None:
        self._size: tuple[int, ...] | None = None

    def __call__(self, pixels: np.ndarray, name: str) -> None:
        """pixels: (H, W, 3); name: how the error calls the frame. Raises BrokenFramesError for another size."""
        self._size = self._size or pixels.shape
        if pixels.shape != self._size:
            (first_height, first_width), (height, width) = self._size[:2], pixels.shape[:2]
            raise BrokenFramesError(
                f"{name}: expected a frame of {first_width} × {first_height} pixels as the first one is, got "
                f"{width} × {height}; bring all to one size"
            )


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

    live = False

    def __init__(self, path: str | Path) -> None:
        """Raises FileNotFoundError where there is no file and ValueError for what OpenCV cannot read as a video."""
        self.path = Path(path)
        self.name = self.path.name
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
        self.frame_rate = rate if math.isfinite(rate) and 0 < rate <= 1000 else USUAL_RATE  # frames a second
        self.length = int(count) if math.isfinite(count) and count >= 1 else None  # frames, by what the file says

    def __enter__(self) -> "Video":
        return self

    def __exit__(self, *error: object) -> None:
        self._capture.release()

    def __iter__(self) -> Iterator[VideoFrame]:
        """The frames, each with the time that the file gives it, turned upright as it says.

        Where times stand still or run back, as of some cameras' files, a frame follows the last after the usual time.
        What cannot be decoded is left out. Raises BrokenFramesError at the end where that was so, and at a frame of
        another size.
        """
        number, start, last, broken = 0, 0.0, 0.0, 0
        check_size = SizeCheck()
        while (read := self._next_frame(number)) is not None:
            frame, failed = read
            broken += failed
            check_size(frame, f"{self.path}, frame {number}")
            stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
            if number == 0:
                start = stamp
            else:
                last = stamp - start if stamp - start > last else last + 1.0 / self.frame_rate
            yield VideoFrame(number, last, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
            number += 1
        if broken:
            raise BrokenFramesError(
                f"{self.path}: {broken} {'frame' if broken == 1 else 'frames'} could not be decoded and "
                f"{'is' if broken == 1 else 'are'} left out; the file is damaged"
            )

    def _next_frame(self, number: int) -> tuple[np.ndarray, int] | None:
        """The next frame that can be decoded, (H, W, 3) BGR, and how often reading failed before it; None: no more.

        OpenCV fails at a broken frame as it does at the end, so how many are to come is what the file says.
        """
        tries = min(max(0, (self.length or 0) - number), _MOST_BROKEN)
        for failed in range(tries + 1):
            there, frame = self._capture.read()
            if there:
                return frame, failed
        return None
