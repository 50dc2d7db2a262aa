"""Alignment and principal components on made-up heads."""

import numpy as np
import pytest

from trans3dhead.head_model.anny.statistics import (
    align,
    mirror_heads,
    principal_components,
    reconstruct,
    regress,
    rigid_alignment,
)

MIRROR = np.array([1, 0, 3, 2, 4, 5])  # two pairs and two vertices on the midline
TARGET = np.array([[0.1, 0, 0], [-0.1, 0, 0], [0.05, 0.1, 0.1], [-0.05, 0.1, 0.1], [0, 0.2, -0.1], [0, -0.1, 0.05]])


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


def _rotations(random: np.random.Generator, count: int) -> np.ndarray:
    matrices = np.linalg.qr(random.normal(size=(count, 3, 3)))[0]
    return matrices * np.linalg.det(matrices)[:, None, None]


def test_alignment_undoes_a_rigid_motion(random: np.random.Generator):
    rotations, shifts = _rotations(random, 20), random.normal(size=(20, 1, 3))
    heads = TARGET @ rotations.transpose(0, 2, 1) + shifts
    align(heads, TARGET, np.ones(6))
    np.testing.assert_allclose(heads, np.broadcast_to(TARGET, heads.shape), atol=1e-12)


def test_alignment_never_mirrors_nor_scales(random: np.random.Generator):
    heads = np.stack((2 * TARGET, TARGET * [-1, 1, 1]))
    rotation, _ = rigid_alignment(heads, TARGET + 0.01 * random.normal(size=TARGET.shape), np.ones(6))
    np.testing.assert_allclose(np.linalg.det(rotation), 1)


def test_vertices_without_weight_do_not_count(random: np.random.Generator):
    heads = np.stack((TARGET, TARGET))
    heads[1, 4:] += 1.0
    rotation, translation = rigid_alignment(heads, TARGET, np.array([1, 1, 1, 1, 0, 0]))
    np.testing.assert_allclose(rotation[1], np.eye(3), atol=1e-12)
    np.testing.assert_allclose(translation[1], 0, atol=1e-12)


def test_components_are_those_of_the_heads_with_their_mirror_images(random: np.random.Generator):
    heads = (TARGET + 0.01 * random.normal(size=(500, 6, 3))).astype(np.float32)
    found = principal_components(heads, MIRROR, 18, seed=0)
    both = np.concatenate((heads, mirror_heads(heads, MIRROR))).astype(np.float64).reshape(1000, -1)
    np.testing.assert_allclose(found.mean.ravel(), both.mean(axis=0), atol=1e-7)
    expected = np.sqrt(np.linalg.eigvalsh(np.cov(both.T, bias=True))[::-1])
    deviations = np.linalg.norm(found.basis.reshape(len(found.basis), -1), axis=1)
    np.testing.assert_allclose(deviations, expected[: len(deviations)], rtol=1e-4)
    assert len(found.basis) == 18


def test_components_are_exactly_symmetric_or_antisymmetric(random: np.random.Generator):
    heads = (TARGET + 0.01 * random.normal(size=(200, 6, 3))).astype(np.float32)
    found = principal_components(heads, MIRROR, 10, seed=0)
    assert np.array_equal(mirror_heads(found.basis, MIRROR), found.signs[:, None, None] * found.basis)
    assert np.array_equal(mirror_heads(found.mean, MIRROR), found.mean)


def test_scores_are_the_coefficients_of_the_heads(random: np.random.Generator):
    heads = (TARGET + 0.01 * random.normal(size=(200, 6, 3))).astype(np.float32)
    found = principal_components(heads, MIRROR, 18, seed=0)
    again = found.mean + np.tensordot(found.scores, found.basis, axes=1)
    np.testing.assert_allclose(again, heads, atol=1e-6)
    np.testing.assert_allclose(found.scores.std(axis=0), 1, rtol=0.15)
    distance, coefficients = reconstruct(heads.astype(np.float64), found.mean, found.basis, 18)
    assert distance.max() < 1e-6
    np.testing.assert_allclose(coefficients, found.scores, atol=1e-3)


def test_regression_finds_what_depends_on_the_components(random: np.random.Generator):
    scores = random.normal(size=(300, 4))
    signs = np.array([1, -1, 1, -1])
    truth = random.normal(size=(4, 6, 3))
    truth = truth + signs[:, None, None] * mirror_heads(truth, MIRROR)
    scores -= scores.mean(axis=0)
    values = (TARGET + np.tensordot(scores, truth, axes=1)).astype(np.float32)
    np.testing.assert_allclose(regress(values, scores, MIRROR, signs), truth, atol=1e-4)
