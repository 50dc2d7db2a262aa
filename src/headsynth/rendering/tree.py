"""Embree's tree over the triangles of some meshes: what rays meet first."""

from collections.abc import Iterable

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore import EmbreeDevice
from embreex.rtcore_scene import EmbreeScene

from headsynth.rendering.vectors import embree_triangles

Mesh = tuple[np.ndarray, np.ndarray, np.ndarray | None]  # (V, 3) vertices, (F, 3) triangles, `embree_triangles` of them


class Tree:
    """Meshes one after the other, their triangles numbered through."""

    def __init__(self, device: EmbreeDevice, meshes: Iterable[Mesh] = ()) -> None:
        # Not "robust", which costs every ray a fifth more: no ray of a million slips through an edge without it.
        self._embree = EmbreeScene(device, robust=False)
        self._starts = np.zeros(1, np.int32)
        for mesh in meshes:
            self.add(*mesh)

    def add(self, vertices: np.ndarray, triangles: np.ndarray, corners: np.ndarray | None = None) -> None:
        """One mesh more, before the first ray. vertices: (V, 3) metres; corners: `embree_triangles(triangles)`."""
        corners = embree_triangles(triangles) if corners is None else corners
        # Python's own numbers, since embreex reads them one by one.
        TriangleMesh(self._embree, vertices.astype(np.float32, copy=False).astype(object), corners)
        self._starts = np.append(self._starts, self._starts[-1] + np.int32(len(triangles)))

    def first(
        self, origins: np.ndarray, directions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """The nearest triangles along (N, 3) float32 rays.

        Returns the rows (n,) of the rays that meet one, its number (n,) int32, and Embree's own words on all N rays:
        barycentric `u` and `v`, and the distance `tfar`.
        """
        found = self._embree.run(origins, directions, output=1)
        met = np.flatnonzero(found["primID"] >= 0)
        return met, self._starts.take(found["geomID"].take(met)) + found["primID"].take(met), found
