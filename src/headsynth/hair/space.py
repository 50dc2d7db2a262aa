"""The space around the template's skin as a grid: how far the skin is, and which vertex is next.

The grid covers the template down to the chest; its step is by eye.
"""

from dataclasses import dataclass

import numpy as np

_STEP = 0.006  # metres between nodes
_LOW, _HIGH = np.array([0.0, -0.34, -0.24]), np.array([0.24, 0.21, 0.21])  # of the left half
_BLOCK = 4  # nodes a side that share their candidates
_NEAR = 0.012  # metres within which the distance is the one to the tangent plane
_AXES = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)], np.int32)


@dataclass(frozen=True)
class Space:
    """Nodes of a regular grid that is its own mirror image."""

    low: np.ndarray  # (3,) float32 metres, the first node
    shape: np.ndarray  # (3,) int32
    values: np.ndarray  # (n, 4) float32: metres from the skin, negative inside; its gradient
    nearest: np.ndarray  # (n,) the vertex next to each node

    @classmethod
    def of(cls, template: np.ndarray, triangles: np.ndarray, normals: np.ndarray, mirror: np.ndarray) -> "Space":
        """template, normals: (V, 3); triangles: of the skin; mirror: (V,) the row of each vertex's mirror image."""
        points, directions, rows = _dense(template, triangles, normals)
        shape = (np.ceil((_HIGH - _LOW) / _STEP / _BLOCK) * _BLOCK).astype(int) + 1
        axes = [low + _STEP * np.arange(count) for low, count in zip(_LOW, shape, strict=True)]
        nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).astype(np.float32)
        index = _nearest(nodes, points)
        offset = nodes - points[index]
        along = np.einsum("xyzc,xyzc->xyz", offset, directions[index])
        length = np.linalg.norm(offset, axis=3)
        distance = np.where(length < _NEAR, along, np.sign(along) * length)
        nearest = rows[index]
        distance = np.concatenate((distance[:0:-1], distance))
        nearest = np.concatenate((mirror[nearest[:0:-1]], nearest))
        gradient = np.gradient(distance, _STEP)
        gradient[0][shape[0] - 1] = 0.0
        values = np.stack((distance, *gradient), axis=-1).astype(np.float32)
        values[..., 1:] /= np.maximum(np.linalg.norm(values[..., 1:], axis=-1, keepdims=True), 0.3)
        low = np.array([-axes[0][-1], *_LOW[1:]], np.float32)
        return cls(low, np.array(distance.shape, np.int32), values.reshape(-1, 4), nearest.ravel())

    def nodes(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, 3) metres -> (N, 8) the nodes around and (N, 8) their weights; outside, the border's."""
        place = (points - self.low) * np.float32(1.0 / _STEP)
        place = np.clip(place, 0.0, (self.shape - 1.001).astype(np.float32)).astype(np.float32)
        first = place.astype(np.int32)
        part = place - first
        strides = np.array([self.shape[1] * self.shape[2], self.shape[2], 1], np.int32)
        index = (first @ strides)[:, None] + (_AXES @ strides)
        both = np.stack((1.0 - part, part))  # (2, N, 3)
        weights = both[_AXES[:, 0], :, 0] * both[_AXES[:, 1], :, 1] * both[_AXES[:, 2], :, 2]
        return index, weights.T

    def look(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, 3) -> (N,) metres from the skin and (N, 3) the unit direction away from it."""
        index, weights = self.nodes(points)
        values = np.einsum("nk,nkc->nc", weights, self.values[index])
        away = values[:, 1:]
        return values[:, 0], away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)

    def next_to(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) -> (N,) rows of the vertices next to these places."""
        index, weights = self.nodes(points)
        return self.nearest[np.take_along_axis(index, weights.argmax(axis=1)[:, None], axis=1)[:, 0]]

    def spread(self, points: np.ndarray, of_vertices: np.ndarray) -> np.ndarray:
        """(N, 3), (V, k) values of vertices -> (N, k) at places in space: those of the vertices next to them."""
        index, weights = self.nodes(points)
        return np.einsum("nk,nkc->nc", weights, of_vertices[self.nearest[index]])


def _dense(
    template: np.ndarray, triangles: np.ndarray, normals: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, unit normals and next vertices: corners, middles of edges and of triangles, on the left."""
    triangles = triangles[(template[triangles][..., 0] > -0.012).all(axis=1)]
    triangles = triangles[(template[triangles][..., 1] > _LOW[1] - 0.05).all(axis=1)]
    weights = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]], np.float32)
    corners = np.unique(triangles)
    points, directions, rows = [template[corners]], [normals[corners]], [corners]
    for weight in weights[1:]:
        points.append(np.einsum("k,fkc->fc", weight, template[triangles]))
        directions.append(np.einsum("k,fkc->fc", weight, normals[triangles]))
        rows.append(triangles[:, weight.argmax()])
    away = np.concatenate(directions)
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    return np.concatenate(points), away, np.concatenate(rows)


def _nearest(nodes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(X, Y, Z, 3) nodes of a grid -> (X, Y, Z) the row of the nearest of (N, 3) points."""
    index = np.zeros(nodes.shape[:3], np.int64)
    norm = (points**2).sum(axis=1)
    reach = np.sqrt(3.0) * (_BLOCK - 1) * _STEP
    for x in range(0, nodes.shape[0], _BLOCK):
        for y in range(0, nodes.shape[1], _BLOCK):
            for z in range(0, nodes.shape[2], _BLOCK):
                cut = np.s_[x : x + _BLOCK, y : y + _BLOCK, z : z + _BLOCK]
                block = nodes[cut].reshape(-1, 3)
                square = norm - 2.0 * points @ block.mean(axis=0)
                centre = np.sqrt(np.maximum(square + (block.mean(axis=0) ** 2).sum(), 0.0))
                near = np.flatnonzero(centre <= centre.min() + reach)
                best = (norm[near] - 2.0 * block @ points[near].T).argmin(axis=1)
                index[cut] = near[best].reshape(nodes[cut].shape[:3])
    return index
