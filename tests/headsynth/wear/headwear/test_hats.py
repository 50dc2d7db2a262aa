"""Headwear is outside of the skin, hides the hair beneath and no other, and is drawn as often as its table says."""

from collections.abc import Callable

import numpy as np
import pytest

from headsynth.ingredients import ALL, Streams
from headsynth.people.person import Body, Person
from headsynth.people.poses import sample_view
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Part, Scene
from headsynth.wear import earwear, glasses
from headsynth.wear.accessory import pressed
from headsynth.wear.headwear import hats
from headsynth.wear.headwear.fit import COLUMNS, Fit
from headsynth.wear.popularity import Popularity
from headsynth.wear.wardrobe import Wardrobe
from trans3dhead.geometry.vectors import unit

_CLOSED = ("cap", "beanie", "fedora", "bucket hat", "sun hat", "bandana", "bike helmet", "hard hat", "turban")
_TABLES = {"headwear": hats, "ears": earwear, "glasses": glasses}


def _person(wardrobe: Wardrobe, index: int) -> Person:
    streams = Streams(8, index)
    return Person.sample(streams, wardrobe.head, wardrobe.mesh, sample_view(streams["view"], 96), ALL)


def _in_head_space(person: Person, part: Part) -> np.ndarray:
    placement = person.body.placement
    return (part.vertices - placement.translation) @ placement.rotation


def _skin(wardrobe: Wardrobe, person: Person) -> Scene:
    piece = wardrobe.mesh.pieces[0]
    vertices = person.body.posed[piece.rows].astype(np.float32)
    uvs, look = np.zeros((1, 2), np.float32), glasses._acetate(np.random.default_rng(0))
    return Scene([Part("skin", vertices, piece.triangles, uvs, 0 * piece.triangles, look, 1)])


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("kind", [*_CLOSED, "headband", "party hat"])
def test_hats_are_a_millimetre_outside_of_the_skin(wardrobe: Wardrobe, kind: str, index: int) -> None:
    person = _person(wardrobe, index)
    worn = hats.make_kind(kind, Streams(9, index)["hat"], wardrobe, person)
    skin, middle = _skin(wardrobe, person), person.body.posed[wardrobe.sites.skull].mean(axis=0)
    if isinstance(worn.lid, Fit):
        middle = worn.lid.hull.centre
    for part in worn.parts:
        if part.name == "straps":  # under the chin, not on the skull
            continue
        points = _in_head_space(person, part)
        points = points[points[:, 1] > middle[1] - 0.05]  # rays from below meet the shoulders
        away = unit(points - middle)
        assert skin.clearance(points - 0.001 * away, away).all(), part.name


@pytest.mark.parametrize("index", range(2))
@pytest.mark.parametrize("kind", ["hijab", "hood"])
def test_scarves_are_outside_of_head_and_ears(wardrobe: Wardrobe, kind: str, index: int) -> None:
    person = _person(wardrobe, index)
    worn = hats.make_kind(kind, Streams(9, index)["hat"], wardrobe, person)
    posed, sites, skin = person.body.posed, wardrobe.sites, _skin(wardrobe, person)
    middle = posed[sites.skull].mean(axis=0)
    for part in worn.parts:
        points = _in_head_space(person, part)
        points = points[points[:, 1] > posed[sites.mouth[0], 1]]
        away = unit(points - middle)
        assert skin.clearance(points - 0.001 * away, away).all()
    assert worn.cover is not None
    assert worn.cover.all()


@pytest.mark.parametrize("kind", _CLOSED)
def test_what_a_hat_covers_is_under_it(wardrobe: Wardrobe, kind: str) -> None:
    person = _person(wardrobe, 1)
    worn = hats.make_kind(kind, Streams(9, 1)["hat"], wardrobe, person)
    assert worn.cover is not None
    assert isinstance(worn.lid, Fit)
    posed = person.body.posed
    rows = wardrobe.sites.skull[worn.cover[wardrobe.sites.skull]]
    assert len(rows) > 100
    hat = Scene(worn.parts)
    away = (posed[rows] - worn.lid.hull.centre) * [1.0, 0.0, 1.0]  # level, so as to stay as far above the rim
    deep = worn.lid.above(posed[rows]) > 0.003
    rotation = person.body.placement.rotation
    origins = person.body.placement.to_camera(posed[rows][deep]).astype(np.float32)
    directions = unit((away[deep] @ rotation.T).astype(np.float32))
    assert (hat.clearance(origins, directions) == 0.0).all()
    brow, chin = posed[wardrobe.sites.brow], posed[wardrobe.sites.chin]
    assert not worn.lid.cover(np.stack((brow, chin))).any()


def test_hair_is_pressed_inwards_never_outwards(wardrobe: Wardrobe, rng: np.random.Generator) -> None:
    person = _person(wardrobe, 2)
    worn = hats.make_kind("cap", rng, wardrobe, person)
    fit = worn.lid
    assert isinstance(fit, Fit)
    away = unit(rng.normal(size=(3000, 3)))
    hair = fit.hull.centre + away * (fit.hull.radius(away) + rng.uniform(0.0, 0.06, 3000))[:, None]
    lying, hidden = fit.press(hair)
    before, after = (np.linalg.norm(points - fit.hull.centre, axis=1) for points in (hair, lying))
    assert (after <= before + 1e-9).all()
    assert (after[hidden] < fit.hull.radius(away[hidden]) + fit.gap).all()
    far = fit.above(hair) < -0.08
    np.testing.assert_array_equal(lying[far], hair[far])
    assert hidden.sum() > 500
    same, out_of_sight = pressed(hair, np.zeros(3000, np.int64), [worn])
    np.testing.assert_array_equal(same, lying)
    np.testing.assert_array_equal(out_of_sight, hidden)


def test_a_fit_is_symmetric_on_a_symmetric_head(wardrobe: Wardrobe) -> None:
    template = wardrobe.mesh.template
    placement = Placement(np.eye(3), np.zeros(3), 300.0, np.zeros(2))
    body = Body(template, template, np.eye(3), placement)
    dome = Fit.of(wardrobe.sites, body, 0.03, -0.02, 0.006).dome(9)
    mirrored = dome[:, (-np.arange(COLUMNS)) % COLUMNS] * [-1.0, 1.0, 1.0]
    np.testing.assert_allclose(dome, mirrored, atol=2e-4)


@pytest.mark.parametrize("attribute", _TABLES)
def test_each_kind_is_the_same_again_and_bears_its_word(wardrobe: Wardrobe, attribute: str) -> None:
    person, module = _person(wardrobe, 4), _TABLES[attribute]
    make: Callable = module.make_kind
    for kind in module.KINDS:
        first, second = (make(kind, Streams(2, 2)["a"], wardrobe, person) for _ in range(2))
        assert first.kind == kind
        assert len(first.parts) > 0
        for one, other in zip(first.parts, second.parts, strict=True):
            np.testing.assert_array_equal(one.vertices, other.vertices)
            assert np.isfinite(one.vertices).all()


@pytest.mark.parametrize("kind", hats.KINDS)
def test_nothing_is_worn_where_headwear_leaves_no_room(wardrobe: Wardrobe, kind: str) -> None:
    person = _person(wardrobe, 5)
    worn, rng = hats.make_kind(kind, np.random.default_rng(3), wardrobe, person), np.random.default_rng(4)
    assert worn.room == hats.KINDS[kind].room
    pairs = {glasses.make_glasses(rng, wardrobe, person, worn).kind for _ in range(60)} - {"none"}
    at_ears = {earwear.make_earwear(rng, wardrobe, person, worn).kind for _ in range(60)} - {"none"}
    assert all(glasses.KINDS[name].fits(worn.room) for name in pairs)
    assert all(earwear.KINDS[name].fits(worn.room) for name in at_ears)
    assert worn.room.at_ears or not at_ears


def test_shares_are_means_over_both_genders_and_leave_room_for_nothing() -> None:
    share = Popularity(0.1, female=3.0, young=0.5, old=2.0)
    assert (share.of(0.0, 30.0) + share.of(1.0, 30.0)) / 2.0 == pytest.approx(0.1)
    assert share.of(1.0, 30.0) == pytest.approx(3.0 * share.of(0.0, 30.0))
    assert share.of(0.5, 8.0) == pytest.approx(0.05)
    for module in _TABLES.values():
        for female in (0.0, 1.0):
            for age in (8.0, 30.0, 70.0):
                assert sum(entry.popularity.of(female, age) for entry in module.KINDS.values()) < 0.6
