from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headsynth.ingredients import ALL, Ingredients, Streams
from headsynth.people.base_mesh import SKIN
from headsynth.people.complexion import monk_tones
from headsynth.people.face_map import FaceMap
from headsynth.people.face_painting import Layer
from headsynth.people.person import Person
from headsynth.people.poses import sample_view
from headsynth.people.skin import Skin
from headsynth.people.skin_maker import make_skin
from headsynth.people.skin_maps import REPEATS, skin_maps
from headsynth.photograph import Studio
from headsynth.rendering.environment import LUMINANCE
from headsynth.rendering.materials import Plain
from headsynth.rendering.scene import Part, SurfaceSamples
from headsynth.rendering.textures import Texture, to_linear
from trans3dhead.data.segments import Segment
from trans3dhead.geometry.vectors import unit


@pytest.fixture(scope="module")
def face(studio: Studio) -> FaceMap:
    return studio.dresser.skins.face_maps[0]


@pytest.fixture(scope="module")
def person(studio: Studio) -> Person:
    streams = Streams(3, 1)
    view = sample_view(streams["view"], 256)
    return Person.sample(streams, studio.wardrobe.head, studio.wardrobe.mesh, view, ALL)


def _skin(studio: Studio, person: Person, seed: int = 0, ingredients: Ingredients = ALL, bald: bool = True) -> Skin:
    return make_skin(studio.dresser.skins, person, ingredients, Streams(seed, 0), bald).skin


def _samples(studio: Studio, count: int = 3000) -> SurfaceSamples:
    """Random places all over the body's skin at rest."""
    mesh, piece, rng = studio.wardrobe.mesh, studio.wardrobe.mesh.pieces[SKIN], np.random.default_rng(4)
    vertices = mesh.template[piece.rows]
    part = Part("skin", vertices, piece.triangles, mesh.uvs, piece.uv_triangles, Plain(np.ones(3)), Segment.SKIN)
    triangles = rng.integers(len(piece.triangles), size=count)
    weights = rng.dirichlet(np.ones(3), count).astype(np.float32)
    positions = np.einsum("nk,nkc->nc", weights, vertices[piece.triangles[triangles]])
    return SurfaceSamples(part, triangles, weights, positions, unit(rng.normal(size=(count, 3)).astype(np.float32)))


def _face_samples(studio: Studio, skin: Skin, layer: Layer) -> np.ndarray:
    """The places where a layer of the face map is not empty."""
    samples = _samples(studio)
    assert skin.detail is not None
    return np.flatnonzero(skin.detail.face.at(samples.interpolate(skin.marks.rest))[:, layer] > 0.0)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 2**20), st.floats(0.0, 100.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.booleans(), st.booleans()
)
def test_any_skin_is_finite_and_within_range(
    studio: Studio, person: Person, seed: int, age: float, female: float, place: float, bald: bool, detailed: bool
) -> None:
    someone = replace(person, identity=replace(person.identity, age=age, female=female), complexion=place)
    ingredients = ALL if detailed else Ingredients.without("skin")
    skin = _skin(studio, someone, seed, ingredients, bald)
    surface = skin.shade(_samples(studio, 500))
    assert np.isfinite(surface.albedo).all()
    assert surface.albedo.min() > 0.0
    assert surface.albedo.max() < 0.9
    assert (np.asarray(surface.reflectance) >= 0.0).all()
    assert np.asarray(surface.reflectance).max() < 0.12
    if surface.normals is not None:
        np.testing.assert_allclose(np.linalg.norm(surface.normals, axis=1), 1.0, atol=1e-5)


def test_drawn_skin_darkens_along_the_scale(studio: Studio, person: Person) -> None:
    samples, levels = _samples(studio), []
    for step, tone in enumerate(monk_tones()):
        skin = _skin(studio, replace(person, complexion=step / 9.0, tone=tone))
        levels.append(float(np.median(skin.shade(samples).albedo @ LUMINANCE)))
    assert (np.diff(levels) < 0.0).all()


def test_the_same_person_has_the_same_skin(studio: Studio, person: Person) -> None:
    first, again = (_skin(studio, person).shade(_samples(studio)) for _ in range(2))
    np.testing.assert_array_equal(first.albedo, again.albedo)
    np.testing.assert_array_equal(first.normals, again.normals)


def test_freckles_come_on_cheeks_but_never_on_lips_or_eyes(studio: Studio, person: Person, face: FaceMap) -> None:
    skin = _skin(studio, person)
    assert skin.detail is not None
    albedo = []
    for amount in (0.0, 1.0):
        freckled = replace(skin.detail.complexion, freckles=amount, moles=amount, blemishes=amount, age_spots=amount)
        albedo.append(replace(skin, detail=replace(skin.detail, complexion=freckled)).shade(_samples(studio)).albedo)
    changed = np.abs(albedo[1] - albedo[0]).max(axis=1) > 1e-6
    assert changed.mean() > 0.01
    assert not changed[_face_samples(studio, skin, Layer.LIPS)].any()
    layers = face.layers
    assert not layers[..., Layer.FRECKLED][layers[..., Layer.LIPS] > 5].any()
    assert not layers[..., Layer.FRECKLED][layers[..., Layer.LINER] > 230].any()


def test_without_the_ingredient_a_texture_stays_as_it_is(studio: Studio, person: Person) -> None:
    grey = Texture(np.full((8, 8, 3), 150, np.uint8), np.full((8, 8), 255, np.uint8))
    colour = to_linear(np.full(3, 150 / 255.0))
    skin = _skin(studio, person, ingredients=Ingredients.without("skin"))
    marks = replace(skin.marks, stubble=np.zeros_like(skin.marks.stubble))
    skin = replace(skin, texture=grey, gain=np.ones(3), tone=colour, forehead=colour, marks=marks)
    samples = _samples(studio)
    outside = samples.interpolate(skin.marks.columns)[:, -1] == 0.0
    np.testing.assert_allclose(skin.shade(samples).albedo[outside], np.tile(colour, (outside.sum(), 1)), rtol=1e-3)


@pytest.mark.parametrize("footprint", [0.0002, 0.0015, 0.01])
def test_maps_of_skin_repeat_and_have_no_mean(footprint: float, rng: np.random.Generator) -> None:
    maps = skin_maps(footprint)
    uvs = rng.random((4000, 2)).astype(np.float32)
    values = maps.at(uvs)
    assert np.abs(values[:, :6].mean(axis=0)).max() < 0.05
    # The lookup is accurate to a 32nd of a texel, so nearly equal.
    assert np.abs(maps.at(uvs + np.float32(1.0 / REPEATS)) - values).max() < 0.12
    edges = np.float32([[0.0, 0.3], [1e-6, 0.3]]) - np.float32([[1e-6, 0.0], [0.0, 0.0]])
    assert np.abs(np.diff(maps.at(edges), axis=0)).max() < 0.05
    assert values[:, 6:].min() >= 0.0
    assert values[:, 6:].max() <= 1.0


def test_finer_relief_than_a_pixel_is_left_out() -> None:
    contrast = [skin_maps(footprint).relief[..., 0].std() for footprint in (0.0002, 0.0015, 0.01)]
    assert contrast[0] > contrast[1] > contrast[2]


def test_the_face_map_is_empty_beside_and_behind_the_face(face: FaceMap) -> None:
    outside = np.float32([[0.3, 0.0, 0.1], [0.0, 0.5, 0.1], [0.0, -0.4, 0.1], [0.0, 0.0, -0.1]])
    np.testing.assert_array_equal(face.at(outside), np.zeros((4, len(Layer)), np.float32))


def test_the_face_map_lies_on_the_landmarks(studio: Studio, face: FaceMap) -> None:
    head = studio.wardrobe.head
    marks = head.landmarks(head.template[None])[0].numpy()
    lips = face.at(((marks[51] + marks[57]) / 2.0)[None])[0]
    assert lips[Layer.LIPS] > 0.99
    assert face.at(marks[30:31])[0, Layer.FLUSHED] > 0.9
    assert face.at(marks[27:31])[:, Layer.LIPS].max() == 0.0
