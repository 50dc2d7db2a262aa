"""How often things are worn, and by whom.

The ages are by eye.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from headsynth.people.person import Person
from headsynth.wear.accessory import Accessory, Room

_YOUNG, _OLD = 14.0, 60.0  # years


@dataclass(frozen=True)
class Popularity:
    """How often middle-aged heads wear a thing, and by which factors women, children and old people do more often."""

    share: float
    female: float = 1.0  # over men
    young: float = 1.0
    old: float = 1.0

    def of(self, female: float, age: float) -> float:
        """The share of people like one person who wear it: female 0..1, age in years."""
        gender = (1.0 + (self.female - 1.0) * female) / (0.5 * (1.0 + self.female))
        return self.share * gender * (self.young if age < _YOUNG else self.old if age > _OLD else 1.0)


class WornKind(Protocol):
    """An entry of a table of things to wear."""

    @property
    def popularity(self) -> Popularity:
        """How often it is worn, and by whom."""
        ...


class KindBesideHeadwear(WornKind, Protocol):
    """One that not all headwear leaves room for."""

    def fits(self, room: Room) -> bool:
        """Whether it goes with what is on the head already."""
        ...


def choose(rng: np.random.Generator, kinds: Mapping[str, WornKind], person: Person) -> str:
    """The name of one kind that a person wears, or "none"."""
    draw = rng.random()
    for name, kind in kinds.items():
        draw -= kind.popularity.of(person.identity.female, person.identity.age)
        if draw < 0.0:
            return name
    return "none"


def choose_beside(
    rng: np.random.Generator, kinds: Mapping[str, KindBesideHeadwear], person: Person, headwear: Accessory
) -> str:
    """As `choose`, and "none" where the kind does not go with the headwear."""
    kind = choose(rng, kinds, person)
    return kind if kind != "none" and kinds[kind].fits(headwear.room) else "none"


def popularities(kinds: Mapping[str, WornKind]) -> dict[str, Any]:
    """For each kind the share of middle-aged heads, and how much more often women, children and old people wear it."""
    return {name: asdict(kind.popularity) for name, kind in kinds.items()}
