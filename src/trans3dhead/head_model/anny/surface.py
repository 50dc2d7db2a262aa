"""Nearest points on a triangle mesh, with their triangle and barycentric weights."""

import numpy as np


def closest_points(
    points: np.ndarray, vertices: np.ndarray, triangles: np.ndarray, candidates: int = 40
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The nearest surface point of each of the (N, 3) points, among the triangles with the nearest centres.

    Returns (N, 3) positions, (N,) triangle indices and (N, 3) barycentric weights, >= 0, summing to one.
    """
    from scipy.spatial import KDTree

    corners = vertices[triangles]
    count = min(candidates, len(triangles))
    _, near = KDTree(corners.mean(axis=1)).query(points, k=count)
    near = near.reshape(len(points), count)
    weights = _barycentric(points[:, None], corners[near])
    found = (corners[near] * weights[..., None]).sum(axis=2)
    best = np.linalg.norm(found - points[:, None], axis=-1).argmin(axis=1)
    rows = np.arange(len(points))
    return found[rows, best], near[rows, best], weights[rows, best]


def _barycentric(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Weights of the nearest point of each triangle. points: (..., 3); corners: (..., 3, 3) -> (..., 3)."""
    inside = _plane_weights(points, corners)
    options = [np.where((inside >= 0).all(axis=-1, keepdims=True), inside, np.nan)]
    for first, second in ((0, 1), (1, 2), (2, 0)):
        start, edge = corners[..., first, :], corners[..., second, :] - corners[..., first, :]
        along = ((points - start) * edge).sum(axis=-1) / np.maximum((edge * edge).sum(axis=-1), 1e-24)
        option = np.zeros_like(inside)
        option[..., second] = np.clip(along, 0, 1)
        option[..., first] = 1 - option[..., second]
        options.append(option)
    stacked = np.stack(options)
    distance = np.linalg.norm((corners * stacked[..., None]).sum(axis=-2) - points, axis=-1)
    best = np.where(np.isnan(distance), np.inf, distance).argmin(axis=0)
    return np.take_along_axis(stacked, best[None, ..., None], axis=0)[0]


def _plane_weights(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Barycentric weights of the foot of each point in the plane of its triangle; negative outside."""
    u, v = corners[..., 1, :] - corners[..., 0, :], corners[..., 2, :] - corners[..., 0, :]
    w = points - corners[..., 0, :]
    uu, vv, uv = (u * u).sum(-1), (v * v).sum(-1), (u * v).sum(-1)
    wu, wv = (w * u).sum(-1), (w * v).sum(-1)
    scale = np.maximum(uu * vv - uv * uv, 1e-30)
    second, third = (vv * wu - uv * wv) / scale, (uu * wv - uv * wu) / scale
    return np.stack((1 - second - third, second, third), axis=-1)
