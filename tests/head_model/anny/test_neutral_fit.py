"""Fitting our head to another one: a head of our own, in another frame and of another size, comes back."""

import numpy as np
import pytest
import torch

from headsynth.identity_prior.neutral_fit import fit_neutral
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.anny.ict_transfer import IctHead, similarity

SIZE = 1.04
TURN = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(0.1), -np.sin(0.1)], [0.0, np.sin(0.1), np.cos(0.1)]])


@pytest.fixture(scope="module")
def symmetric(anny: HeadModel) -> np.ndarray:
    """(S,) the coefficients of a mirror-symmetric head."""
    drawn = np.random.default_rng(3).normal(size=anny.layout.shape)
    return np.where(anny.shape_mirror.numpy() > 0, drawn, 0.0)


def head_of(anny: HeadModel, coefficients: np.ndarray) -> np.ndarray:
    """(V, 3) metres."""
    with torch.no_grad():
        still = torch.zeros(1, anny.layout.expression)
        return anny(torch.from_numpy(coefficients).float()[None], still)[0].double().numpy()


def as_ict(anny: HeadModel, coefficients: np.ndarray) -> IctHead:
    """That head's skin in another frame, its landmarks as vertices of their own."""
    vertices = head_of(anny, coefficients)
    landmarks, skin = anny.landmarks(torch.from_numpy(vertices)[None])[0].numpy(), anny.subsets["skin"].numpy()
    places = np.full(len(vertices), -1)
    places[skin] = np.arange(len(skin))
    triangles = places[anny.triangles.numpy()]
    points = np.concatenate((vertices[skin], landmarks)) @ TURN.T / SIZE + [0.0, 0.02, 0.01]
    rows = len(skin) + np.arange(68)
    return IctHead(points, np.zeros((0, *points.shape)), triangles[(triangles >= 0).all(axis=1)], rows)


def difference(anny: HeadModel, one: np.ndarray, other: np.ndarray) -> float:
    """Millimetres: of two heads' faces, whose place, size and direction do not count."""
    face = anny.subsets["face"].numpy()
    mine, theirs = head_of(anny, one)[face], head_of(anny, other)[face]
    scale, rotation, translation = similarity(mine, theirs)
    return 1e3 * float(np.linalg.norm(scale * mine @ rotation.T + translation - theirs, axis=1).mean())


def test_a_head_of_ours_comes_back(anny: HeadModel, symmetric: np.ndarray):
    found = fit_neutral(anny, as_ict(anny, symmetric), np.zeros(len(symmetric)))
    assert found.landmark_error < 1e-3
    assert found.surface_error < 1e-3
    before, after = (difference(anny, guess, symmetric) for guess in (np.zeros(len(symmetric)), found.coefficients))
    assert before > 2.0
    assert after < 0.5 * before


def test_its_size_is_that_of_the_frame(anny: HeadModel, symmetric: np.ndarray):
    found = fit_neutral(anny, as_ict(anny, symmetric), symmetric)
    assert found.scale == pytest.approx(SIZE, rel=1e-3)


def test_it_stays_where_it_starts_on_the_same_head(anny: HeadModel, symmetric: np.ndarray):
    found = fit_neutral(anny, as_ict(anny, symmetric), symmetric)
    np.testing.assert_allclose(found.coefficients, symmetric, atol=0.05)


def test_the_mean_is_symmetric(anny: HeadModel, symmetric: np.ndarray):
    found = fit_neutral(anny, as_ict(anny, symmetric), np.ones(len(symmetric)))
    assert not found.coefficients[anny.shape_mirror.numpy() < 0].any()
