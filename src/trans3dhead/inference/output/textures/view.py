"""A head on its photograph: where each vertex lies, and how well it is seen."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.inference.output.rasterize import rasterize

_CLOSE = 640  # pixels of the head's longer side: larger photographs are made smaller, as the texture is no finer
_DEPTH_SIDE = 256  # pixels of the head's longer side in the picture of depths
_HIDDEN = 0.006  # metres behind what is seen from which a point is hidden
_GRAZING, _FACING = 0.2, 0.65  # cosines from the line of sight to the normal: not trusted, trusted fully
_RIM = 7  # pixels of that picture: half of it along the outline is not trusted, as the background may show there
_PULL = 0.012  # metres from a landmark at which half of its pull is left


@dataclass(frozen=True, eq=False)
class View:
    """A head on its photograph."""

    image: np.ndarray  # (H, W, 3) uint8 RGB
    projected: np.ndarray  # (V, 2) pixels: the vertices on it
    turned: np.ndarray  # (V, 3) metres: the vertices in camera space (x right, y down, z away)

    def closer(self) -> "View":
        """The part that shows the head, made smaller where it is finer than any texture of it could be."""
        height, width = self.image.shape[:2]
        low = np.clip(np.floor(self.projected.min(axis=0)) - 2, 0, (width - 1, height - 1)).astype(int)
        high = np.clip(np.ceil(self.projected.max(axis=0)) + 2, low + 1, (width, height)).astype(int)
        part = self.image[low[1] : high[1], low[0] : high[0]]
        zoom = min(1.0, _CLOSE / float(np.ptp(self.projected, axis=0).max()))
        if zoom < 1.0:
            size = np.maximum(np.round((high - low) * zoom), 1).astype(int)
            part = cv2.resize(part, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
        scale = np.array(part.shape[1::-1]) / (high - low)
        return View(part, (self.projected - low) * scale, self.turned)

    def pulled(self, corners: np.ndarray, weights: np.ndarray, landmarks: np.ndarray) -> "View":
        """The same with the vertices moved so that the mesh's landmarks come to lie on others.

        corners, weights: (L, 3) vertices and barycentric weights of the mesh's; landmarks: (L, 2) pixels of `image`.
        """
        on_mesh, at = ((points[corners] * weights[..., None]).sum(axis=1) for points in (self.turned, self.projected))
        squared = np.square(self.turned[:, None] - on_mesh).sum(axis=2)  # (V, L)
        near = 1.0 / (squared + 1e-8) ** 2
        pull = near @ (landmarks - at) / (near.sum(axis=1, keepdims=True) + 1.0 / _PULL**4)
        return replace(self, projected=self.projected + pull)

    def trust(self, triangles: np.ndarray) -> np.ndarray:
        """(V,) 0..1: how well the photograph shows each vertex. Nothing hides it, and it is not seen from the side."""
        facing = -vertex_normals(self.turned, triangles)[:, 2]
        trust = np.clip((facing - _GRAZING) / (_FACING - _GRAZING), 0.0, 1.0)
        height, width = self.image.shape[:2]
        inside = ((self.projected >= 0.0) & (self.projected <= (width, height))).all(axis=1)
        return trust * inside * (self.turned[:, 2] < self._nearest_depth(triangles) + _HIDDEN)

    def _nearest_depth(self, triangles: np.ndarray) -> np.ndarray:
        """(V,) the depth of what is seen where each vertex is projected to, metres; -inf along the head's outline."""
        at = self.turned[:, :2] - self.turned[:, :2].min(axis=0)
        at *= _DEPTH_SIDE / at.max()
        size = np.ceil(at.max(axis=0)).astype(int) + 1
        points = np.column_stack((at, self.turned[:, 2]))
        seen = rasterize(points, triangles, (int(size[0]), int(size[1])))
        depth = np.full(size[::-1], np.inf)
        depth[seen.rows, seen.columns] = seen.interpolate(points[:, 2:], triangles)[:, 0]
        covered = np.pad(np.isfinite(depth).astype(np.uint8), _RIM)
        inner = cv2.erode(covered, np.ones((_RIM, _RIM), np.uint8))[_RIM:-_RIM, _RIM:-_RIM]
        depth[inner == 0] = -np.inf
        column, row = at.astype(int).T
        return depth[row, column]
