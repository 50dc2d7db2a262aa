"""How often things are worn, and by whom."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from headsynth.people.person import Person

_YOUNG, _OLD = 14.0, 60.0  # years


@dataclass(frozen=True)
class Share:
    """Of all heads of middle age; the factors say how much more often women, children and old people wear it."""

    share: float
    female: float = 1.0  # over men
    young: float = 1.0
    old: float = 1.0

    def of(self, female: float, age: float) -> float:
        """For one person: female 0..1, age in years."""
        gender = (1.0 + (self.female - 1.0) * female) / (0.5 * (1.0 + self.female))
        return self.share * gender * (self.young if age < _YOUNG else self.old if age > _OLD else 1.0)


def choose(rng: np.random.Generator, shares: Mapping[str, Share], person: Person) -> str:
    """One kind, or "none"."""
    draw = rng.random()
    for kind, share in shares.items():
        draw -= share.of(person.identity.female, person.identity.age)
        if draw < 0.0:
            return kind
    return "none"
