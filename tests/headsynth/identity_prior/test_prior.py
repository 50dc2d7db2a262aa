"""The prior of identities: its file, and what age, gender and ancestry do to a head."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from headsynth.identity_prior.prior import AVERAGE_ADULT, IdentityPrior, Phenotypes, mirror_factor
from trans3dhead.head_model import HeadModel


@pytest.fixture(scope="module")
def prior() -> IdentityPrior:
    return IdentityPrior.shipped()


def _landmarks(head: HeadModel, shape: np.ndarray) -> np.ndarray:
    """(N, 68, 3) metres."""
    coefficients = torch.from_numpy(shape).float()
    return head.landmarks(head(coefficients, torch.zeros(len(coefficients), head.layout.expression))).numpy()


def _mean(prior: IdentityPrior, **changes: float | list[float]) -> np.ndarray:
    """(1, S) the mean head of an average adult but for some phenotypes."""
    return prior.mean(replace(AVERAGE_ADULT, **{name: np.array([value]) for name, value in changes.items()}))


def _distance(points: np.ndarray, one: int, other: int) -> float:
    return float(np.linalg.norm(points[one] - points[other]))


def test_it_belongs_to_the_head_model_that_ships(prior: IdentityPrior, toy: HeadModel):
    assert prior.of(HeadModel.shipped("anny")) is prior
    with pytest.raises(ValueError, match="identity prior: belongs to"):
        prior.of(toy)


def test_a_file_comes_back(prior: IdentityPrior, tmp_path: Path):
    prior.save(tmp_path / "prior.safetensors", {"source": "a test"})
    again = IdentityPrior.load(tmp_path / "prior.safetensors")
    assert again.geometry_hash == prior.geometry_hash
    assert np.array_equal(again.sliders, prior.sliders)
    assert np.array_equal(again.phenotype_weights, prior.phenotype_weights)


def test_another_file_is_refused(tmp_path: Path):
    wrong = tmp_path / "prior.safetensors"
    wrong.write_bytes(b"not a prior")
    with pytest.raises(ValueError, match="expected an identity prior"):
        IdentityPrior.load(wrong)


def test_a_prior_of_wrong_width_is_refused(prior: IdentityPrior, tmp_path: Path):
    replace(prior, scans=prior.scans[:, :-1]).save(tmp_path / "prior.safetensors", {})
    with pytest.raises(ValueError, match="scans"):
        IdentityPrior.load(tmp_path / "prior.safetensors")


def test_mirrored_heads_are_equally_likely(prior: IdentityPrior, anny: HeadModel):
    """The mean is symmetric; each direction of variation is symmetric or antisymmetric."""
    signs = anny.shape_mirror.numpy()
    assert not prior.phenotype_weights[:, signs < 0].any()
    assert not prior.scan_mean[signs < 0].any()
    for rows in (prior.sliders, prior.scans):
        symmetric, antisymmetric = rows[:, signs > 0].any(axis=1), rows[:, signs < 0].any(axis=1)
        assert (symmetric ^ antisymmetric).all()
        assert antisymmetric.any()


def test_a_mirror_factor_has_the_covariance_of_the_mirrored_population(rng_rows: np.ndarray):
    signs, weights = np.array([1, -1, 1, 1, -1]), np.array([3.0, 2.0, 1.0, 0.5, 0.1])
    factor = mirror_factor(rng_rows, signs, weights)
    both = (rng_rows.T @ rng_rows + (rng_rows * signs).T @ (rng_rows * signs)) / 2
    np.testing.assert_allclose(factor.T @ factor, both, atol=1e-12)


@pytest.fixture
def rng_rows() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(7, 5))


def test_features_are_linear_between_the_sources_own_heads():
    """Half way between two ancestries lies the mean of both."""
    ends = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.5, 0.0, 0.5]])
    same = [np.repeat(value, 3, axis=0) for value in vars(AVERAGE_ADULT).values()]
    features = Phenotypes(same[0], same[1], ends, *same[3:]).features()
    np.testing.assert_allclose(features[2], (features[0] + features[1]) / 2)


def test_heads_grow_until_they_are_adult(prior: IdentityPrior, anny: HeadModel):
    faces = [_landmarks(anny, _mean(prior, age=age))[0] for age in (3.0, 7.0, 12.0, 25.0)]
    heights = [_distance(face, 27, 8) for face in faces]
    assert heights == sorted(heights)
    eyes = [_distance(face, 36, 39) / _distance(face, 27, 8) for face in faces]
    assert eyes == sorted(eyes, reverse=True)  # children have large eyes in small faces


def test_gender_and_ancestry_show(prior: IdentityPrior, anny: HeadModel):
    man, woman = (_landmarks(anny, _mean(prior, female=female))[0] for female in (0.0, 1.0))
    assert _distance(man, 4, 12) > 1.03 * _distance(woman, 4, 12)  # the jaw
    heads = [_landmarks(anny, _mean(prior, ancestry=shares))[0] for shares in np.eye(3)]
    noses = [_distance(face, 31, 35) / _distance(face, 0, 16) for face in heads]
    assert noses[0] > noses[2]  # african and european
