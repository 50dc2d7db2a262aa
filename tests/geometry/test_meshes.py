import numpy as np
import pytest
import trimesh

from trans3dhead.geometry.meshes import triangle_areas, triangle_normals, vertex_normals
from trans3dhead.geometry.vectors import dot, unit

SPHERE = trimesh.creation.icosphere(subdivisions=3)


def test_normals_of_a_sphere_point_outwards():
    normals = vertex_normals(np.asarray(SPHERE.vertices), np.asarray(SPHERE.faces))
    assert (normals * SPHERE.vertices).sum(axis=1).min() > 0.999


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_normals_of_a_plate_and_of_no_triangles(dtype):
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [5, 5, 5]], dtype)
    normals = vertex_normals(vertices, np.array([[0, 1, 2]], np.int32))
    np.testing.assert_allclose(normals, [[0, 0, 1]] * 3 + [[0, 0, 0]])
    assert normals.dtype == dtype
    assert not vertex_normals(vertices, np.zeros((0, 3), np.int32)).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_normals_and_areas_of_triangles_are_numpys_cross_products(dtype):
    rng = np.random.default_rng(0)
    vertices, triangles = rng.normal(size=(9, 3)).astype(dtype), rng.integers(0, 9, (20, 3))
    corners = vertices[triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    np.testing.assert_array_equal(triangle_normals(vertices, triangles), across)
    np.testing.assert_array_equal(triangle_areas(vertices, triangles), np.linalg.norm(across, axis=1) / 2)


def test_unit_vectors_keep_their_direction_and_zero_stays():
    vectors = np.array([[3.0, 0, 4], [0, 0, 0], [-2, 0, 0]], np.float32)
    np.testing.assert_allclose(unit(vectors), [[0.6, 0, 0.8], [0, 0, 0], [-1, 0, 0]], rtol=1e-6)
    np.testing.assert_array_equal(dot(vectors, vectors[0]), [25, 0, -6])
