"""Boxes [x, y, w, h] in pixels, their overlap, and which of two lists belong together."""

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

Boxes = TypeVar("Boxes", np.ndarray, "Tensor")

_LEAST_AREA = 1e-37  # square pixels, a normal number of 32 bits: boxes without area share nothing, not 0 / 0


def bounds(points: np.ndarray) -> np.ndarray:
    """(..., N, 2) pixels -> (..., 4) the tight box [x, y, w, h] around each set of points."""
    low, high = points.min(axis=-2), points.max(axis=-2)
    return np.concatenate((low, high - low), axis=-1)


def root_area(box: np.ndarray) -> float:
    """The size of a box (4,) as errors are measured by it: the root of its area, and never 0, in the box's units."""
    return float(np.sqrt(max(box[2:].prod(), 1e-9)))


def iou(first: Boxes, second: Boxes) -> Boxes:
    """Intersection over union. (..., 4) boxes [x, y, w, h] twice, arrays or tensors, broadcast together -> (...)."""
    shared = intersection(first, second)
    return shared / (_area(first) + _area(second) - shared).clip(min=_LEAST_AREA)


def intersection(first: Boxes, second: Boxes) -> Boxes:
    """(..., 4) boxes [x, y, w, h] twice, arrays or tensors -> (...) the area of what both cover, square pixels."""
    low = first[..., :2].clip(min=second[..., :2])
    high = (first[..., :2] + first[..., 2:]).clip(max=second[..., :2] + second[..., 2:])
    inside = (high - low).clip(min=0.0)
    return inside[..., 0] * inside[..., 1]


def share_inside(boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(..., 4) boxes -> (...) the share of their area that lies in a photograph of `size` = (width, height) pixels."""
    return intersection(boxes, np.array([0.0, 0.0, *size])) / _area(boxes).clip(min=_LEAST_AREA)


def turned_back(boxes: np.ndarray, quarters: int, size: tuple[int, int]) -> np.ndarray:
    """Boxes in a photograph that was turned anticlockwise, on the photograph as it was. (N, 4) pixels -> (N, 4).

    quarters: turns of 90 degrees, as `numpy.rot90` counts them; size: width and height of the photograph as it was.
    """
    width, height = size
    x, y, w, h = np.asarray(boxes, np.float64).reshape(-1, 4).T
    sides = ((x, y, w, h), (width - y - h, x, h, w), (width - x - w, height - y - h, w, h), (y, height - x - w, h, w))
    return np.stack(sides[quarters % 4], axis=-1)


def mirrored_boxes(boxes: np.ndarray, width: float) -> np.ndarray:
    """Boxes in the mirror image of a photograph `width` pixels wide: x -> width - x. (..., 4) pixels -> (..., 4)."""
    x, y, w, h = np.moveaxis(boxes, -1, 0)
    return np.stack((width - x - w, y, w, h), axis=-1)


def match(first: np.ndarray, second: np.ndarray, least: float) -> list[int | None]:
    """Greedy one-to-one matching: the pair that overlaps most first, down to an overlap (IoU) of `least`.

    (A, 4) and (B, 4) boxes -> for each of the first the index of its partner among the second, or None.
    """
    return best_pairs(iou(first[:, None], second[None]), least)


def best_pairs(fits: np.ndarray, least: float) -> list[int | None]:
    """Greedy one-to-one matching: the pair that fits best first, down to a fit of `least`.

    (A, B) how well each of A fits to each of B -> for each of A the index of its partner, or None.
    """
    left = np.array(fits, dtype=np.float64)
    partners: list[int | None] = [None] * len(left)
    while left.size and left.max() >= least:
        row, column = np.unravel_index(left.argmax(), left.shape)
        partners[row] = int(column)
        left[row], left[:, column] = -np.inf, -np.inf
    return partners


def suppress(boxes: np.ndarray, scores: np.ndarray, overlap: float, most: int) -> np.ndarray:
    """Greedy non-maximum suppression: of two boxes that share more than `overlap` (IoU) the better one stays.

    (N, 4) [x, y, w, h] and (N,) -> indices of at most `most` boxes, the best first.
    """
    left = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(left) and len(kept) < most:
        kept.append(int(left[0]))
        left = left[1:][iou(boxes[left[:1]], boxes[left[1:]]) <= overlap]
    return np.array(kept, dtype=np.int64)


def _area(boxes: Boxes) -> Boxes:
    return boxes[..., 2] * boxes[..., 3]
