"""Boxes [x, y, w, h] in pixels and their overlap."""

import numpy as np


def bounds(points: np.ndarray) -> np.ndarray:
    """(..., N, 2) pixels -> (..., 4) the tight box [x, y, w, h] around each set of points."""
    low, high = points.min(axis=-2), points.max(axis=-2)
    return np.concatenate((low, high - low), axis=-1)


def iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union. (..., 4) boxes [x, y, w, h] twice, broadcast together -> (...)."""
    low = np.maximum(first[..., :2], second[..., :2])
    high = np.minimum(first[..., :2] + first[..., 2:], second[..., :2] + second[..., 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)
    union = first[..., 2:].prod(axis=-1) + second[..., 2:].prod(axis=-1) - shared
    return shared / np.maximum(union, np.finfo(float).tiny)
