"""Meshes of signed distances: closed forms and closed surfaces."""

import numpy as np

from headsynth.wear.hands.implicit import blended, mesh_of, round_cone

_AXES = tuple(np.arange(-0.05, 0.05, 0.004) for _ in range(3))


def _volume(vertices: np.ndarray, triangles: np.ndarray) -> float:
    a, b, c = vertices[triangles].transpose(1, 0, 2).astype(np.float64)
    return float(np.einsum("nc,nc->n", a, np.cross(b, c)).sum() / 6.0)


def test_a_ball_has_its_radius_and_its_volume() -> None:
    vertices, triangles = mesh_of(lambda p: np.linalg.norm(p, axis=-1) - np.float32(0.03), _AXES)
    np.testing.assert_allclose(np.linalg.norm(vertices, axis=1), 0.03, atol=1e-5)
    assert 0.97 < _volume(vertices, triangles) / (4.0 / 3.0 * np.pi * 0.03**3) < 1.0  # positive: faces look outwards


def test_every_edge_belongs_to_two_triangles() -> None:
    def bone(points: np.ndarray) -> np.ndarray:
        ends = (-0.02, 0.0, 0.0), (0.02, 0.01, 0.0)
        return blended(
            [round_cone(points, *ends, 0.012, 0.008), round_cone(points, (0, 0, 0), (0, -0.02, 0), 0.01, 0.01)], 0.01
        )

    _, triangles = mesh_of(bone, _AXES)
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    assert {tuple(edge) for edge in edges.tolist()} == {(b, a) for a, b in edges.tolist()}


def test_a_round_cone_is_the_ball_at_its_ends() -> None:
    points = np.array([[0.0, -0.05, 0.0], [0.0, 0.09, 0.0], [0.02, 0.02, 0.0]], np.float32)
    distance = round_cone(points, (0.0, 0.0, 0.0), (0.0, 0.04, 0.0), 0.01, 0.006)
    np.testing.assert_allclose(distance, [0.04, 0.044, 0.02 - 0.008], atol=1e-6)


def test_blending_only_adds() -> None:
    first, second = np.linspace(-1.0, 1.0, 41), np.linspace(1.0, -1.0, 41)
    together = blended([first, second], 0.3)
    assert (together <= np.minimum(first, second)).all()
    np.testing.assert_array_equal(together[[0, -1]], [-1.0, -1.0])  # far from the seam nothing changes
