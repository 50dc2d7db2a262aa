"""The colours of one head of hair: of its dark and its white strands, its roots and its tips.

Colours and shares are by eye.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headsynth.people.person import Person
from headsynth.rendering.materials import srgb

_DYED = 0.03  # share of heads
_DYES = {
    "blue": srgb(38, 62, 140),
    "pink": srgb(190, 84, 128),
    "green": srgb(52, 110, 70),
    "purple": srgb(92, 48, 116),
    "copper": srgb(150, 66, 30),
    "platinum": srgb(222, 208, 180),
}
_WHITE = srgb(206, 204, 200)
_YOUTHFUL = (srgb(26, 22, 20), srgb(50, 36, 28), srgb(84, 60, 42))  # what grey hair was before
_GREY_NAMES = {"dark grey": (0.15, 0.4), "grey": (0.35, 0.75), "white": (0.88, 1.0)}  # share of white strands
_BRIGHTEST = 0.55  # linear; paler hair would glow


def distribution() -> dict[str, Any]:
    """The share of heads that are dyed, evenly in each colour."""
    return {"dyed": _DYED, "colours": list(_DYES)}


@dataclass(frozen=True)
class HairColour:
    """The linear colours of one head of hair."""

    word: str
    strand: np.ndarray  # (3,) a coloured strand, halfway along
    white: np.ndarray  # (3,) a strand that has gone grey
    grey: float  # share of those
    root: float  # factor on the colour at the root
    tip: np.ndarray  # (3,) factor at the tip
    spread: float  # how much strands differ, in e-folds

    @property
    def mean(self) -> np.ndarray:
        """(3,) linear, the mean colour of all strands, white ones included."""
        return self.strand * (1.0 - self.grey) + self.white * self.grey

    @classmethod
    def sample(cls, rng: np.random.Generator, person: Person) -> "HairColour":
        """Draw the colours of a head of hair from the person's hair colour; now and then it is dyed."""
        word, strand, grey = person.hair_name, person.hair_colour, 0.0
        if word in _GREY_NAMES:
            grey = rng.uniform(*_GREY_NAMES[word])
            strand = _YOUTHFUL[rng.integers(len(_YOUTHFUL))] * np.exp(rng.normal(0.0, 0.2))
        elif rng.random() < 0.35 * np.clip((person.identity.age - 30.0) / 30.0, 0.0, 1.0):
            grey = rng.uniform(0.02, 0.25)
        root, bleached = rng.uniform(0.7, 1.0), rng.uniform(0.0, 0.35)
        if person.identity.age > 12.0 and rng.random() < _DYED:
            word = list(_DYES)[rng.integers(len(_DYES))]
            strand, grey, root = _DYES[word] * np.exp(rng.normal(0.0, 0.25)), 0.0, rng.uniform(0.35, 1.0)
        tip = 1.0 + bleached * np.array([1.0, 0.85, 0.6])
        white = _WHITE * np.exp(rng.normal(0.0, 0.12) + rng.normal(0.0, 0.02, 3))
        strand, white = (np.minimum(colour, _BRIGHTEST).astype(np.float32) for colour in (strand, white))
        return cls(word, strand, white, grey, root, tip.astype(np.float32), rng.uniform(0.2, 0.42))

    def of_face(self, rng: np.random.Generator, person: Person) -> "HairColour":
        """The colours of beard and brows: never dyed, darker than blond hair, often redder."""
        strand = self.strand if self.word not in _DYES else person.hair_colour
        level = float(strand.mean())
        strand = strand * (0.35 / max(level, 0.35) if level > 0.35 else 1.0) * rng.uniform(0.6, 1.0)
        warm = max(rng.normal(0.05, 0.12), 0.0)
        strand = strand * np.array([1.0 + warm, 1.0, 1.0 - 0.5 * warm])
        grey = float(np.clip(self.grey * rng.uniform(0.5, 1.5), 0.0, 1.0))
        tip = np.ones(3, np.float32)
        return replace(self, strand=strand.astype(np.float32), grey=grey, root=0.9, tip=tip)
