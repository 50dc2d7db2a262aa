"""Surfaces of signed distances: round cones blended into each other, and the mesh where the distance is zero."""

from collections.abc import Callable

import numpy as np

from trans3dhead.geometry.vectors import unit

Point = np.ndarray | tuple[float, float, float]

# The twelve edges of a cell as pairs of its corners; corner c lies at (c & 1, c >> 1 & 1, c >> 2 & 1).
_EDGES = np.array([(a, a | bit) for bit in (1, 2, 4) for a in range(8) if not a & bit])


def round_cone(points: np.ndarray, start: Point, end: Point, first: float, last: float) -> np.ndarray:
    """(..., 3) -> (...) metres to a segment whose radius goes from `first` to `last`; negative inside."""
    along = np.asarray(end, np.float32) - np.asarray(start, np.float32)
    offset = points - np.asarray(start, np.float32)
    t = np.clip(offset @ along / max(float(along @ along), 1e-12), 0.0, 1.0)
    return np.linalg.norm(offset - t[..., None] * along, axis=-1) - (first + (last - first) * t)


def blended(distances: list[np.ndarray], width: float) -> np.ndarray:
    """The union of several, its creases filled over about `width` metres."""
    total = distances[0]
    for other in distances[1:]:
        near = np.maximum(width - np.abs(total - other), 0.0) / width
        total = np.minimum(total, other) - near * near * (width / 4.0)
    return total


def mesh_of(
    distance: Callable[[np.ndarray], np.ndarray], axes: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (V, 3) float32 and triangles (F, 3), counter-clockwise from outside, where `distance` is zero.

    axes: rising coordinates of the grid's planes; the surface stays within them. One vertex a cell (surface nets).
    """
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).astype(np.float32)
    values = distance(grid)
    shape = np.array(values.shape) - 1
    corners = [tuple(slice(bit, bit + n) for bit, n in zip(_bits(c), shape, strict=True)) for c in range(8)]
    inside = np.stack([values[corner] < 0.0 for corner in corners], axis=-1)
    cells = np.argwhere(inside.any(axis=-1) & ~inside.all(axis=-1))
    vertices = _crossings(values, grid, cells)
    for _ in range(3):
        vertices -= (distance(vertices)[:, None] * _gradient(distance, vertices)).astype(np.float32)
    number = np.full(shape, -1, np.int64)
    number[tuple(cells.T)] = np.arange(len(cells))
    return vertices, _quads(values < 0.0, number)


def _bits(corner: int) -> tuple[int, int, int]:
    return corner & 1, corner >> 1 & 1, corner >> 2 & 1


def _crossings(values: np.ndarray, grid: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """(N, 3) for each cell the mean of the points where its edges meet the surface."""
    index = [tuple((cells + _bits(corner)).T) for corner in range(8)]
    level = np.stack([values[corner] for corner in index], axis=1)
    place = np.stack([grid[corner] for corner in index], axis=1)
    first, second = level[:, _EDGES[:, 0]], level[:, _EDGES[:, 1]]
    crosses = (first < 0.0) != (second < 0.0)
    t = np.where(crosses, first / np.where(crosses, first - second, 1.0), 0.0)[..., None]
    points = place[:, _EDGES[:, 0]] * (1.0 - t) + place[:, _EDGES[:, 1]] * t
    weight = crosses[..., None].astype(np.float32)
    return ((points * weight).sum(axis=1) / weight.sum(axis=1)).astype(np.float32)


def _gradient(distance: Callable[[np.ndarray], np.ndarray], points: np.ndarray) -> np.ndarray:
    steps = np.eye(3, dtype=np.float32) * np.float32(2e-4)
    return unit(np.stack([distance(points + step) - distance(points - step) for step in steps], axis=-1))


def _quads(inside: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Two triangles around each edge of the grid that meets the surface."""
    triangles = []
    for axis in range(3):
        low = np.take(inside, np.arange(inside.shape[axis] - 1), axis)
        high = np.take(inside, np.arange(1, inside.shape[axis]), axis)
        edges = np.argwhere(low != high)
        rising = low[tuple(edges.T)]  # from inside to outside along the axis
        b, c = np.eye(3, dtype=int)[(axis + 1) % 3], np.eye(3, dtype=int)[(axis + 2) % 3]
        ring = np.stack([number[tuple((edges - shift).T)] for shift in (b + c, c, 0 * b, b)], axis=1)
        ring[~rising] = ring[~rising, ::-1]
        triangles += [ring[:, [0, 1, 2]], ring[:, [0, 2, 3]]]
    return np.concatenate(triangles).astype(np.int32)
