"""A camera's frames as they come, always the newest one: who is slow misses frames and does not lag behind."""

import threading
import time
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from trans3dhead.inference.video import USUAL_RATE, BrokenFramesError, SizeCheck, VideoFrame

_PATIENCE = 5.0  # seconds without a frame after which a camera is lost
_FAILURES = 10  # reads in a row that fail, likewise
_PAUSE = 0.02  # seconds from one that failed to the next


class Webcam:
    """A camera: iterate over it once, for its frames, in a `with` statement, which switches it off.

    A thread reads it all the time and keeps the last frame alone. Frames are numbered as the camera gives them, so
    that the numbers show which were missed; times are those at which they were read.
    """

    live = True

    def __init__(
        self,
        number: int,
        open_capture: Callable[[int], cv2.VideoCapture] = cv2.VideoCapture,
        patience: float = _PATIENCE,
    ) -> None:
        """
        number: 0 is the first camera; open_capture: what opens it; patience: seconds without a frame after which it
        is taken to be lost. Raises ValueError where there is no such camera, or another program uses it.
        """
        self.name, self._patience = f"camera {number}", patience
        self._capture = open_capture(number)
        if not self._capture.isOpened():
            raise ValueError(
                f"{self.name}: no such camera, or another program uses it, or this one may not; the first camera is 0"
            )
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.frame_rate = float(rate) if 0 < rate <= 1000 else USUAL_RATE  # frames a second, as the camera says
        self.length: int | None = None  # nobody knows
        self._arrived = threading.Condition()
        self._newest: tuple[int, float, np.ndarray] | None = None  # number, seconds, (H, W, 3) BGR
        self._stopped = False
        self._reader = threading.Thread(target=self._read, name=self.name, daemon=True)

    def __enter__(self) -> "Webcam":
        self._reader.start()
        return self

    def __exit__(self, *error: object) -> None:
        with self._arrived:
            self._stopped = True
        self._reader.join(self._patience)
        if not self._reader.is_alive():  # one that hangs in the driver ends with the program
            self._capture.release()

    def __iter__(self) -> Iterator[VideoFrame]:
        """The newest frame each time, without end.

        Raises BrokenFramesError where the camera gives no more, or frames of another size.
        """
        check_size, last, first_time = SizeCheck(), -1, 0.0
        while True:
            number, at, pixels = self._after(last)
            check_size(pixels, f"{self.name}, frame {number}")
            first_time = at if last < 0 else first_time
            last = number
            yield VideoFrame(number, at - first_time, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))

    def _after(self, last: int) -> tuple[int, float, np.ndarray]:
        """The newest frame, waited for where it was given already."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._stopped or self._is_newer(last), self._patience)
            if self._newest is None or not self._is_newer(last):
                raise BrokenFramesError(
                    f"{self.name}: lost after {last + 1} frames; is it plugged in, and does no other program use it?"
                )
            return self._newest

    def _is_newer(self, last: int) -> bool:
        return self._newest is not None and self._newest[0] > last

    def _read(self) -> None:
        """What the thread does: read, until told to stop or the camera is lost."""
        number = failures = 0
        while not self._stopped and failures < _FAILURES:
            there, pixels = self._capture.read()
            if not there:
                failures += 1
                time.sleep(_PAUSE)
                continue
            with self._arrived:
                self._newest = (number, time.monotonic(), pixels)
                self._arrived.notify()
            number, failures = number + 1, 0
        with self._arrived:
            self._stopped = True
            self._arrived.notify()
