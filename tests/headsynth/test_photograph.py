"""What matters most: the label is exactly what was drawn."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from labelled import labelled_vertices

from headsynth.ingredients import ALL, Streams
from headsynth.people.person import Body, Person
from headsynth.people.poses import sample_view
from headsynth.photograph import Studio
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Part, Scene
from headsynth.wear.hides import make_hides
from headsynth.wear.wardrobe import Wardrobe
from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.cameras import project_pinhole


def _dressed(studio: Studio, streams: Streams) -> tuple[tuple[Part, ...], HeadAnnotation]:
    view = sample_view(streams["view"], studio.size)
    person = Person.sample(streams, studio.wardrobe.head, studio.wardrobe.mesh, view, ALL)
    dressed = studio.dresser.dress(person, streams, ALL, partial(make_hides, size=studio.size))
    return dressed.parts, studio.annotator.known(person, float(view.euler[1]), {})


def _project(points: np.ndarray, annotation: HeadAnnotation) -> np.ndarray:
    return project_pinhole(points, annotation.focal, annotation.principal_point)


@pytest.mark.parametrize("index", range(6))
def test_labels_are_the_rendered_vertices(studio: Studio, wardrobe: Wardrobe, index: int) -> None:
    parts, annotation = _dressed(studio, Streams(4, index))
    rows = wardrobe.mesh.pieces[0].rows
    in_head = np.isin(rows, wardrobe.head_rows)
    expected = _project(labelled_vertices(wardrobe.head, annotation)[rows[in_head]], annotation)
    rendered = _project(parts[0].vertices[in_head].astype(np.float64), annotation)
    assert in_head.sum() > 3000
    assert np.abs(rendered - expected).max() < 0.02  # pixels of 96


@pytest.mark.parametrize("index", range(4))
def test_rays_through_projected_triangles_meet_them(studio: Studio, wardrobe: Wardrobe, index: int) -> None:
    """The camera of the renderer is the one of the annotation: no flip, no half pixel, no scale."""
    parts, annotation = _dressed(studio, Streams(5, index))
    scene = Scene(parts[:3])  # skin, eyes, tongue
    corners = wardrobe.head.triangles.numpy()
    of_face = np.isin(corners, wardrobe.head.subsets["face"].numpy()).all(axis=1)
    # Their middles: a ray that aims at a vertex may slip through between its triangles, more often from far away.
    points = labelled_vertices(wardrobe.head, annotation)[corners[of_face]].mean(axis=1)
    pixels = _project(points, annotation)
    rays = np.column_stack(((pixels - annotation.principal_point) / annotation.focal, np.ones(len(pixels))))
    rays = (rays / np.linalg.norm(rays, axis=1, keepdims=True)).astype(np.float32)
    hits = scene.trace(rays, np.random.default_rng(5))
    depth = np.linalg.norm(points, axis=1)
    assert (hits.triangles >= 0).mean() > 0.99
    assert (hits.distance[hits.triangles >= 0] < depth[hits.triangles >= 0] + 1e-4).mean() > 0.99
    assert (np.abs(hits.distance - depth) < 1e-4).mean() > 0.5  # the visible side


def test_the_picture_covers_the_labelled_head(studio: Studio, wardrobe: Wardrobe) -> None:
    photograph = studio.photograph(4, 2)
    annotation = photograph.annotation
    assert photograph.image.shape == (96, 96, 3)
    assert photograph.image.dtype == np.uint8
    projected = _project(labelled_vertices(wardrobe.head, annotation)[wardrobe.head_rows], annotation)
    np.testing.assert_allclose(annotation.box, bounds(projected), atol=0.02)
    assert {"hair", "skin", "hdri", "glasses", "expression", "yaw", "light", "clothes"} <= annotation.attributes.keys()


def test_a_photograph_does_not_depend_on_those_before(studio: Studio, wardrobe: Wardrobe) -> None:
    alone = studio.photograph(1, 3)
    other = Studio(wardrobe, 96, dresser=studio.dresser)
    other.photograph(1, 2)
    again = other.photograph(1, 3)
    np.testing.assert_array_equal(alone.image, again.image)
    assert alone.annotation.to_json() == again.annotation.to_json()


def test_gaze_follows_the_blendshapes(studio: Studio, wardrobe: Wardrobe) -> None:
    names = wardrobe.head.expression_names
    placement = Placement(np.eye(3), np.array([0.0, 0.0, 1.0]), 300.0, np.zeros(2))
    directions = {}
    for side, pair in {"left": ("eyeLookOutLeft", "eyeLookInRight"), "up": ("eyeLookUpLeft", "eyeLookUpRight")}.items():
        expression = np.array([float(name in pair) for name in names], np.float32)
        neutral, posed = wardrobe.mesh.vertices(np.zeros(wardrobe.head.layout.shape, np.float32), expression)
        directions[side] = Body(neutral, posed, np.eye(3), placement).gaze(wardrobe.mesh)[1]
    assert (directions["left"][:, 0] > np.sin(np.radians(10))).all()
    assert (directions["up"][:, 1] > np.sin(np.radians(6))).all()
    assert (directions["up"][:, 2] > 0.9).all()


@pytest.mark.slow
def test_all_ingredients_render(shared: Path) -> None:
    studio = Studio(Wardrobe.shipped(shared / "assets"), 64)
    seen: dict[str, set[str]] = {}
    for index in range(60):
        photograph = studio.photograph(0, index)
        assert 2 < photograph.image.mean() < 254
        for name, value in photograph.annotation.attributes.items():
            seen.setdefault(name, set()).add(value)
    assert len(seen["hair"]) > 12
    assert len(seen["facial_hair"]) > 2
    assert {"none", "clear", "dark"} <= seen["glasses"]
    assert len(seen["headwear"]) > 3
    assert len(seen["skin"]) > 8
    assert len(seen["hdri"]) > 10
