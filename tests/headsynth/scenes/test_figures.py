"""Bodies: closed, outside out, in proportion, and the head never moves with the arms."""

import numpy as np
import pytest

from headsynth.scenes import figures
from headsynth.scenes.figures import Arm, Build, Legs
from headsynth.scenes.furniture import box, chair
from headsynth.wear.solids import Solid
from headsynth.wear.wardrobe import Wardrobe

_HANGING = Arm(27.0, 0.0, (0.0, -1.0, 0.0))


def _build(stature: float = 1.72) -> Build:
    outline = np.full(figures._AROUND, 0.14)
    return Build(stature, 0.119, 1.0, np.array([0.15, 0.11, 0.0, -0.015]), outline)


def _volume(solid: Solid) -> float:
    a, b, c = (solid.vertices[solid.triangles[:, corner]] for corner in range(3))
    return float(np.einsum("nc,nc->n", a, np.cross(b, c)).sum() / 6.0)


def test_lofted_bodies_have_the_volume_of_their_rings() -> None:
    """Positive: the triangles face outwards. An elliptic cylinder's volume is known."""
    rings = np.array([[0.0, 0.0, 0.0, 0.2, 0.1], [0.0, 1.0, 0.0, 0.2, 0.1]])
    assert _volume(figures.lofted(rings, around=96, square=2.0)) == pytest.approx(np.pi * 0.02, rel=0.01)


@pytest.mark.parametrize("side", [(0.1, 0.2, 0.3), (1.0, 1.0, 1.0)])
def test_boxes_have_the_volume_of_their_sides(side: tuple[float, float, float]) -> None:
    assert _volume(box((0.0, 0.0, 0.0), side)) == pytest.approx(np.prod(side))


@pytest.mark.parametrize("kind", ["chair", "round chair", "stool", "block"])
def test_seats_are_as_high_as_asked_and_stand_on_the_ground(kind: str, rng: np.random.Generator) -> None:
    solids = chair(rng, 0.47, 1.0, kind)
    assert solids[0].vertices[:, 1].max() == pytest.approx(0.47)
    assert min(solid.vertices[:, 1].min() for solid in solids) == pytest.approx(0.0, abs=0.02)


def test_a_trunk_goes_from_the_chest_to_the_seat() -> None:
    trunk = figures.trunk(_build(), -0.80)
    assert _volume(trunk) > 0.01
    assert trunk.vertices[:, 1].min() == pytest.approx(-0.80)
    top = trunk.vertices[trunk.vertices[:, 1] > figures.CHEST]
    reach = np.hypot(top[:, 0], top[:, 2] + 0.015)
    assert reach.max() == pytest.approx(0.14, abs=0.002)  # the outline, not the ellipse


@pytest.mark.parametrize("stature", [1.1, 1.5, 1.95])
def test_who_stands_stands_on_the_ground(stature: float, rng: np.random.Generator) -> None:
    build = _build(stature)
    legs = Legs.standing(build, build.ground + 0.515 * stature, rng)
    low = min(shoe.vertices[:, 1].min() for shoe in legs.shoes(build))
    assert low == pytest.approx(build.ground, abs=0.02)
    assert (legs.knees[:, 1] > legs.ankles[:, 1]).all()
    assert (legs.hips[:, 1] > legs.knees[:, 1]).all()


def test_who_sits_has_the_thighs_ahead(rng: np.random.Generator) -> None:
    legs = Legs.sitting(_build(), -0.75, rng)
    assert (legs.knees[:, 2] - legs.hips[:, 2] > 0.3).all()
    assert (np.abs(legs.knees[:, 1] - legs.hips[:, 1]) < 0.1).all()


def test_arms_move_without_the_head(wardrobe: Wardrobe) -> None:
    mesh = wardrobe.mesh
    moved = figures.with_arms(mesh, mesh.template, (_HANGING, _HANGING))
    np.testing.assert_array_equal(moved[mesh.neck.weights < 0.9], mesh.template[mesh.neck.weights < 0.9])
    (before, _), (right, _) = figures.elbows(mesh, mesh.template)
    (after, _), _ = figures.elbows(mesh, moved)
    assert after[0] < before[0] - 0.08
    assert after[1] < before[1] - 0.03
    np.testing.assert_allclose(right * [-1.0, 1.0, 1.0], before, atol=1e-4)
    # An upper arm keeps its length.
    lengths = [np.linalg.norm(end - figures.SHOULDER) for end in (before, after)]
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-3)


def test_children_are_smaller(rng: np.random.Generator) -> None:
    ages = [4.0, 8.0, 12.0, 30.0]
    means = [np.mean([figures.stature(age, 0.5, rng) for _ in range(200)]) for age in ages]
    assert (np.diff(means) > 0.1).all()
    assert means[-1] == pytest.approx(1.705, abs=0.02)
