"""A camera that is none, for tests of what is done with a camera's frames."""

import threading

import cv2
import numpy as np


class ToyCamera:
    """What OpenCV's capture of a camera is to `Webcam`; its frames say in their first pixel which they are."""

    def __init__(self, frames: int | None = None, rate: float = 50.0, there: bool = True) -> None:
        """frames: that it gives until it is lost; None: one for each that the test allows; rate: as it says."""
        self.frames, self.rate, self.there = frames, rate, there
        self.asked, self.given, self.released = 0, 0, False
        self.allowed = threading.Semaphore(0)

    def isOpened(self) -> bool:  # noqa: N802  # as OpenCV calls it
        return self.there

    def get(self, key: int) -> float:
        assert key == cv2.CAP_PROP_FPS
        return self.rate

    def read(self) -> tuple[bool, np.ndarray | None]:
        self.asked += 1
        if self.frames is None and not self.allowed.acquire(timeout=20.0):
            return False, None
        if self.frames is not None and self.given >= self.frames:
            return False, None
        frame = np.full((48, 64, 3), self.given, np.uint8)
        self.given += 1
        return True, frame

    def release(self) -> None:
        self.released = True
