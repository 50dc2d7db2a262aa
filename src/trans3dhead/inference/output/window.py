"""A window that shows pictures as they come, where OpenCV was built with one."""

import os
import sys
from contextlib import suppress

import cv2
import numpy as np

_ENDING_KEYS = (ord("q"), ord("Q"), 27)  # 27: Escape


class Window:
    """Call it with one picture after the other. Use it in a `with` statement, which closes it."""

    def __init__(self, title: str) -> None:
        """Raises ValueError where this OpenCV has no windows, or there is no screen."""
        if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise ValueError("a window: expected a screen, got neither DISPLAY nor WAYLAND_DISPLAY; leave out --show")
        self._title = title
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
        except cv2.error as error:
            raise ValueError(
                "a window: this OpenCV is built without any, as the package opencv-python-headless is; put the other "
                "one in its place: pip uninstall -y opencv-python-headless && pip install opencv-python"
            ) from error
        self._sized = False

    def __enter__(self) -> "Window":
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(cv2.error):  # of a window that the person has closed
            cv2.destroyWindow(self._title)

    def __call__(self, picture: np.ndarray) -> bool:
        """Show (H, W, 3) uint8 RGB -> whether to go on: not once Q or Escape was pressed, or the window was closed."""
        if self._sized and not self._visible():
            return False
        if not self._sized:
            cv2.resizeWindow(self._title, picture.shape[1], picture.shape[0])
            self._sized = True
        cv2.imshow(self._title, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        return cv2.waitKey(1) & 0xFF not in _ENDING_KEYS

    def _visible(self) -> bool:
        try:
            return cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # some systems know nothing of a window that was closed
            return False
