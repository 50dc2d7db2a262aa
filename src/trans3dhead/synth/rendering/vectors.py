"""Small operations on rows of vectors."""

import numpy as np


def unit(vectors: np.ndarray) -> np.ndarray:
    """(N, 3) -> (N, 3) of length one, same dtype; zero stays zero."""
    square = np.einsum("nc,nc->n", vectors, vectors)
    return vectors * (1.0 / np.sqrt(np.maximum(square, np.finfo(vectors.dtype).tiny)))[:, None].astype(vectors.dtype)


def dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(N, 3) twice -> (N,)."""
    return np.einsum("nc,nc->n", first, second)


def embree_triangles(triangles: np.ndarray) -> np.ndarray:
    """(F, 3) -> (F,) tuples: embreex reads them one by one in Python, five times faster than rows of an array."""
    corners = np.empty(len(triangles), dtype=object)
    corners[:] = list(map(tuple, triangles.tolist()))
    return corners


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V, 3), (F, 3) -> (V, 3) float32 unit normals, weighted by area; zero where no triangle touches."""
    corners = vertices[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.empty_like(vertices)
    flat = triangles.T.ravel()
    for axis in range(3):
        normals[:, axis] = np.bincount(flat, np.tile(faces[:, axis], 3), minlength=len(vertices))
    return unit(normals)
