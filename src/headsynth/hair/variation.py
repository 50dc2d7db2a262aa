"""How hair that was grown beforehand differs from head to head.

Numbers are by eye.
"""

from dataclasses import dataclass

import numpy as np

from headsynth.hair.tresses import Bound

_FIRM = 0.03  # metres of a lock from its root within which it is hardly moved
_SWAY = 0.0012  # metres


@dataclass(frozen=True)
class Variation:
    """How one person's hair differs from the hair of the pool; drawn once a head."""

    mirrored: bool = False
    cut: float = 1.0  # share of the length that is left
    swell: float = 0.0  # metres off the skin
    sway: np.ndarray | None = None  # (3, 3) metres, of three slow waves through space
    waves: np.ndarray | None = None  # (3, 4) their numbers, radians a metre, and phases

    @classmethod
    def sample(cls, rng: np.random.Generator, volume: float) -> "Variation":
        """A mirror, a cut, a swell and a sway; volume: metres that the style's outermost hair lies off the skin."""
        waves = np.column_stack((rng.normal(0.0, 28.0, (3, 3)), rng.uniform(0.0, 2.0 * np.pi, 3)))
        return cls(
            bool(rng.random() < 0.5), rng.uniform(0.82, 1.0), volume * rng.uniform(-0.1, 0.2),
            rng.normal(0.0, _SWAY, (3, 3)).astype(np.float32), waves.astype(np.float32),
        )  # fmt: skip

    def of_places(self, bound: Bound) -> np.ndarray:
        """(3, n) places on the template, the longer from the root the more moved."""
        places = bound.places
        if self.sway is None or self.waves is None:
            return places
        steps = np.diff(places.reshape(3, *bound.shape), axis=2)
        length = np.sqrt(np.square(steps).sum(axis=0)).sum(axis=1)
        free = np.minimum(bound.shares * (length / _FIRM)[:, None], 2.0).ravel().astype(np.float32)
        waves = np.sin(self.waves[:, :3] @ places + self.waves[:, 3:])
        places += (self.sway @ waves) * free
        places += bound.away * (np.minimum(free, 1.0) * np.float32(self.swell))
        return places

    def shortened(self, places: np.ndarray, hidden: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(3, N, K + 1) and (N, K + 1): the locks without their tips, as many places as before."""
        if self.cut >= 1.0:
            return places, hidden
        wanted = shares * np.float32(self.cut)
        index = np.clip(np.searchsorted(shares, wanted, side="right") - 1, 0, len(shares) - 2)
        part = (wanted - shares[index]) / (shares[index + 1] - shares[index])
        shorter = places[..., index] * (1.0 - part) + places[..., index + 1] * part
        return shorter.astype(np.float32), hidden[:, index] & hidden[:, index + 1]


STILL = Variation()
