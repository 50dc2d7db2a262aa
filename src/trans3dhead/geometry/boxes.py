"""Boxes [x, y, w, h] in pixels, their overlap, and which of two lists belong together."""

import numpy as np


def bounds(points: np.ndarray) -> np.ndarray:
    """(..., N, 2) pixels -> (..., 4) the tight box [x, y, w, h] around each set of points."""
    low, high = points.min(axis=-2), points.max(axis=-2)
    return np.concatenate((low, high - low), axis=-1)


def iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union. (..., 4) boxes [x, y, w, h] twice, broadcast together -> (...)."""
    shared = _shared(first, second)
    union = first[..., 2:].prod(axis=-1) + second[..., 2:].prod(axis=-1) - shared
    return shared / np.maximum(union, np.finfo(float).tiny)


def share_inside(boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(..., 4) boxes -> (...) the share of their area that lies in a photograph of `size` = (width, height) pixels."""
    frame = np.array([0.0, 0.0, *size])
    return _shared(boxes, frame) / np.maximum(boxes[..., 2:].prod(axis=-1), np.finfo(float).tiny)


def match(first: np.ndarray, second: np.ndarray, least: float) -> list[int | None]:
    """Greedy one-to-one matching: the pair that overlaps most first, down to an overlap (IoU) of `least`.

    (A, 4) and (B, 4) boxes -> for each of the first the index of its partner among the second, or None.
    """
    overlap = iou(first[:, None], second[None])
    partners: list[int | None] = [None] * len(first)
    while overlap.size and overlap.max() >= least:
        row, column = np.unravel_index(overlap.argmax(), overlap.shape)
        partners[row] = int(column)
        overlap[row], overlap[:, column] = -1, -1
    return partners


def _shared(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(..., 4) boxes twice -> (...) the area of what both cover, square pixels."""
    low = np.maximum(first[..., :2], second[..., :2])
    high = np.minimum(first[..., :2] + first[..., 2:], second[..., :2] + second[..., 2:])
    return np.clip(high - low, 0, None).prod(axis=-1)
