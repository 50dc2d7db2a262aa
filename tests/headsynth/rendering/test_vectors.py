import numpy as np

from headsynth.rendering.vectors import cross, vertex_normals


def test_cross_is_numpys(rng: np.random.Generator) -> None:
    first, second = rng.normal(size=(2, 7, 3)).astype(np.float32)
    np.testing.assert_allclose(cross(first, second), np.cross(first, second), rtol=1e-6)
    np.testing.assert_allclose(cross(first, second[0]), np.cross(first, second[0]), rtol=1e-6)
    assert cross(first, second).dtype == np.float32


def test_normals_of_a_plate_and_of_no_triangles() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [5, 5, 5]], np.float32)
    normals = vertex_normals(vertices, np.array([[0, 1, 2]], np.int32))
    np.testing.assert_allclose(normals, [[0, 0, 1]] * 3 + [[0, 0, 0]])
    assert not vertex_normals(vertices, np.zeros((0, 3), np.int32)).any()
