"""Nearest points on a mesh."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy", reason="the converter's extra is not installed")

from trans3dhead.head_model.anny.surface import closest_points


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_nearest_points_agree_with_trimesh(seed: int):
    from trimesh.triangles import closest_point

    random = np.random.default_rng(seed)
    vertices = random.normal(size=(12, 3))
    triangles = np.stack([random.permutation(12)[:3] for _ in range(20)])
    points = 2 * random.normal(size=(8, 3))
    found, rows, weights = closest_points(points, vertices, triangles)
    np.testing.assert_allclose((vertices[triangles[rows]] * weights[..., None]).sum(axis=1), found)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert weights.min() >= 0
    for point, nearest in zip(points, found, strict=True):
        every = closest_point(vertices[triangles], np.tile(point, (20, 1)))
        expected = np.linalg.norm(every - point, axis=1).min()
        np.testing.assert_allclose(np.linalg.norm(nearest - point), expected, atol=1e-9)
