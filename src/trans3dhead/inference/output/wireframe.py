"""The lines of a mesh that a viewer sees."""

from functools import lru_cache

import cv2
import numpy as np

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.head import Head

_RASTER_SIDE = 960  # pixels of the picture in which it is decided what hides what
_BITS = 4  # of a fraction of its pixels
_SMALLEST = 1e-9  # pixels, of a head that is a point


def seen_edges(head: Head) -> np.ndarray:
    """(E, 2) vertices: the edges of all triangles of which something is seen on the photograph, each once.

    Of the head alone, without its neck and the inside of its mouth. The diagonals of a mesh of quads are left out.
    """
    model = head.head_model
    triangles = shown_triangles(model)
    seen = _seen(head.projected, head.vertices @ head.pose.rotation[2], triangles)
    return _drawn(np.unique(_edges(triangles[seen]), axis=0), model)


def _seen(projected: np.ndarray, depth: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V, 2) pixels, (V,) away from the camera, (F, 3) -> which triangles no other hides, seen from outside.

    By painting them over one another, the nearest last: a tenth of a z-buffer's time, and triangles of a head are so
    small that their middles tell which of two is nearer.
    """
    used = projected[np.unique(triangles)]
    low, high = used.min(axis=0), used.max(axis=0)
    size = max(float((high - low).max()), _SMALLEST)
    corners = ((projected - low) * _RASTER_SIDE / size)[triangles]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    facing = np.flatnonzero(first[:, 0] * second[:, 1] < first[:, 1] * second[:, 0])
    painted = facing[np.argsort(-depth[triangles[facing]].mean(axis=1), kind="stable")]
    canvas = np.full((_RASTER_SIDE, _RASTER_SIDE), -1, np.int32)
    pixel_centres = np.round((corners[painted] - 0.5) * 2**_BITS).astype(np.int32)  # OpenCV's are integers
    for number, polygon in zip(painted.tolist(), pixel_centres, strict=True):
        cv2.fillConvexPoly(canvas, polygon, number, cv2.LINE_8, _BITS)
    return np.unique(canvas[canvas >= 0])


def shown_edges(model: NumpyHeadModel) -> np.ndarray:
    """(E, 2) vertices: of the whole head the edges that `seen_edges` chooses from."""
    return _drawn(np.unique(_edges(shown_triangles(model)), axis=0), model)


def _drawn(edges: np.ndarray, model: NumpyHeadModel) -> np.ndarray:
    """(N, 2) -> (E, 2) those outside of the mouth that cut no quad in two."""
    outside = np.ones(len(model.template), dtype=bool)
    outside[model.subsets.get("mouth", [])] = False
    edges = edges[outside[edges].any(axis=1)]
    return edges[~np.isin(_keys(edges, model), _diagonals(model))]


def shown_triangles(model: NumpyHeadModel) -> np.ndarray:
    """(F, 3) the triangles of the head without its neck."""
    shown = np.zeros(len(model.template), dtype=bool)
    shown[model.subsets["head"]] = True
    return model.triangles[shown[model.triangles].all(axis=1)]


@lru_cache(maxsize=4)
def _diagonals(model: NumpyHeadModel) -> np.ndarray:
    """The keys of the edges that cut quads in two, where triangles come in pairs that share an edge; else none."""
    pairs = len(model.triangles) // 2
    if len(model.triangles) != 2 * pairs:
        return np.zeros(0, np.int64)
    keys = np.sort(_keys(_edges(model.triangles), model).reshape(pairs, 6), axis=1)
    twice = keys[:, 1:] == keys[:, :-1]
    return keys[:, 1:][twice] if (twice.sum(axis=1) == 1).all() else np.zeros(0, np.int64)


def _edges(triangles: np.ndarray) -> np.ndarray:
    """(F, 3) -> (3 F, 2) the sides of each, the smaller vertex first."""
    sides = np.stack((triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]), axis=1)
    return np.sort(sides.reshape(-1, 2), axis=1)


def _keys(edges: np.ndarray, model: NumpyHeadModel) -> np.ndarray:
    """(E, 2) -> (E,) a number for each edge."""
    return edges[:, 0].astype(np.int64) * len(model.template) + edges[:, 1]
