"""All light on a head: the surroundings, their brightest lamp, and others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trans3dhead.synth.rendering.environment import LUMINANCE, Lamp, PlacedEnvironment


@dataclass(frozen=True)
class Light:
    """All light on a head."""

    surroundings: PlacedEnvironment
    fill: np.ndarray  # (3,) factor on the surroundings
    lamps: Sequence[Lamp]


def sample_light(rng: np.random.Generator, surroundings: PlacedEnvironment) -> tuple[Light, str]:
    """The surroundings' own lamp, and sometimes another, from anywhere; now and then a hard one from the side."""
    fill = np.full(3, np.exp(rng.normal(0.0, 0.2)))
    lamps = []
    own = surroundings.environment.lamp_irradiance
    strength = float(own @ LUMINANCE)
    kind = "surroundings"
    if strength > 0.05:
        limit = np.exp(rng.uniform(np.log(0.4), np.log(3.0)))
        lamps.append(
            Lamp(surroundings.lamp_direction, own * min(1.0, limit / strength), np.deg2rad(rng.uniform(1.0, 9.0)))
        )
    draw = rng.random()
    if draw < 0.5:
        direction = rng.normal(size=3) * [1.0, 0.7, 0.6] + [0.0, -0.5, -0.7]
        warmth = np.exp(rng.normal(0.0, 0.12) * np.array([1.0, 0.0, -1.2]))
        colour = warmth * np.exp(rng.uniform(np.log(0.3), np.log(2.5)))
        kind = "lamp"
        if draw < 0.12:
            direction, colour, kind = rng.normal(size=3) * [1.0, 0.35, 0.5] + [0, -0.2, 0], colour * 2.0, "hard"
            fill = fill * rng.uniform(0.25, 0.6)
        radius = np.deg2rad(np.exp(rng.uniform(np.log(1.0), np.log(18.0))))
        lamps.append(Lamp((direction / np.linalg.norm(direction)), colour, radius))
    return Light(surroundings, fill.astype(np.float32), lamps), kind
