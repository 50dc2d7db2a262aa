"""Who a person is: the shape of the head, and what goes with it.

Ages, genders and ancestries are by eye. How wide heads vary was checked on 13 annotated photographs of AFLW2000-3D
(docs/synthetic-data.md, People); the words for ages are DAD-3DHeads', their years by eye.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from headsynth.identity_prior.prior import IdentityPrior, Phenotypes
from trans3dhead.head_model import HeadModel

ANCESTRIES = ("african", "asian", "european")
# Share of people, and their ages in years, uniform within a row.
_AGES = ((0.10, 3, 13), (0.08, 13, 18), (0.47, 18, 40), (0.21, 40, 60), (0.14, 60, 90))
# DAD-3DHeads' words and the age at which each begins.
_AGE_GROUPS = (("child", 0.0), ("young", 14.0), ("middle_aged", 40.0), ("senior", 60.0))
_BETWEEN = 0.06  # share of people between the genders
_CLEAR = 0.12  # further from 0 or 1 nobody else is
_MIXED = 0.3  # share of people with any mixture of ancestries; of the others one has about nine tenths
# How a head differs from the mean of its phenotypes: share of people, how far towards the mean of scanned people,
# deviation of scans, deviation of sliders. An artist's average has thicker lips, a wider nose and a lower mouth than
# people have. Scanned people vary less than an artist's sliders, and leave out what the scans do not cover; the last
# kind is wider than people are, so that no head is outside of what was seen.
_KINDS = {"scanned": (0.5, 1.0, 1.0, 0.45), "sliders": (0.38, 0.6, 0.0, 0.85), "wide": (0.12, 0.8, 1.0, 1.15)}
_COMPLEXION = (4, 2, 0)  # of ANCESTRIES: the first of two polynomials on the scale of skin tones
_BUILD, _BUILD_LIMITS = (0.2, 0.2, 0.1, 0.1), (0.1, 0.9)  # deviations of weight, muscle, height, proportions
_DIRECTION_LIMIT = 2.5  # deviations along any one direction
_RADIUS_LIMIT = 1.15  # times the root mean square length of a draw: less than 1 % lie outside
_SHAPE_LIMIT = 4.0  # of a coefficient


@dataclass(frozen=True)
class Identity:
    """The shape of a head, and the life that it has led."""

    shape: np.ndarray  # (S,) float32 coefficients of the head model
    age: float  # years
    female: float  # 0 male to 1 female
    ancestry: str  # african, asian or european, the head's dominant share
    shares: np.ndarray = field(default_factory=lambda: np.full(3, 1 / 3))  # (3,) of ANCESTRIES

    @property
    def age_group(self) -> str:
        """child, young, middle_aged or senior, as in DAD-3DHeads."""
        return [name for name, begins in _AGE_GROUPS if self.age >= begins][-1]

    @property
    def gender(self) -> str:
        """female, male, or undefined between, as in DAD-3DHeads."""
        return "female" if self.female > 2 / 3 else "male" if self.female < 1 / 3 else "undefined"

    @property
    def attributes(self) -> dict[str, str]:
        """Age, gender and ancestry in words, for annotations."""
        return {"age": self.age_group, "gender": self.gender, "ancestry": self.ancestry}


def distribution() -> dict[str, Any]:
    """How people are drawn, for the manifest of a set."""
    return {
        "ages": [list(row) for row in _AGES],
        "between genders": _BETWEEN,
        "mixed ancestries": _MIXED,
        "kinds": {name: list(row) for name, row in _KINDS.items()},
    }


def sample_identity(rng: np.random.Generator, head: HeadModel) -> Identity:
    """One person: phenotypes first, then a head about their mean. Mirrored heads are equally likely."""
    phenotypes, prior = _sample_phenotypes(rng), _prior().of(head)
    kinds = list(_KINDS.values())
    _, towards, scans, sliders = kinds[rng.choice(len(kinds), p=[share for share, *_ in kinds])]
    shape = prior.mean(phenotypes)[0] + towards * prior.scan_mean
    if scans:
        shape = shape + scans * bounded_normal(rng, len(prior.scans)) @ prior.scans
    if sliders:
        shape = shape + sliders * bounded_normal(rng, len(prior.sliders)) @ prior.sliders
    shares = phenotypes.ancestry[0]
    return Identity(
        np.clip(shape, -_SHAPE_LIMIT, _SHAPE_LIMIT).astype(np.float32),
        float(phenotypes.age[0]),
        float(phenotypes.female[0]),
        ANCESTRIES[int(shares.argmax())],
        shares,
    )


def bounded_normal(rng: np.random.Generator, size: int) -> np.ndarray:
    """(size,) standard normal, held inside a box and a ball, so that no head is a monster."""
    draw = np.clip(rng.normal(size=size), -_DIRECTION_LIMIT, _DIRECTION_LIMIT)
    return draw * min(1.0, _RADIUS_LIMIT * np.sqrt(size) / np.linalg.norm(draw))


def complexion_given(rng: np.random.Generator, identity: Identity) -> float:
    """A place 0 (fair) to 1 (dark) on the scale of skin tones, uniform over all people together.

    The six Bernstein polynomials of degree five add up to the uniform density; european ancestry draws from the two
    fairest, asian from the two in the middle, african from the two darkest, mixed people from either side.
    """
    step = _COMPLEXION[int(rng.choice(3, p=identity.shares))] + int(rng.integers(2))
    return float(rng.beta(step + 1, 6 - step))


@cache
def _prior() -> IdentityPrior:
    return IdentityPrior.shipped()


def _sample_phenotypes(rng: np.random.Generator) -> Phenotypes:
    """The age, gender, ancestry and build of one person."""
    _, low, high = _AGES[rng.choice(len(_AGES), p=[share for share, *_ in _AGES])]
    female = float(rng.random() < 0.5)
    female = rng.random() if rng.random() < _BETWEEN else abs(female - _CLEAR * rng.random())
    shares = rng.dirichlet((1.0, 1.0, 1.0))
    if rng.random() > _MIXED:
        shares = 0.15 * shares + 0.85 * np.eye(3)[rng.integers(3)]
    build = np.clip(rng.normal(0.5, _BUILD), *_BUILD_LIMITS)
    return Phenotypes(np.array([rng.uniform(low, high)]), np.array([female]), shares[None], *build[:, None])
