"""Sampled people: bounded, reproducible, and looking their age."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from headsynth.people.identities import (
    ANCESTRIES,
    Identity,
    bounded_normal,
    complexion_given,
    sample_identity,
)
from trans3dhead.head_model import HeadModel


@pytest.fixture(scope="module")
def people(wardrobe) -> list[Identity]:
    rng = np.random.default_rng(0)
    return [sample_identity(rng, wardrobe.head) for _ in range(4000)]


def _faces(head: HeadModel, people: list[Identity]) -> np.ndarray:
    """(N, 68, 3) metres, of the first few hundred."""
    shape = torch.from_numpy(np.stack([person.shape for person in people[:400]]))
    return head.landmarks(head(shape, torch.zeros(len(shape), head.layout.expression))).numpy()


def _mean_distance(faces: np.ndarray, one: int, other: int) -> float:
    return float(np.linalg.norm(faces[:, one] - faces[:, other], axis=1).mean())


def test_the_same_numbers_give_the_same_person(wardrobe):
    one, same, other = (sample_identity(np.random.default_rng(seed), wardrobe.head) for seed in (1, 1, 2))
    assert np.array_equal(one.shape, same.shape)
    assert (one.age, one.female, one.ancestry) == (same.age, same.female, same.ancestry)
    assert not np.array_equal(one.shape, other.shape)


def test_another_head_model_is_refused(toy: HeadModel):
    with pytest.raises(ValueError, match="belongs to the head model"):
        sample_identity(np.random.default_rng(0), toy)


def test_heads_are_bounded_and_vary_at_least_as_independent_coefficients_would(people: list[Identity]):
    shapes = np.stack([person.shape for person in people])
    assert np.isfinite(shapes).all()
    assert np.abs(shapes).max() <= 4.0
    assert 0.9 < shapes.std(axis=0).mean() < 1.2


def test_no_draw_lies_outside_its_ball_and_box(rng: np.random.Generator):
    draws = np.stack([bounded_normal(rng, 40) for _ in range(2000)])
    assert np.abs(draws).max() <= 2.5
    assert np.linalg.norm(draws, axis=1).max() <= 1.15 * np.sqrt(40) + 1e-9
    assert abs(draws.mean()) < 0.02


def test_people_are_of_every_kind(people: list[Identity]):
    assert {person.age_group for person in people} == {"child", "young", "middle_aged", "senior"}
    assert {person.gender for person in people} == {"female", "male", "undefined"}
    assert all(3 <= person.age <= 90 for person in people)
    for word in ANCESTRIES:
        assert abs(np.mean([person.ancestry == word for person in people]) - 1 / 3) < 0.03
    women, men = (sum(person.gender == word for person in people) for word in ("female", "male"))
    assert abs(women - men) < 0.05 * len(people)
    for person in people[:50]:
        assert person.ancestry == ANCESTRIES[int(person.shares.argmax())]
        assert abs(person.shares.sum() - 1.0) < 1e-9


def test_children_are_small_with_large_eyes_and_men_have_broad_jaws(wardrobe, people: list[Identity]):
    children = _faces(wardrobe.head, [person for person in people if person.age < 11])
    adults = _faces(wardrobe.head, [person for person in people if person.age > 20])
    assert _mean_distance(children, 27, 8) < 0.9 * _mean_distance(adults, 27, 8)
    ratio = [_mean_distance(faces, 36, 39) / _mean_distance(faces, 27, 8) for faces in (children, adults)]
    assert ratio[0] > 1.03 * ratio[1]
    grown = [person for person in people if person.age > 20]
    jaws = [
        _mean_distance(_faces(wardrobe.head, [p for p in grown if p.gender == word]), 4, 12)
        for word in ("male", "female")
    ]
    assert jaws[0] > 1.02 * jaws[1]


def test_mirrored_people_are_equally_likely(wardrobe, people: list[Identity]):
    """What the mirror turns round averages out, and goes with nothing that it leaves."""
    signs = wardrobe.head.shape_mirror.numpy()
    shapes = np.stack([person.shape for person in people])
    even, odd = shapes[:, signs > 0], shapes[:, signs < 0]
    error = odd.std(axis=0) / np.sqrt(len(people))
    assert (np.abs(odd.mean(axis=0)) < 4.5 * error).all()
    correlation = np.corrcoef(even.T, odd.T)[: even.shape[1], even.shape[1] :]
    assert np.abs(correlation).max() < 5.5 / np.sqrt(len(people))


def test_complexions_are_uniform_over_all_people(people: list[Identity]):
    rng = np.random.default_rng(1)
    places = [complexion_given(rng, person) for person in people]
    counts = np.histogram(places, bins=10, range=(0.0, 1.0))[0]
    assert counts.sum() == len(people)
    assert np.abs(counts - len(people) / 10).max() < 4.5 * np.sqrt(len(people) * 0.09)


def test_complexion_goes_with_ancestry_but_not_strictly(people: list[Identity]):
    rng = np.random.default_rng(1)
    places = {
        word: np.array([complexion_given(rng, replace(people[0], shares=shares)) for _ in range(400)])
        for word, shares in zip(ANCESTRIES, np.eye(3), strict=True)
    }
    assert places["european"].mean() < places["asian"].mean() < places["african"].mean()
    assert places["european"].max() > np.median(places["asian"])
    assert places["african"].min() < np.median(places["asian"])
