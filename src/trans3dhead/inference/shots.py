"""Whether a frame of a video begins another shot, by its thumbnail."""

from dataclasses import dataclass

import cv2
import numpy as np

_SIZE = (32, 18)  # of the thumbnail, pixels: what moves within a shot moves little in it from frame to frame
_ALIKE = 0.5  # least correlation of the gray thumbnails of frames that certainly belong to one shot
_OTHER_COLOURS = 0.04  # of the whole range, from which colours alone say that another shot begins
_FLAT = 1.0  # levels of 255: a thumbnail that deviates less from its mean shows nothing


@dataclass(frozen=True)
class FrameChange:
    """How a frame differs from the one before."""

    likeness: float  # correlation of the gray thumbnails, -1..1; light that changes leaves it, moving things lower it
    colours: float  # how far the sorted values of each channel are apart on average, 0..1; motion leaves it

    def is_cut(self, believed: bool) -> bool:
        """Whether another shot begins.

        It does where the thumbnail does not look like the last one, and either its colours are others too, or none of
        the heads that were followed is believed in it. A flash changes the colours alone, a pan the looks alone.
        """
        return self.likeness < _ALIKE and (self.colours > _OTHER_COLOURS or not believed)


class ShotDetector:
    """Call it with the frames of a video, one by one."""

    def __init__(self) -> None:
        self._last: np.ndarray | None = None

    def __call__(self, frame: np.ndarray) -> FrameChange:
        """(H, W, 3) uint8 RGB, the next frame -> how it differs from the last; the first does not."""
        thumbnail = cv2.resize(frame, _SIZE, interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float64)
        last, self._last = self._last, thumbnail
        if last is None:
            return FrameChange(likeness=1.0, colours=0.0)
        colours = float(np.abs(np.sort(thumbnail, axis=0) - np.sort(last, axis=0)).mean() / 255.0)
        return FrameChange(_correlation(thumbnail.mean(axis=1), last.mean(axis=1)), colours)


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    """(N,) gray values twice -> -1..1; 1 of two flat pictures, 0 where one alone is flat."""
    flat = [values.std() < _FLAT for values in (first, second)]
    if any(flat):
        return float(all(flat))
    return float(np.corrcoef(first, second)[0, 1])
