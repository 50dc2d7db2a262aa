"""Where on one head hair grows: the height and shape of the hairline, temples and crown that have gone bald.

Numbers are by eye.
"""

from dataclasses import dataclass

import numpy as np

_CROWN = np.array([0.0, 0.10, -0.045])  # metres, head space: the middle of what goes bald on top


@dataclass(frozen=True)
class Hairline:
    """Metres; a hairline that nobody has moved is all zeros."""

    front: float = 0.0  # how much higher than usual
    peak: float = 0.0  # widow's peak
    recede: float = 0.0  # at the temples
    crown: float = 0.0  # radius that is bald
    wave: tuple[float, float] = (0.0, 0.0)  # amplitude, phase of its unevenness

    @classmethod
    def sample(cls, rng: np.random.Generator, loss: float) -> "Hairline":
        """A hairline for somebody who has lost hair; loss: 0 to 1.3, as `sample_loss` gives it."""
        front = rng.normal(0.0, 0.004) + 0.025 * loss
        peak = max(rng.normal(0.0, 0.006), 0.0)
        crown = rng.uniform(0.03, 0.075) if rng.random() < 0.55 * loss else 0.0
        return cls(front, peak, 0.042 * loss, crown, (rng.uniform(0.001, 0.003), rng.uniform(0.0, 2.0 * np.pi)))

    def above(self, points: np.ndarray, height: np.ndarray) -> np.ndarray:
        """(N, 3) on the template, (N,) metres above the usual hairline -> (N,) metres above this one."""
        x, z = np.abs(points[:, 0]), points[:, 2]
        ahead = np.clip((z + 0.005) / 0.06, 0.0, 1.0)
        moved = self.front - self.peak * np.exp(-np.square(x / 0.012))
        moved = moved + self.recede * np.exp(-np.square((x - 0.045) / 0.020))
        own = height - moved * ahead
        own = own + self.wave[0] * np.sin(np.arctan2(x, z) * 17.0 + self.wave[1])
        if self.crown:
            far = np.linalg.norm((points - _CROWN) * [1.0, 0.6, 0.8], axis=1)
            own = np.minimum(own, far - self.crown)
        return own


def sample_loss(rng: np.random.Generator, female: float, age: float) -> float:
    """How much hair a person has lost, 0 to 1.3: men lose it with age. female: 0..1; age: years."""
    return float(rng.random() ** 1.5 * np.clip((age - 20.0) / 45.0, 0.0, 1.3) * (1.0 - 0.85 * female))
