"""Where the skin of one head is, for things that lie on it: how far out a point must go to leave it.

The one distance need only be large.
"""

from functools import cache

import numpy as np
from embreex.rtcore import EmbreeDevice

from headsynth.people.base_mesh import BaseMesh
from headsynth.rendering.tree import Tree
from trans3dhead.geometry.vectors import unit

_FAR = 0.5  # metres, farther out than any part of a head is from another


@cache
def _device() -> EmbreeDevice:
    return EmbreeDevice()


class SkinSurface:
    """Skin and eyeballs of a head and its neck, head space; worn things may be added to it."""

    def __init__(self, mesh: BaseMesh, vertices: np.ndarray) -> None:
        """vertices: (V, 3) of the base mesh, metres, as they are drawn."""
        piece = mesh.head_piece
        self._tree = Tree(_device(), [(vertices[piece.rows], piece.triangles, piece.corners)])

    def add(self, vertices: np.ndarray, triangles: np.ndarray) -> None:
        """What is worn counts as skin from now on. vertices: (V, 3) metres, head space; triangles: (F, 3)."""
        self._tree.add(vertices, triangles)

    def depth(self, points: np.ndarray, outward: np.ndarray) -> np.ndarray:
        """(N,) metres from points (N, 3) along unit directions (3,) or (N, 3) to the outermost skin on that line.

        Positive for what is covered by skin, negative for what is out of it, -inf where the line misses the head.
        """
        outward = np.broadcast_to(np.asarray(outward, np.float32), points.shape)
        origins = np.ascontiguousarray(points + outward * np.float32(_FAR), np.float32)
        met, _, found = self._tree.first(origins, np.ascontiguousarray(-outward))
        depth = np.full(len(points), -np.inf)
        depth[met] = _FAR - found["tfar"].take(met)
        return depth

    def outermost(self, origin: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """(N,) metres from one point (3,) inside the head to the last skin along unit directions (N, 3); 0 for none."""
        depth = self.depth(np.broadcast_to(np.asarray(origin, np.float32), directions.shape), directions)
        return np.maximum(depth, 0.0)

    def pushed_out(self, points: np.ndarray, outward: np.ndarray, gap: float) -> np.ndarray:
        """(N, 3) points, those nearer than `gap` metres to the skin along `outward` moved out to it."""
        move = np.maximum(self.depth(points, outward) + gap, 0.0)
        return points + move[:, None] * np.broadcast_to(unit(np.atleast_2d(outward)), points.shape)
