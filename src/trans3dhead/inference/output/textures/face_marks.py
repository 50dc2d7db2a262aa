"""Brows, lashes and lips, drawn once as seen from the front of the mean head, about the 68 landmarks."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.images import SUBPIXEL_BITS, subpixel

_FINE = 6000.0  # pixels of the drawing for each metre
_AROUND = 0.02  # metres of the drawing around the landmarks that it shows
_DEEP = 0.01  # metres behind the hindmost of them within which a mark still colours
_BROWS = ((17, 22, -1.0), (22, 27, 1.0))  # first and last landmark + 1, and the side of head space it is on
_UPPER_LIDS, _LOWER_LIDS = ((36, 37, 38, 39), (45, 44, 43, 42)), ((36, 41, 40, 39), (45, 46, 47, 42))
_HAIRS = 320  # of one brow
_HAIR_STRENGTHS = (150, 130, 110)  # of its thirds, 0..255: where hairs lie over each other it is darker
_OUTER_LIPS = slice(48, 60)


@dataclass(frozen=True, eq=False)
class FaceMarks:
    """Drawings on the plane x, y of head space, of what lies in front."""

    drawn: np.ndarray  # (H, W, 2) uint8: the lips; brows and lashes
    corner: np.ndarray  # (2,) metres: where their first pixel begins, x to the head's left and y up
    behind: float  # metres, z from which on a point is seen

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(H, W, 3) points, metres, head space -> (H, W) uint8 each: how much of the lips and of hair is there."""
        columns = (points[..., 0] - np.float32(self.corner[0])) * np.float32(_FINE) - np.float32(0.5)
        rows = (np.float32(self.corner[1]) - points[..., 1]) * np.float32(_FINE) - np.float32(0.5)
        share = cv2.remap(self.drawn, columns, rows, cv2.INTER_LINEAR)
        share[points[..., 2] < self.behind] = 0
        return share[..., 0], share[..., 1]


@lru_cache(maxsize=4)
def face_marks(head_model: NumpyHeadModel) -> FaceMarks:
    """The drawings for the mean head of a head model."""
    marks = head_model.landmarks(head_model.template).astype(np.float64)
    inner, inner_depth = marks[17:, :2], marks[17:, 2]
    corner = np.array([inner[:, 0].min() - _AROUND, inner[:, 1].max() + _AROUND])
    size = np.ceil((np.array([inner[:, 0].max() + _AROUND, inner[:, 1].min() - _AROUND]) - corner) * (_FINE, -_FINE))
    points = (marks[:, :2] - corner) * (_FINE, -_FINE)
    hair = np.zeros(size.astype(int)[::-1], np.uint8)
    for first, last, side in _BROWS:
        _draw_brow(hair, _curve(points[first:last][:: int(side)]), side)
    for lids, width, strength in ((_UPPER_LIDS, 0.0020, 250), (_LOWER_LIDS, 0.0009, 130)):
        for lid in lids:
            _draw_lashes(hair, _curve(points[list(lid)]), width * _FINE, strength)
    hair = cv2.GaussianBlur(hair, (0, 0), 0.00022 * _FINE)
    lips = np.zeros_like(hair)
    outline = _curve(np.concatenate((points[_OUTER_LIPS], points[48:49])))
    cv2.fillPoly(lips, [subpixel(outline)], 255, cv2.LINE_AA, SUBPIXEL_BITS)
    lips = cv2.GaussianBlur(lips, (0, 0), 0.0007 * _FINE)
    return FaceMarks(np.dstack((lips, hair)), corner, float(inner_depth.min()) - _DEEP)


def _curve(points: np.ndarray, each: int = 12) -> np.ndarray:
    """(N, 2) -> a smooth line through them (Catmull and Rom's), `each` points to each stretch."""
    padded = np.concatenate((2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]))
    t = np.arange(each)[:, None, None] / each
    a, b, c, d = (padded[i : len(padded) - 3 + i] for i in range(4))
    between = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate((between.transpose(1, 0, 2).reshape(-1, 2), points[-1:]))


def _draw_brow(drawing: np.ndarray, line: np.ndarray, side: float) -> None:
    """Hairs along a line from the nose outwards; side: -1 where that is towards smaller x."""
    random = np.random.default_rng(5)  # the same for both: they are mirror images
    share = random.beta(1.3, 1.0, _HAIRS)
    roots = np.stack([np.interp(share * (len(line) - 1), np.arange(len(line)), line[:, axis]) for axis in (0, 1)], 1)
    thick = 0.0040 * np.clip(share / 0.25, 0.3, 1.0) * np.clip((1.08 - share) / 0.65, 0.1, 1.0)
    roots[:, 1] += (np.clip(random.normal(0.0, 0.45, _HAIRS), -1.0, 1.0) * thick + 0.0015) * _FINE
    roots[:, 0] += random.normal(0.0, 0.001, _HAIRS) * side * _FINE
    lean = np.interp(share, (0.0, 0.3, 0.7, 1.0), (1.25, 0.7, 0.15, -0.3)) + random.normal(0.0, 0.13, _HAIRS)
    length = np.interp(share, (0.0, 0.3, 1.0), (0.0040, 0.0062, 0.0040)) * _FINE * random.uniform(0.6, 1.1, _HAIRS)
    tips = roots + length[:, None] * np.column_stack((side * np.cos(lean), -np.sin(lean)))
    hairs = subpixel(np.stack((roots, tips), axis=1))
    for part, strength in zip(np.array_split(hairs, len(_HAIR_STRENGTHS)), _HAIR_STRENGTHS, strict=True):
        layer = np.zeros_like(drawing)
        cv2.polylines(layer, list(part), False, strength, 2, cv2.LINE_AA, SUBPIXEL_BITS)
        drawing[:] = 255 - ((255 - drawing) * (1.0 - layer / 255.0)).astype(np.uint8)


def _draw_lashes(drawing: np.ndarray, lid: np.ndarray, width: float, strength: int) -> None:
    """A line along the edge of a lid from the outer corner to the inner one, which it comes to thinner."""
    for index, (start, end) in enumerate(pairwise(lid)):
        share = index / len(lid)
        thick = max(1, round(width * min(1.0, 1.3 * (1.05 - share))))
        cv2.polylines(drawing, [subpixel(np.stack((start, end)))], False, strength, thick, cv2.LINE_AA, SUBPIXEL_BITS)
