"""A small z-buffer rasteriser in numpy: all triangles at once, no graphics library."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Fragments:
    """What is seen in each covered pixel: N of them."""

    rows: np.ndarray  # (N,) pixel rows
    columns: np.ndarray  # (N,)
    triangles: np.ndarray  # (N,) index of the nearest triangle
    weights: np.ndarray  # (N, 3) barycentric weights of its corners

    def interpolate(self, values: np.ndarray, triangles: np.ndarray) -> np.ndarray:
        """(V, k) values at the vertices and the (F, 3) triangles of the mesh -> (N, k) values at the pixels."""
        corners = triangles[self.triangles]
        return sum(self.weights[:, i : i + 1] * values[corners[:, i]] for i in range(3))  # type: ignore[return-value]


def rasterize(points: np.ndarray, triangles: np.ndarray, size: tuple[int, int]) -> Fragments:
    """The nearest triangle in each pixel of a picture, looking along +z; triangles seen from behind are left out.

    points: (V, 3) x and y in pixels ((0, 0) the corner of the first pixel, y down), z in any unit, growing away from
    the viewer; triangles: (F, 3), counter-clockwise seen from outside in a space with y up; size: (width, height).
    """
    width, height = size
    corners = points[triangles].astype(np.float32)
    doubled_area = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    low = np.maximum(np.ceil(corners[..., :2].min(axis=1) - 0.5), 0).astype(np.int64)  # pixel centres inside the bounds
    high = np.minimum(np.floor(corners[..., :2].max(axis=1) - 0.5), (width - 1, height - 1)).astype(np.int64)
    seen = np.flatnonzero((doubled_area < 0) & (high >= low).all(axis=1))
    owner, columns, rows = _candidates(seen, low[seen], high[seen])
    a, b, c = (corners[owner, i, :2] for i in range(3))
    at = np.stack((columns, rows), axis=1).astype(np.float32) + 0.5
    area = doubled_area[owner]
    first, second = _cross(b - at, c - at) / area, _cross(c - at, a - at) / area
    weights = np.stack((first, second, 1.0 - first - second), axis=1)
    inside = np.flatnonzero((weights >= -1e-6).all(axis=1))
    owner, columns, rows, weights = owner[inside], columns[inside], rows[inside], weights[inside]
    depth = (weights * corners[owner, :, 2]).sum(axis=1)
    pixel = rows * width + columns
    nearest = np.full(width * height, np.inf, dtype=np.float32)
    np.minimum.at(nearest, pixel, depth)
    front = np.flatnonzero(depth == nearest[pixel])
    _, once = np.unique(pixel[front], return_index=True)  # two triangles that share an edge may tie on it
    front = front[once]
    return Fragments(rows[front], columns[front], owner[front], weights[front])


def _candidates(triangles: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every pixel of every bounding box: triangle, column and row of each."""
    width, height = (high - low + 1).T
    count = width * height
    which = np.repeat(np.arange(len(triangles)), count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return triangles[which], low[which, 0] + offset % width[which], low[which, 1] + offset // width[which]


def _cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
