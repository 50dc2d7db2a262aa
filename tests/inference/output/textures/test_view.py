"""Where a head lies on its photograph and how well its vertices are seen."""

import numpy as np
import pytest
import trimesh

from toy_heads import toy_head
from trans3dhead.head_model import HeadModel
from trans3dhead.inference import Head
from trans3dhead.inference.output.textures.view import View


@pytest.fixture(scope="module")
def head() -> Head:
    return toy_head(HeadModel.shipped(), (40, 30, 150, 200), euler=(10.0, 35.0, -5.0))


def view_of(head: Head, image: np.ndarray) -> View:
    return View(image, head.projected, head.in_camera_space(head.vertices))


def test_what_is_trusted_is_seen_along_the_line_of_sight(head):
    """Embree's rays are the judge."""
    view = view_of(head, np.zeros((300, 300, 3), np.uint8))
    trust = view.trust(head.head_model.triangles)
    mesh = trimesh.Trimesh(view.turned, head.head_model.triangles, process=False)
    towards = np.tile([0.0, 0.0, -1.0], (len(trust), 1))
    hidden = mesh.ray.intersects_any(view.turned + 0.008 * towards, towards)
    assert hidden[trust > 0].mean() < 0.01  # the picture of depths has pixels
    facing = (mesh.vertex_normals @ [0.0, 0.0, -1.0]) > 0.7
    assert (trust[facing & ~hidden] > 0).mean() > 0.9


def test_nothing_outside_of_the_photograph_is_trusted(head):
    view = view_of(head, np.zeros((300, 110, 3), np.uint8))
    trust = view.trust(head.head_model.triangles)
    assert (trust > 0).any()
    assert (trust[head.projected[:, 0] > 110] == 0).all()
    away = View(view.image, head.projected + 1000.0, view.turned)
    assert (away.closer().trust(head.head_model.triangles) == 0).all()


@pytest.mark.parametrize("factor", [1, 7])
def test_a_closer_view_shows_the_same_points(head, factor):
    """A photograph whose colours are its coordinates, up to 1.5 pixels of it where it is made smaller."""
    x, y = np.meshgrid(np.arange(300 * factor) + 0.5, np.arange(300 * factor) + 0.5)
    image = np.dstack((x, y, 0 * x)) * (255 / 300 / factor)
    view = View(np.round(image).astype(np.uint8), head.projected * factor, head.in_camera_space(head.vertices))
    close = view.closer()
    assert max(close.image.shape) < 700
    column, row = close.projected.astype(int).T
    found = close.image[row, column, :2].astype(float) * (300 * factor / 255)
    assert np.abs(found - head.projected * factor).max() < 1.5 * max(1, 1400 / 640) + 1.2 * factor


def test_a_pulled_view_has_its_landmarks_where_they_are_found(head):
    model = head.head_model
    view = view_of(head, np.zeros((300, 300, 3), np.uint8))
    same = view.pulled(model.landmark_corners, model.landmark_weights, head.landmarks)
    np.testing.assert_allclose(same.projected, head.projected, atol=0.02)
    moved = head.landmarks + np.random.default_rng(0).normal(0.0, 2.0, (68, 2))
    pulled = view.pulled(model.landmark_corners, model.landmark_weights, moved)
    before, after = (np.abs(model.landmarks(v.projected) - moved).mean() for v in (view, pulled))
    assert after < 0.35 * before
    far = np.linalg.norm(view.turned[:, None] - model.landmarks(view.turned), axis=2).min(axis=1) > 0.06
    assert np.abs(pulled.projected - view.projected)[far].max() < 0.3
