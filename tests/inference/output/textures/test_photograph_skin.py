"""The photograph as a head's skin."""

import numpy as np
import pytest

from toy_heads import toy_head
from trans3dhead.head_model import HeadModel
from trans3dhead.inference import Head
from trans3dhead.inference.output.textures.atlas import MAP_SIDE, atlas_of
from trans3dhead.inference.output.textures.photograph import eye_light, photograph_skin
from trans3dhead.inference.output.textures.skin import SKIN, painted
from trans3dhead.inference.output.textures.view import View

SIDE = 300


@pytest.fixture(scope="module")
def anny() -> HeadModel:
    return HeadModel.shipped()


def view_of(head: Head, image: np.ndarray) -> View:
    return View(image, head.projected, head.in_camera_space(head.vertices))


def coordinates() -> np.ndarray:
    """A photograph whose red and green are its x and y."""
    ramp = np.arange(SIDE) * (255 / SIDE)
    x, y = np.meshgrid(ramp, ramp)
    return np.round(np.dstack((x, y, 0 * x + 90))).astype(np.uint8)


def colours_at(head: Head, picture: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """(N, 3) what the texture shows at vertices that have one place in it."""
    model = head.head_model
    row = np.zeros(len(model.template), int)
    row[model.triangles] = model.uv_triangles
    at = atlas_of(model).uvs[row[vertices]] * (1, -1) + (0, 1)
    x, y = np.clip(np.round(at * len(picture) - 0.5), 0, len(picture) - 1).astype(int).T
    return picture[y, x].astype(float)


def as_coordinates(head: Head, points: np.ndarray) -> np.ndarray:
    return points * (255 / SIDE)


def test_what_is_seen_is_the_photographs(anny):
    head = toy_head(anny, (40, 30, 170, 220), euler=(0.0, 0.0, 0.0))
    view = view_of(head, coordinates())
    picture = photograph_skin(head.head_model, view)
    marks = head.head_model.landmarks(head.vertices)
    for mark in (27, 29, 30, 33, 19, 24):  # nose and brows
        vertex = np.argmin(np.linalg.norm(head.vertices - marks[mark], axis=1))
        found = colours_at(head, picture, np.array([vertex]))[0, :2]
        np.testing.assert_allclose(found, as_coordinates(head, head.projected[vertex]), atol=8)


def test_the_hidden_cheek_is_that_of_the_mirrored_point(anny):
    head = toy_head(anny, (40, 30, 170, 220), euler=(0.0, 60.0, 0.0))
    model = head.head_model
    trust = view_of(head, coordinates()).trust(model.triangles)
    picture = photograph_skin(model, view_of(head, coordinates()))
    face = np.zeros(len(trust), dtype=bool)
    face[model.subsets["face"]] = True
    neighbours = np.ones(len(trust))  # seen, and all around it: seams fade over some millimetres
    for vertex in range(len(trust)):
        near = np.linalg.norm(model.template - model.template[vertex], axis=1) < 0.012
        neighbours[vertex] = trust[near].min()
    other_side = face & (neighbours[model.mirror] > 0.9) & (trust == 0.0)
    far = np.array([np.linalg.norm(model.template[trust > 0] - p, axis=1).min() for p in model.template])
    chosen = np.flatnonzero(other_side & (far > 0.012))
    assert len(chosen) > 20
    found = colours_at(head, picture, chosen)[:, :2]
    expected = as_coordinates(head, head.projected[model.mirror[chosen]])
    assert np.median(np.abs(found - expected)) < 3


def test_a_photograph_of_one_colour_gives_that_colour_all_over(anny):
    head = toy_head(anny, (40, 30, 170, 220))
    colour = np.array([120, 90, 70])
    picture = photograph_skin(head.head_model, view_of(head, np.full((SIDE, SIDE, 3), colour, np.uint8)))
    assert picture.shape == (2 * MAP_SIDE, 2 * MAP_SIDE, 3)
    skin = np.setdiff1d(head.head_model.subsets["skin"], head.head_model.subsets["mouth"])
    found = colours_at(head, picture, skin)
    assert np.abs(np.median(found, axis=0) - colour).max() < 4
    bald = head.head_model.template[skin][:, 2] < -0.05
    np.testing.assert_allclose(found[bald].mean(axis=0), colour, atol=4)


def test_a_head_outside_of_its_photograph_keeps_the_painted_skin(anny):
    head = toy_head(anny, (1000, 1000, 170, 220))
    picture = photograph_skin(head.head_model, view_of(head, coordinates()).closer())
    assert np.abs(picture.astype(int) - painted(head.head_model)).max() <= 1
    assert eye_light(head.head_model, view_of(head, coordinates())) == 1.0


def test_eyes_are_as_light_as_the_photograph(anny):
    head = toy_head(anny, (40, 30, 170, 220))
    lights = [
        eye_light(head.head_model, view_of(head, np.full((SIDE, SIDE, 3), level, np.uint8))) for level in (20, 113, 255)
    ]
    assert lights == pytest.approx([0.35, 0.5, 1.0], abs=0.01)


def test_a_head_model_without_subsets_and_mirror_has_a_texture_too(toy):
    head = toy_head(toy, (40, 30, 170, 220))
    picture = photograph_skin(head.head_model, view_of(head, np.full((SIDE, SIDE, 3), (120, 90, 70), np.uint8)))
    assert np.abs(np.median(picture.reshape(-1, 3), axis=0) - [120, 90, 70]).max() < 6
    assert SKIN[0] > 200
