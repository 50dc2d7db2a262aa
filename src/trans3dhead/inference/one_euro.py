"""The One-Euro filter: strong smoothing of what rests, little of what moves. For vectors and for rotations.

Casiez, Roussel, Vogel, "1 € Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive Systems",
CHI 2012. Both filters take the time of each value, so that a clip smooths alike at any frame rate.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from trans3dhead.geometry.matrices import matrix_from_rotation_vector, rotation_vector


@dataclass(frozen=True)
class OneEuroSettings:
    """How much is smoothed. A low-pass filter of cutoff f lags what moves evenly by 1 / (2 π f) seconds."""

    least_cutoff: float  # Hz, of what rests: lower is steadier
    per_speed: float  # Hz for a unit of the value a second: higher lags less
    speed_cutoff: float  # Hz, of the low-pass filter of the speed itself: higher notices a start earlier

    def __post_init__(self) -> None:
        if not (self.least_cutoff > 0 and self.per_speed >= 0 and self.speed_cutoff > 0):
            raise ValueError(f"expected cutoffs above 0 Hz and a slope of 0 or more, got {self}")

    def weight(self, velocity: np.ndarray, seconds: float) -> np.ndarray:
        """(..., k) units a second -> (..., 1) of the new value, so many seconds after the last, against the old."""
        speed = np.linalg.norm(velocity, axis=-1, keepdims=True)
        return _weight(self.least_cutoff + self.per_speed * speed, seconds)

    def followed(self, velocity: np.ndarray, measured: np.ndarray, seconds: float) -> np.ndarray:
        """The smoothed velocity, so many seconds later, when another is measured; (..., k) units a second each."""
        return velocity + _weight(self.speed_cutoff, seconds) * (measured - velocity)


class OneEuroFilter:
    """Smooths points or coefficients: call it with each value and its time."""

    def __init__(self, settings: OneEuroSettings) -> None:
        self._settings = settings
        self._value: np.ndarray | None = None
        self._clock = _Clock()

    def __call__(self, value: np.ndarray, time: float, unit: float = 1.0) -> np.ndarray:
        """(..., k) and its time in seconds -> (..., k) smoothed.

        Each vector of k numbers has a cutoff of its own, by its speed. unit: the length that the settings call one, in
        units of the value, such as the size of a head in pixels.
        """
        value = np.asarray(value, np.float64)
        seconds = self._clock.since_last(time)
        if self._value is None:
            self._value, self._velocity = value, np.zeros_like(value)
            return value
        measured = (value - self._value) / (unit * seconds)
        self._velocity = self._settings.followed(self._velocity, measured, seconds)
        self._value = self._value + self._settings.weight(self._velocity, seconds) * (value - self._value)
        return self._value


class OneEuroRotation:
    """Smooths a rotation along the shortest turn to each new one; the settings' unit is a radian."""

    def __init__(self, settings: OneEuroSettings) -> None:
        self._settings = settings
        self._rotation: np.ndarray | None = None
        self._velocity = np.zeros(3)  # radians a second, about the axes of the space that is turned into
        self._clock = _Clock()

    def __call__(self, rotation: np.ndarray, time: float) -> np.ndarray:
        """(3, 3) and its time in seconds -> (3, 3) smoothed.

        Of rotations about one axis it is what `OneEuroFilter` makes of their angles.
        """
        rotation = np.asarray(rotation, np.float64)
        seconds = self._clock.since_last(time)
        if self._rotation is None:
            self._rotation = rotation
            return rotation
        turn = rotation_vector(rotation @ self._rotation.T)
        self._velocity = self._settings.followed(self._velocity, turn / seconds, seconds)
        share = self._settings.weight(self._velocity, seconds)
        self._rotation = matrix_from_rotation_vector(share * turn) @ self._rotation
        return self._rotation


class _Clock:
    """Seconds from one value to the next."""

    def __init__(self) -> None:
        self._last: float | None = None

    def since_last(self, time: float) -> float:
        """Seconds since the last call, 0 at the first. Raises ValueError where time stands still or runs back."""
        seconds = 0.0 if self._last is None else time - self._last
        if not math.isfinite(time) or (self._last is not None and seconds <= 0):
            raise ValueError(f"time: expected seconds that increase from frame to frame, got {time} after {self._last}")
        self._last = time
        return seconds


def _weight(cutoff: Any, seconds: float) -> Any:
    """The weight of a new value, so many seconds after the last, in exponential smoothing. cutoff: Hz, a number or an
    array.
    """
    return 1.0 / (1.0 + 1.0 / (2.0 * np.pi * cutoff * seconds))
