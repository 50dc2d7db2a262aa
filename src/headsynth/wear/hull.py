"""The tightest cloth about a head: a convex hull, given as a distance from its middle in any direction.

The number of planes is measured: the hull overshoots by at most half a millimetre on a head.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

_SUPPORTS = 700  # planes; the hull overshoots by at most half a millimetre on a head
_LEAST = 0.02  # metres from the middle to any plane


@dataclass(frozen=True)
class Hull:
    """A convex body about `centre`, by its planes."""

    centre: np.ndarray  # (3,) metres, head space
    planes: np.ndarray  # (K, 3) float32 1/metres: their unit normals over their distances from the centre

    @classmethod
    def of(cls, points: np.ndarray, centre: np.ndarray, lowest: float = -1.0) -> "Hull":
        """About (N, 3) points; planes that look down more than `lowest` (a sine) are left out: open below."""
        normals = _directions(_SUPPORTS)
        normals = normals[normals[:, 1] > lowest]
        reach = (normals @ (points - centre).astype(np.float32).T).max(axis=1)
        return cls(centre, normals / np.maximum(reach, _LEAST)[:, None])

    def radius(self, directions: np.ndarray) -> np.ndarray:
        """(..., 3) unit directions -> (...) metres from the centre to the hull."""
        flat = directions.reshape(-1, 3).astype(np.float32)
        return (1.0 / (flat @ self.planes.T).max(axis=1)).reshape(directions.shape[:-1])

    def onto(self, points: np.ndarray, gap: float | np.ndarray) -> np.ndarray:
        """(..., 3) points, those less than `gap` metres outside of the hull moved out to there."""
        arm = points - self.centre
        length = np.linalg.norm(arm, axis=-1)
        away = arm / np.maximum(length, 1e-9)[..., None]
        least = self.radius(away) + gap
        return self.centre + away * np.maximum(length, least)[..., None]


@lru_cache(maxsize=4)
def _directions(count: int) -> np.ndarray:
    """(count, 3) float32, spread evenly over the sphere, mirror-symmetric in x."""
    index = np.arange(count // 2) + 0.5
    x, angle = index / (count // 2), index * (np.pi * (3.0 - np.sqrt(5.0)))
    radius = np.sqrt(1.0 - x * x)
    half = np.stack((x, radius * np.cos(angle), radius * np.sin(angle)), axis=1)
    both = np.concatenate((half, half * [-1.0, 1.0, 1.0])).astype(np.float32)
    both.setflags(write=False)
    return both
