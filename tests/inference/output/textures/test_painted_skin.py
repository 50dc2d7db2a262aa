"""The painted skin: what is where."""

import numpy as np
import pytest

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.output.textures.atlas import atlas_of, enlarged
from trans3dhead.inference.output.textures.skin import away_from_neck, paint_skin

SKIN = np.array([200.0, 160.0, 140.0])


@pytest.fixture(scope="module")
def anny() -> NumpyHeadModel:
    return NumpyHeadModel.shipped()


@pytest.fixture(scope="module")
def painted(anny: NumpyHeadModel) -> np.ndarray:
    return paint_skin(anny, SKIN).astype(float)


def colour_at(model: NumpyHeadModel, picture: np.ndarray, point: np.ndarray, radius: float = 0.0015) -> np.ndarray:
    """(3,) the mean colour of the pixels that show what is within a radius of a point, metres."""
    at = enlarged(atlas_of(model).spread(model.template))
    near = np.linalg.norm(at - point, axis=2) < radius
    assert near.any()
    return picture[near].mean(axis=0)


def test_brows_lashes_and_lips_lie_at_the_landmarks(anny, painted):
    marks = anny.landmarks(anny.template)
    lightness = {
        name: colour_at(anny, painted, marks[i]).mean() for name, i in (("brow", 19), ("lid", 37), ("cheek", 2))
    }
    assert lightness["brow"] < lightness["cheek"] - 30
    assert lightness["lid"] < lightness["cheek"] - 30
    lip, cheek = (colour_at(anny, painted, point, 0.003) for point in (marks[[57, 66]].mean(axis=0), marks[2]))
    assert lip[0] - lip[1] > cheek[0] - cheek[1] + 20  # redder


def test_both_sides_look_alike(anny, painted):
    marks = anny.landmarks(anny.template)
    for left, right in ((19, 24), (37, 44), (48, 54), (2, 14)):
        pair = [colour_at(anny, painted, marks[i], 0.003) for i in (left, right)]
        np.testing.assert_allclose(*pair, atol=14)


def test_the_tongue_is_of_the_mouths_colour(anny, painted):
    tongue = anny.template[anny.subsets["mouth"]]
    tip = tongue[np.argmax(tongue[:, 2] - 10.0 * np.abs(tongue[:, 0]))]
    assert colour_at(anny, painted, tip, 0.002).mean() < SKIN.mean() - 40


def test_skin_is_of_the_colour_asked_for_and_even_where_the_neck_is_drawn_out(anny, painted):
    assert np.median(painted.reshape(-1, 3), axis=0) == pytest.approx(SKIN, abs=6)
    edge = enlarged(atlas_of(anny).spread(away_from_neck(anny, 0.03)[:, None])) < 0.05
    np.testing.assert_allclose(painted[edge], np.broadcast_to(SKIN, painted[edge].shape), atol=2.0)
