"""Which lines of a mesh are seen."""

import numpy as np
import pytest

from toy_heads import toy_head
from trans3dhead.head_model import HeadModel
from trans3dhead.inference.output.rasterize import rasterize
from trans3dhead.inference.output.wireframe import _seen, seen_edges, shown_triangles


def sides(triangles: np.ndarray) -> set[tuple[int, int]]:
    return {tuple(sorted((int(t[i]), int(t[i - 1])))) for t in triangles for i in range(3)}


def test_edges_are_the_heads_own_once_each(toy):
    edges = seen_edges(toy_head(toy, (100, 100, 200, 260)))
    assert len(np.unique(edges, axis=0)) == len(edges)
    assert set(map(tuple, edges.tolist())) <= sides(shown_triangles(toy))


def test_size_and_place_on_the_photograph_do_not_matter(toy):
    near, far = (seen_edges(toy_head(toy, box)) for box in ((100, 100, 200, 260), (-900, 40, 20, 26)))
    np.testing.assert_array_equal(near, far)


@pytest.mark.parametrize("yaw", [0.0, 70.0, 180.0])
def test_what_is_painted_last_is_what_a_z_buffer_sees(yaw):
    head = toy_head(HeadModel.shipped("anny"), (0, 0, 800, 1000), euler=(10.0, yaw, 0.0))
    triangles = shown_triangles(head.head_model)
    depth = head.vertices @ head.pose.rotation[2]
    fragments = rasterize(np.column_stack((head.projected, depth)), triangles, (900, 1100))
    seen = _seen(head.projected, depth, triangles)
    assert np.isin(fragments.triangles, seen).mean() > 0.99  # of the head's pixels
    assert np.isin(seen, fragments.triangles).mean() > 0.92  # slivers at its rim cover none


def test_the_shipped_head_from_the_front():
    """The far side and the inside of the mouth are not drawn, and its quads have no diagonals."""
    torch_model = HeadModel.shipped("anny")
    head = toy_head(torch_model, (100, 100, 200, 260))
    edges = seen_edges(head)
    first, second = torch_model.triangles[0].tolist(), torch_model.triangles[1].tolist()
    diagonal = tuple(sorted(set(first) & set(second)))
    assert len(diagonal) == 2
    every = seen_edges(toy_head(torch_model, (100, 100, 200, 260), euler=(0.0, 180.0, 0.0)))
    assert diagonal not in set(map(tuple, np.concatenate((edges, every)).tolist()))
    depth = head.vertices @ head.pose.rotation[2]
    subsets = head.head_model.subsets
    assert np.median(depth[np.unique(edges)]) < np.median(depth[subsets["head"]])
    assert not np.isin(edges, subsets["mouth"]).all(axis=1).any()
    quads = len(torch_model.triangles) // 2
    assert len(seen_edges(head)) < 2 * quads  # a closed mesh has two edges for each of its quads
