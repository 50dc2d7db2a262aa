"""Worn things as a lid of hair: how far from the head's inside they lie, direction by direction.

Bins, slopes and gaps are by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Part

_BINS = (60, 120)  # of latitude and longitude, three degrees each
_AROUND = 7  # bins over which hair comes in to what presses it
_SLOPE = np.float32(0.004)  # metres a bin, how steeply it does
_BENEATH = np.float32(0.002)  # metres
_FREE = np.float32(10.0)  # metres, where nothing is worn

UPRIGHT, SIDEWAYS = (0, 1, 2), (0, 2, 1)  # which axes are longitude's, latitude's, longitude's: poles above, ahead


@dataclass(frozen=True)
class Shell:
    """A lid of hair by directions from a centre inside the head."""

    centre: np.ndarray  # (3,) metres, head space
    axes: tuple[int, int, int]
    reach: np.ndarray  # _BINS float32 metres from the centre below which hair is to lie
    covered: np.ndarray  # _BINS bool: hair is out of sight

    @classmethod
    def of(
        cls, parts: Sequence[Part], placement: Placement, centre: np.ndarray, axes: tuple[int, int, int], hides: bool
    ) -> "Shell":
        """parts: in camera space; hides: whether what is beneath is out of sight, as under cloth on the face."""
        reach = np.full(_BINS, _FREE, np.float32)
        for part in parts:
            corners = ((part.vertices - placement.translation) @ placement.rotation - centre)[part.triangles]
            middles = (corners + np.roll(corners, 1, axis=1)) / 2.0
            points = np.concatenate((corners, middles, corners.mean(axis=1, keepdims=True)), axis=1).reshape(-1, 3)
            length = np.linalg.norm(points, axis=1).astype(np.float32)
            np.minimum.at(reach, _bins(points, axes), length)
        kernel = np.ones((3, 3), np.uint8)
        there = cv2.morphologyEx((reach < _FREE).astype(np.uint8), cv2.MORPH_CLOSE, kernel).astype(bool)
        for _ in range(_AROUND):
            wrapped = np.pad(reach, ((0, 0), (1, 1)), mode="wrap")
            reach = np.minimum(reach, cv2.erode(wrapped, kernel)[:, 1:-1] + _SLOPE)
        return cls(centre, axes, reach, there & hides)

    def press(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Hair comes in beneath what is worn, and from around it; see Lid."""
        arm = points - self.centre
        at = _bins(arm, self.axes)
        length = np.maximum(np.linalg.norm(arm, axis=1), 1e-6)
        factor = np.minimum((self.reach[at] - _BENEATH) / length, 1.0)
        return self.centre + arm * factor[:, None], self.covered[at]


def _bins(arm: np.ndarray, axes: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) from the centre -> rows and columns."""
    first, pole, second = (arm[:, axis] for axis in axes)
    latitude, longitude = np.arctan2(pole, np.hypot(first, second)), np.arctan2(first, second)
    row = np.clip((latitude / np.pi + 0.5) * _BINS[0], 0, _BINS[0] - 1).astype(np.intp)
    return row, np.clip((longitude / (2.0 * np.pi) + 0.5) * _BINS[1], 0, _BINS[1] - 1).astype(np.intp)
