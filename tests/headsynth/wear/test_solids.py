"""Shapes: volumes in closed form, orientation, closed surfaces; what is worn below the head follows the shoulders."""

import numpy as np
import pytest

from headsynth.people.person import Body
from headsynth.rendering.placement import Placement
from headsynth.wear.hull import Hull
from headsynth.wear.solids import Solid, bent_to_shoulders, border, ellipsoid, joined, revolved, shell, tube
from headsynth.wear.wardrobe import Wardrobe


def _volume(solid: Solid) -> float:
    corners = solid.vertices[solid.triangles]
    return float(np.einsum("nc,nc->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6.0)


_ANGLE = np.linspace(0.0, 2.0 * np.pi, 90, endpoint=False)
_CIRCLE = np.stack((np.cos(_ANGLE), np.sin(_ANGLE), 0.0 * _ANGLE), axis=1)
_LINE = np.linspace(0.0, 1.0, 9)[:, None] * [0.0, 0.0, 5.0]


@pytest.mark.parametrize(
    ("solid", "volume"),
    [
        (ellipsoid(np.ones(3), np.array([1.0, 2.0, 3.0]), 40, 60), 8.0 * np.pi),
        (tube(3.0 * _CIRCLE, 0.2, 40, closed=True), 2.0 * np.pi * 3.0 * np.pi * 0.04),
        (revolved(np.array([[1.0, 0.0], [0.001, 2.0]]), 60), 2.0 * np.pi / 3.0),
        (joined([ellipsoid(x * np.ones(3), np.ones(3), 40, 60) for x in (0.0, 5.0)]), 8.0 * np.pi / 3.0),
    ],
)
def test_volumes(solid: Solid, volume: float) -> None:
    """Open bottoms lie in the plane of the origin, so they add nothing."""
    assert _volume(solid) == pytest.approx(volume, rel=0.03)
    assert _volume(solid.mirrored()) == pytest.approx(volume, rel=0.03)


def test_a_straight_tube_is_a_cylinder_with_rounded_ends() -> None:
    cylinder = np.pi * 0.25 * 5.0
    assert cylinder * 0.97 < _volume(tube(_LINE, 0.5, 40)) < cylinder * 1.3
    assert _volume(tube(_LINE, 0.5, 40, flat=0.5)) == pytest.approx(0.5 * _volume(tube(_LINE, 0.5, 40)))


def test_a_shell_is_closed_and_as_thick_as_it_should_be() -> None:
    ball = ellipsoid(np.zeros(3), np.ones(3), 30, 40)
    patch = ball.triangles[200:1200]
    corners = ball.vertices[patch]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = float(np.linalg.norm(normals, axis=1).sum() / 2.0)
    cloth = shell(ball.vertices, patch, 0.01, 0.05)
    assert len(border(patch)) > 0
    assert len(border(cloth.triangles)) == 0
    assert _volume(cloth) == pytest.approx(area * 0.05 * 1.035**2, rel=0.03)


def test_a_hull_holds_its_points_and_moves_others_out(rng: np.random.Generator) -> None:
    points = rng.normal(size=(200, 3)) * [0.06, 0.09, 0.08]
    hull = Hull.of(points, np.zeros(3))
    length = np.linalg.norm(points, axis=1)
    assert (length <= hull.radius(points / length[:, None]) * (1.0 + 1e-5)).all()
    moved = hull.onto(points, 0.01)
    away = np.linalg.norm(moved, axis=1)
    assert (away >= hull.radius(moved / away[:, None]) + 0.01 - 1e-5).all()
    np.testing.assert_allclose(hull.onto(moved * 2.0, 0.01), moved * 2.0)


def test_what_hangs_on_the_shoulders_turns_with_them(wardrobe: Wardrobe) -> None:
    mesh, angle = wardrobe.mesh, 0.4
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    placement = Placement(np.eye(3), np.zeros(3), 300.0, np.zeros(2))
    body = Body(mesh.template, mesh.template, turn, placement)
    skin = mesh.template[mesh.pieces[0].rows].astype(np.float64)
    weights = mesh.neck.weights[mesh.pieces[0].rows]
    bent = bent_to_shoulders(skin, mesh, body)
    expected = mesh.neck.bend(skin, weights, turn)
    whole = weights == weights.max()
    assert np.linalg.norm(bent - expected, axis=1)[whole].mean() < 0.002
    np.testing.assert_array_equal(bent[skin[:, 1] > 0.0], skin[skin[:, 1] > 0.0])
