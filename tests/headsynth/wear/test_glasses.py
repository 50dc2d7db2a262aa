"""Glasses and what is on ears: symmetric, before the eyes, through ears and not through the head; lenses as said."""

from dataclasses import replace

import numpy as np
import pytest

from headsynth.ingredients import ALL, Ingredients, Streams
from headsynth.people.person import Body, Person
from headsynth.people.poses import sample_view
from headsynth.photograph import Studio
from headsynth.rendering.materials import Plain
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Scene
from headsynth.wear import earwear
from headsynth.wear.accessories import ATTRIBUTES, make_accessories
from headsynth.wear.accessory import Accessory
from headsynth.wear.frames import STYLES, measure
from headsynth.wear.headwear import hats
from headsynth.wear.solids import Solid, joined, part, surface
from headsynth.wear.wardrobe import Wardrobe

_HERE = Placement(np.eye(3), np.zeros(3), 300.0, np.zeros(2))


@pytest.fixture(scope="module")
def plain(wardrobe: Wardrobe) -> Body:
    """The template, whose camera space is its head space."""
    return Body(wardrobe.mesh.template, wardrobe.mesh.template, np.eye(3), _HERE)


def _eyes(wardrobe: Wardrobe, body: Body) -> np.ndarray:
    return np.stack([body.posed[rows].mean(axis=0) for rows in wardrobe.mesh.eyes])


def _is_mirror_image(points: np.ndarray, tolerance: float) -> bool:
    distance = np.linalg.norm(points[:, None] - points * [-1.0, 1.0, 1.0], axis=2)
    return bool(distance.min(axis=1).max() < tolerance)


@pytest.mark.parametrize("form", STYLES)
def test_frames_are_symmetric_and_lie_before_the_eyes(
    wardrobe: Wardrobe, plain: Body, rng: np.random.Generator, form: str
) -> None:
    eyes = _eyes(wardrobe, plain)
    for rim in (0.0008, 0.0025):
        frame = measure(rng, wardrobe.sites, plain, eyes, STYLES[form], rim)
        assert _is_mirror_image(joined(frame.rims()).vertices, 1e-6)
        outline, pupil = frame.outline, eyes[0] + [0.0, 0.0, 0.012]
        assert outline[:, 2].min() > eyes[0, 2]
        for axis in (0, 1):
            assert outline[:, axis].min() < pupil[axis] < outline[:, axis].max()
        assert outline[:, 0].min() > 0.003  # the lenses do not meet
        ear = plain.posed[wardrobe.sites.ears[0]]
        assert np.linalg.norm(ear[:, None] - frame.ends, axis=2).min() < 0.012


@pytest.mark.parametrize("kind", ["headphones", "earbuds", "studs", "hoops", "drops"])
def test_earwear_is_symmetric_and_at_the_ears(wardrobe: Wardrobe, plain: Body, kind: str) -> None:
    streams = Streams(1, 2)
    person = Person.sample(streams, wardrobe.head, wardrobe.mesh, sample_view(streams["view"], 96), ALL)
    identity = replace(person.identity, female=1.0)
    worn = earwear.make_kind(kind, streams["ears"], wardrobe, replace(person, body=plain, identity=identity))
    points = np.concatenate([item.vertices for item in worn.parts])
    sides = points if kind != "headphones" else points[points[:, 1] < 0.0]
    assert _is_mirror_image(sides, 2e-3)
    for ear in wardrobe.sites.ears:
        assert np.linalg.norm(plain.posed[ear][:, None] - points, axis=2).min() < 0.008


def test_a_gradient_lens_filters_by_height() -> None:
    grid = np.stack(np.meshgrid([-1.0, 1.0], [-1.0, 1.0]), axis=-1)
    flat = surface(np.concatenate((grid, np.full((2, 2, 1), 0.0)), axis=-1))
    tint = np.where(flat.vertices[:, 1:2] > 0.0, 0.2, 0.8) * np.ones(3)
    lens = part("lens", [flat], replace(_HERE, translation=np.array([0.0, 0.0, 1.0])), Plain(np.ones(3)), tint)
    rays = np.array([[0.0, y, 1.0] for y in (-0.9, 0.0, 0.9)], np.float32)
    hits = Scene([lens]).trace(rays / np.linalg.norm(rays, axis=1, keepdims=True), np.random.default_rng(0))
    np.testing.assert_allclose(hits.filter[:, 0], [0.77, 0.5, 0.23], atol=1e-4)


def test_lenses_bulge_outwards(wardrobe: Wardrobe, plain: Body, rng: np.random.Generator) -> None:
    frame = measure(rng, wardrobe.sites, plain, _eyes(wardrobe, plain), STYLES["round"], 0.002)
    for lens in frame.lenses():
        normals = _normals(lens)
        assert (normals[:, 2] > 0.0).all()
        assert np.abs(lens.uvs).max() < 1.5


def _normals(solid: Solid) -> np.ndarray:
    corners = solid.vertices[solid.triangles]
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def test_nothing_is_worn_over_ears_that_a_scarf_hides(wardrobe: Wardrobe, rng: np.random.Generator) -> None:
    streams = Streams(1, 3)
    person = Person.sample(streams, wardrobe.head, wardrobe.mesh, sample_view(streams["view"], 96), ALL)
    hijab, helmet = (hats.make_kind(kind, rng, wardrobe, person) for kind in ("hijab", "hard hat"))
    kinds = {earwear.make_earwear(rng, wardrobe, person, Accessory()).kind for _ in range(150)}
    assert {"studs", "headphones"} <= kinds
    assert {earwear.make_earwear(rng, wardrobe, person, hijab).kind for _ in range(150)} == {"none"}
    under_helmet = {earwear.make_earwear(rng, wardrobe, person, helmet).kind for _ in range(150)}
    assert under_helmet == kinds - {"headphones", "headset"}


def test_words_name_what_is_worn_and_ablation_takes_all_off(studio: Studio, wardrobe: Wardrobe) -> None:
    bare = Studio(wardrobe, 32, Ingredients.without("occlusion"), studio.dresser)
    worn = Studio(wardrobe, 32, dresser=studio.dresser)
    seen = set()
    for index in range(12):
        streams = Streams(6, index)
        attributes = worn.photograph(6, index).annotation.attributes
        person = Person.sample(streams, wardrobe.head, wardrobe.mesh, sample_view(streams["view"], 32), ALL)
        items = make_accessories(streams, wardrobe, person)
        for name in ATTRIBUTES:
            assert attributes[name] == items[name].kind
        seen |= {attributes[name] for name in ATTRIBUTES}
    assert len(seen) > 1
    off = bare.photograph(6, 0).annotation.attributes
    assert {off[name] for name in ATTRIBUTES} == {"none"}
    assert set(hats.KINDS) & seen or set(earwear.KINDS) & seen
