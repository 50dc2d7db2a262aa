"""Hair: it grows out of the scalp, stays outside of the skin, and does what it is told."""

from pathlib import Path

import numpy as np
import pytest

from headsynth.dresser import Dresser
from headsynth.hair.beard import BEARDS, grow_beard
from headsynth.hair.brows import grow_brows
from headsynth.hair.cards import make_part
from headsynth.hair.carry import on_person
from headsynth.hair.colours import HairColour
from headsynth.hair.growth import grow, plan
from headsynth.hair.hairdresser import Hairdresser, make_hair
from headsynth.hair.hairlines import Hairline
from headsynth.hair.pool import HEADS, LOSSES, Pool, tresses_of
from headsynth.hair.salon import HairSalon
from headsynth.hair.styles import STYLES, HairStyle, choose
from headsynth.hair.textures import LOCKS
from headsynth.hair.tresses import Bound, Tresses
from headsynth.hair.variation import STILL, Variation
from headsynth.ingredients import ALL, Ingredients, Streams
from headsynth.people.base_mesh import SKIN
from headsynth.people.person import Person
from headsynth.people.poses import sample_view
from headsynth.wear.accessory import Accessory
from headsynth.wear.wardrobe import Wardrobe

_INSIDE = 0.002  # metres that hair may lie in the skin


def _person(wardrobe: Wardrobe, index: int) -> Person:
    streams = Streams(6, index)
    view = sample_view(streams["view"], 64)
    return Person.sample(streams, wardrobe.head, wardrobe.mesh, view, ALL)


def _grown(salon: HairSalon, style: HairStyle, seed: int = 0) -> Tresses:
    ground = salon.ground
    return tresses_of(ground, plan(np.random.default_rng(seed), style, ground.scalp, Hairline()))


def _placed(salon: HairSalon, tresses: Tresses, person: Person, variation: Variation = STILL) -> np.ndarray:
    """(N, K + 1, 3) metres, head space."""
    ground = salon.ground
    return on_person(ground, Bound.of(ground, tresses), person.body, (), variation)[0].transpose(1, 2, 0)


def _depths(points: np.ndarray, wardrobe: Wardrobe, person: Person) -> np.ndarray:
    """(N,) metres inside this person's skin, from points spread over its triangles."""
    mesh = wardrobe.mesh
    triangles = mesh.triangles[mesh.kinds == SKIN]
    bent = mesh.neck.bend(person.body.posed, mesh.neck.weights, person.body.shoulders)
    corners = bent[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    steps = np.array([(i, j, 2 - i - j) for i in range(3) for j in range(3 - i)]) / 2.0
    surface = np.einsum("sk,fkc->fsc", steps * 0.9 + 0.1 / 3.0, corners).reshape(-1, 3).astype(np.float32)
    square = (surface**2).sum(axis=1)
    depth = np.empty(len(points))
    for start in range(0, len(points), 256):
        block = points[start : start + 256].astype(np.float32)
        nearest = (square - 2.0 * block @ surface.T).argmin(axis=1)
        depth[start : start + 256] = np.einsum("nc,nc->n", surface[nearest] - block, normals[nearest // len(steps)])
    return depth


@pytest.mark.parametrize("word", ["combed back", "long straight", "bob with fringe", "ponytail"])
def test_no_hair_lies_in_the_skin(wardrobe: Wardrobe, salon: HairSalon, word: str) -> None:
    style = next(style for style in STYLES if style.word == word)
    person = _person(wardrobe, 1)
    tresses = _grown(salon, style)
    for variation in (STILL, Variation.sample(np.random.default_rng(0), style.volume[1])):
        places = _placed(salon, tresses, person, variation)[::6, 1:]
        depth = _depths(places.reshape(-1, 3), wardrobe, person)
        assert depth.max() < _INSIDE
        assert depth.min() < -_INSIDE  # some of it stands off


@pytest.mark.parametrize("word", ["short beard", "full beard", "moustache"])
def test_beards_grow_out_of_the_face(wardrobe: Wardrobe, salon: HairSalon, rng: np.random.Generator, word: str) -> None:
    beard = next(beard for beard in BEARDS if beard.word == word)
    tresses = grow_beard(rng, salon.ground, beard)
    person = _person(wardrobe, 2)
    places = _placed(salon, tresses, person)
    regions = salon.ground.regions
    assert (regions.beard[tresses.roots.corners] > 0.0).all()
    assert np.quantile(_depths(places[::2, 1:].reshape(-1, 3), wardrobe, person), 0.99) < _INSIDE


def test_roots_lie_on_the_scalp_of_the_person(wardrobe: Wardrobe, salon: HairSalon) -> None:
    ground, person = salon.ground, _person(wardrobe, 3)
    tresses = _grown(salon, STYLES[2])
    roots = _placed(salon, tresses, person)[:, 0]
    mesh, corners = wardrobe.mesh, tresses.roots.corners
    bent = mesh.neck.bend(person.body.posed, mesh.neck.weights, person.body.shoulders)
    on_skin = np.einsum("nk,nkc->nc", tresses.roots.weights, bent[corners])
    assert np.abs(roots - on_skin).max() < _INSIDE
    assert (ground.height[tresses.roots.corners] > -0.03).all()
    assert not ground.on_ear[tresses.roots.corners].any()


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.word)
def test_a_mirrored_style_is_the_mirror_image(salon: HairSalon, style: HairStyle) -> None:
    ground = salon.ground
    drawn = plan(np.random.default_rng(3), style, ground.scalp, Hairline())
    places, mirrored = grow(ground.space, drawn)[0], grow(ground.space, drawn.mirrored)[0]
    swapped = places[np.arange(len(places)) ^ 1] * [-1.0, 1.0, 1.0]
    error = np.abs(mirrored - swapped).max(axis=(1, 2))
    assert np.quantile(error, 0.98) < 1e-3  # rounding may send a lock on the middle line either way
    assert np.abs(places - swapped).max() > 1e-2  # the style itself is not symmetric


def test_what_is_covered_is_not_drawn(wardrobe: Wardrobe, salon: HairSalon) -> None:
    ground, person = salon.ground, _person(wardrobe, 4)
    style = next(style for style in STYLES if style.word == "long straight")
    tresses, texture = _grown(salon, style), salon.textures[style.lock]
    colour = HairColour.sample(np.random.default_rng(0), person)
    cover = wardrobe.mesh.template[:, 1] > 0.03

    bound = Bound.of(ground, tresses)

    def drawn(*worn: Accessory) -> np.ndarray:
        part = make_part(ground, bound, person.body, texture, colour, 0.5, worn)
        assert part.corners is not None
        assert len(part.corners) == len(part.triangles)
        points = (part.vertices - person.body.placement.translation) @ person.body.placement.rotation
        return points[part.triangles]

    kept = drawn(Accessory(cover=cover))
    assert 0 < len(kept) < len(drawn())
    assert kept[..., 1].min(axis=1).max() < 0.05
    assert kept[..., 1].min() < -0.15  # what hangs below the rim remains
    assert not len(drawn(Accessory(cover=np.ones_like(cover))))


def test_hair_is_the_same_every_time(wardrobe: Wardrobe, salon: HairSalon) -> None:
    person = _person(wardrobe, 5)
    first, second = (make_hair(salon, person, ALL, Streams(2, 7)) for _ in range(2))
    assert first.attributes == second.attributes
    for one, other in zip(first.parts, second.parts, strict=True):
        np.testing.assert_array_equal(one.vertices, other.vertices)
        np.testing.assert_array_equal(one.uvs, other.uvs)


def test_without_the_ingredient_only_brows_are_left(wardrobe: Wardrobe, salon: HairSalon) -> None:
    done = make_hair(salon, _person(wardrobe, 5), Ingredients.without("hair"), Streams(2, 7))
    assert [part.name for part in done.parts] == ["brows"]
    assert done.attributes["hair"] == "bald"
    assert done.attributes["facial_hair"] == "none"


def test_parts_can_be_rendered(wardrobe: Wardrobe, salon: HairSalon) -> None:
    for number, style in enumerate(STYLES):
        person = _person(wardrobe, 6)
        word, parts = Hairdresser(salon, person, Streams(0, number), ()).grown(style)
        assert word == style.word
        assert sum(len(part.triangles) for part in parts) <= 16_000
        for part in parts:
            assert np.isfinite(part.vertices).all()
            assert part.triangles.max() < len(part.vertices)
            np.testing.assert_allclose(np.linalg.norm(part.normals, axis=1), 1.0, atol=1e-3)


def test_brows_lie_on_the_landmarks(salon: HairSalon, rng: np.random.Generator) -> None:
    ground = salon.ground
    tresses = grow_brows(rng, ground)
    for side in (17, 22):
        arc = ground.marks[side : side + 5]
        near = np.linalg.norm(tresses.places[:, :1] - arc, axis=2).min(axis=0)
        assert near.max() < 0.012


def test_colours_reflect_less_than_all_light(wardrobe: Wardrobe) -> None:
    for index in range(20):
        person = _person(wardrobe, index)
        colour = HairColour.sample(np.random.default_rng(index), person)
        for values in (colour.strand, colour.white, colour.mean, colour.of_face(np.random.default_rng(0), person).mean):
            assert (values > 0.0).all()
            assert (values < 0.9).all()
        assert 0.0 <= colour.grey <= 1.0


def test_anyone_may_wear_any_style(rng: np.random.Generator) -> None:
    worn = {choose(rng, 1.0, 70.0, "asian").word for _ in range(4000)}
    assert worn == {style.word for style in STYLES}


def test_hairlines_recede(salon: HairSalon) -> None:
    scalp = salon.ground.scalp
    usual = Hairline().above(scalp.points, scalp.height)
    bald = Hairline(front=0.02, recede=0.03, crown=0.05).above(scalp.points, scalp.height)
    np.testing.assert_allclose(usual, scalp.height)
    assert (bald <= usual + 1e-9).all()
    assert (bald < 0.0).sum() > (usual < 0.0).sum() + 50


def test_locks_are_denser_at_the_root(salon: HairSalon) -> None:
    for texture in salon.textures.values():
        alpha = texture.mean_alpha(8)
        assert alpha.shape == (LOCKS, 8)
        assert (alpha[:, 0] > alpha[:, -1]).all()


@pytest.mark.slow
def test_assets_of_hair_follow_the_cover(shared: Path) -> None:
    wardrobe = Wardrobe.shipped(shared / "assets")
    salon = Dresser(wardrobe).salon
    person, everything = _person(wardrobe, 8), Accessory(cover=np.ones(len(wardrobe.mesh.template), bool))
    for item in salon.hair:
        if item.texture is not None:
            hairdresser = Hairdresser(salon, person, Streams(0, 0), (everything,))
            assert not len(hairdresser._of_assets(np.random.default_rng(0), item)[1][0].triangles)


def test_what_grew_beforehand_depends_on_its_key_alone(salon: HairSalon) -> None:
    one, other = (Pool(salon.ground, salon.scalp, salon.beard) for _ in range(2))
    other.head(STYLES[0], 0, 1)
    first, second = one.head(STYLES[2], 1, 3), other.head(STYLES[2], 1, 3)
    np.testing.assert_array_equal(first.locks[0].packed_places, second.locks[0].packed_places)
    assert one.head(STYLES[2], 1, 3) is first
    assert len(HEADS) == len(LOSSES)


def test_packing_keeps_a_tenth_of_a_millimetre(salon: HairSalon) -> None:
    tresses = _grown(salon, STYLES[10])
    bound = Bound.of(salon.ground, tresses)
    np.testing.assert_allclose(bound.places.T, tresses.places.reshape(-1, 3), atol=1e-4)
    np.testing.assert_allclose(bound.share.sum(axis=0), 1.0, atol=1e-6)
    np.testing.assert_allclose(bound.openness, tresses.openness, atol=0.003)


def test_the_mirror_of_the_mirror_is_the_same_hair(salon: HairSalon) -> None:
    ground = salon.ground
    bound = Bound.of(ground, _grown(salon, STYLES[4]))
    again = bound.mirrored(ground).mirrored(ground)
    np.testing.assert_array_equal(again.packed_places, bound.packed_places)
    np.testing.assert_allclose(bound.mirrored(ground).places[0], -bound.places[0])


def test_a_cut_shortens_locks(salon: HairSalon) -> None:
    places = _grown(salon, STYLES[10]).places.transpose(2, 0, 1)
    shares = np.linspace(0.0, 1.0, places.shape[2], dtype=np.float32)
    hidden = np.zeros(places.shape[1:], bool)
    shorter, _ = Variation(cut=0.8).shortened(places, hidden, shares)
    np.testing.assert_allclose(shorter[..., 0], places[..., 0])
    ends = [np.linalg.norm(values[..., -1] - values[..., 0], axis=0).mean() for values in (places, shorter)]
    assert 0.6 < ends[1] / ends[0] < 1.0
