"""Small operations on rows of vectors."""

import numpy as np


def unit(vectors: np.ndarray) -> np.ndarray:
    """(N, 3) -> (N, 3) of length one, same dtype; zero stays zero."""
    length = np.sqrt(np.maximum(dot(vectors, vectors), np.finfo(vectors.dtype).tiny))
    return vectors / length[:, None]


def dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(N, 3), and (N, 3) or (3,) -> (N,). Column by column: half the time of einsum on rows this short."""
    total = first[:, 0] * second[..., 0]
    total += first[:, 1] * second[..., 1]
    total += first[:, 2] * second[..., 2]
    return total


def weighted(weights: np.ndarray, values: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Barycentric interpolation: weights (N, 3), values (V, k), corners (N, 3) rows of values -> (N, k)."""
    total = values.take(corners[:, 0], axis=0) * weights[:, :1]
    for corner in (1, 2):
        total += values.take(corners[:, corner], axis=0) * weights[:, corner : corner + 1]
    return total


def cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(N, 3), and (N, 3) or (3,) -> (N, 3): NumPy's own takes three times as long."""
    x, y, z = first.T
    u, v, w = second.T
    product = np.empty(first.shape, np.result_type(first, second))
    product[:, 0], product[:, 1], product[:, 2] = y * w - z * v, z * u - x * w, x * v - y * u
    return product


def smoothstep(values: np.ndarray, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """Smooth from 0 at `low` to 1 at `high`, of any shape; low may be the larger."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def embree_triangles(triangles: np.ndarray) -> np.ndarray:
    """(F, 3) -> (F,) tuples: embreex reads them one by one in Python, five times faster than rows of an array."""
    return np.fromiter(zip(*triangles.T.tolist(), strict=True), dtype=object, count=len(triangles))


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V, 3), (F, 3) -> (V, 3) float32 unit normals, weighted by area; zero where no triangle touches."""
    columns, corners = np.ascontiguousarray(vertices.T), np.ascontiguousarray(triangles.T)
    first = [column.take(corners[0]) for column in columns]
    p = [column.take(corners[1]) - origin for column, origin in zip(columns, first, strict=True)]
    q = [column.take(corners[2]) - origin for column, origin in zip(columns, first, strict=True)]
    normals, flat = np.empty_like(vertices), corners.ravel()
    for axis, (u, v) in enumerate(((1, 2), (2, 0), (0, 1))):
        across = p[u] * q[v] - p[v] * q[u]
        normals[:, axis] = np.bincount(flat, np.concatenate((across, across, across)), minlength=len(vertices))
    return unit(normals)
