"""The z-buffer against a loop over pixels and triangles."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trans3dhead.inference.output.rasterize import rasterize


def naive(points: np.ndarray, triangles: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W) depth of the nearest triangle that faces the viewer; inf where there is none."""
    depth = np.full((size[1], size[0]), np.inf)
    for a, b, c in points[triangles]:
        area = (b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0]
        if area >= 0:
            continue
        for row in range(size[1]):
            for column in range(size[0]):
                p = np.array([column + 0.5, row + 0.5])
                edges = [
                    (q[:2] - p)[0] * (r[:2] - p)[1] - (q[:2] - p)[1] * (r[:2] - p)[0]
                    for q, r in ((b, c), (c, a), (a, b))
                ]
                weights = np.array(edges) / area
                if (weights >= 0).all():
                    depth[row, column] = min(depth[row, column], weights @ [a[2], b[2], c[2]])
    return depth


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_it_agrees_with_the_loop(seed):
    random = np.random.default_rng(seed)
    points = random.uniform(-4, 16, size=(12, 3))
    triangles = np.stack([random.permutation(12)[:3] for _ in range(8)])
    fragments = rasterize(points, triangles, (13, 11))
    depth = np.full((11, 13), np.inf)
    depth[fragments.rows, fragments.columns] = fragments.interpolate(points[:, 2:], triangles)[:, 0]
    expected = naive(points, triangles, (13, 11))
    same = np.isclose(depth, expected, atol=1e-3) | (np.isinf(depth) & np.isinf(expected))
    assert (~same).sum() <= 1  # a pixel centre on an edge may fall on either side


def test_each_pixel_is_seen_once_and_interpolation_is_linear():
    points = np.array([[0, 0, 1.0], [0, 10, 1], [10, 0, 1], [10, 10, 1]])
    triangles = np.array([[0, 1, 2], [2, 1, 3]])
    fragments = rasterize(points, triangles, (10, 10))
    assert len(set(zip(fragments.rows.tolist(), fragments.columns.tolist(), strict=True))) == len(fragments.rows) == 100
    x = fragments.interpolate(points[:, :1], triangles)[:, 0]
    np.testing.assert_allclose(x, fragments.columns + 0.5, atol=1e-5)


def test_nothing_to_see():
    away = np.array([[0, 0, 1.0], [10, 0, 1], [0, 10, 1]])
    assert not len(rasterize(away, np.array([[0, 1, 2]]), (10, 10)).rows)
    assert not len(rasterize(away - 100, np.array([[0, 2, 1]]), (10, 10)).rows)
