"""The square crop that the network sees, and the way back from it to the photograph."""

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from trans3dhead.geometry.matrices import axis_rotation

TEST_MARGIN = 0.1  # of the box's longer side, on each side
_REACH = 8  # pixels of the shrunk photograph, more than the widest blur reads beyond the crop
_FARTHEST, _SMALLEST = 1e9, 1e-9  # pixels, of a box's place and sides


@dataclass(frozen=True)
class Crop:
    """A square of `size` × `size` pixels cut from a photograph by an affine map.

    Coordinates are continuous on both sides: (0, 0) is the top-left corner of the top-left pixel.
    """

    affine: np.ndarray  # (2, 3) float64, photograph pixels -> crop pixels
    size: int  # pixels

    @classmethod
    def around(cls, box: np.ndarray, size: int, margin: float = TEST_MARGIN, roll: float = 0.0) -> "Crop":
        """The square about the box's centre with side (1 + 2 · margin) · max(w, h), scaled to `size` pixels.

        box: (4,) [x, y, w, h] pixels; roll: degrees by which the picture is turned clockwise inside the crop.
        Raises ValueError for a box that is not finite, has no area, or lies or ends a billion pixels away.
        """
        x, y, w, h = np.asarray(box, dtype=np.float64)
        if not (np.isfinite([x, y, w, h]).all() and w > 0 and h > 0):
            raise ValueError(f"box: expected finite [x, y, w, h] with w, h > 0 in pixels, got {list(map(float, box))}")
        if max(abs(x), abs(y), w, h) > _FARTHEST or max(w, h) < _SMALLEST:  # beyond, numbers of the crop overflow
            raise ValueError(f"box: expected [x, y, w, h] in pixels of a photograph, got {list(map(float, box))}")
        zoom = size / ((1 + 2 * margin) * max(w, h))
        linear = zoom * axis_rotation("z", roll)[:2, :2]
        centre = np.array([x + w / 2, y + h / 2])
        return cls(np.column_stack((linear, size / 2 - linear @ centre)), size)

    @property
    def zoom(self) -> float:
        """Crop pixels for each pixel of the photograph."""
        return _zoom(self.affine)

    def on_reduced(self, reduction: int) -> "Crop":
        """The same crop of a photograph whose sides are so many times shorter, to cut it from there."""
        return Crop(self.affine * [reduction, reduction, 1.0], self.size)

    def to_crop(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) photograph pixels -> (..., 2) crop pixels."""
        return points @ self.affine[:, :2].T + self.affine[:, 2]

    def to_photograph(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) crop pixels -> (..., 2) photograph pixels; the inverse of `to_crop`."""
        return (points - self.affine[:, 2]) @ self._back.T

    @cached_property
    def _back(self) -> np.ndarray:
        return np.linalg.inv(self.affine[:, :2])  # once: it takes longer than all else that is done with it

    def cut(self, photograph: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8 -> (size, size, 3) uint8; black outside of the photograph, antialiased where it shrinks.

        Only the part of the photograph about the crop is filtered: heads may be small in it.
        """
        part, affine = self._part(photograph)
        if not part.size:
            return np.zeros((self.size, self.size, 3), np.uint8)
        part, affine = _shrink(part, affine)
        part = _blur(part, _zoom(affine))
        return cv2.warpAffine(part, _pixel_centres(affine), (self.size, self.size), flags=cv2.INTER_LINEAR)

    def _part(self, photograph: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The part of the photograph about the crop, a view, and the (2, 3) map from its pixels to the crop's.

        It begins on a multiple of the factor by which `_shrink` shrinks, and reaches farther than the filters do, so
        the crop is the one that the whole photograph would give.
        """
        step = 2 ** max(0, int(np.ceil(-np.log2(self.zoom))))
        corners = self.to_photograph(self.size * np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]))
        low = np.maximum((corners.min(axis=0) // step - _REACH) * step, 0).astype(int)
        high = np.maximum((corners.max(axis=0) // step + _REACH + 1) * step, low).astype(int)
        affine = self.affine.copy()
        affine[:, 2] += affine[:, :2] @ low
        return photograph[low[1] : high[1], low[0] : high[0]], affine


def _zoom(affine: np.ndarray) -> float:
    (a, b, _), (c, d, _) = affine.tolist()
    return math.sqrt(abs(a * d - b * c))


def _pixel_centres(affine: np.ndarray) -> np.ndarray:
    """The one place where OpenCV's integer pixel centres meet our continuous corners: p -> A(p + 0.5) - 0.5."""
    shifted = affine.copy()
    shifted[:, 2] += affine[:, :2] @ [0.5, 0.5] - 0.5
    return shifted


def _shrink(photograph: np.ndarray, affine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Halve the picture by area averaging until what remains of the shrinking is less than a factor of two."""
    factor = 2 ** max(0, int(np.floor(-np.log2(_zoom(affine)))))
    if factor == 1:
        return photograph, affine
    height, width = photograph.shape[:2]
    small = (-(-width // factor), -(-height // factor))  # rounded up: no picture is smaller than a pixel
    resized = cv2.resize(photograph, small, interpolation=cv2.INTER_AREA)
    back = np.diag([width / small[0], height / small[1]])  # small pixels -> photograph pixels, corners kept
    return resized, np.column_stack((affine[:, :2] @ back, affine[:, 2]))


def _blur(photograph: np.ndarray, zoom: float) -> np.ndarray:
    """The Gaussian that widens the photograph's pixel to the crop's, so that bilinear sampling does not alias."""
    sigma = 0.5 * np.sqrt(max(0.0, zoom**-2 - 1.0))
    return cv2.GaussianBlur(photograph, (0, 0), sigma) if sigma > 0.1 else photograph
