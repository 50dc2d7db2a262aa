"""What hangs from tied hair: a tail or a bun.

Numbers are by eye.
"""

from itertools import pairwise

import numpy as np

from headsynth.hair.ground import HairGround
from headsynth.hair.growth import HairPlan, shares
from headsynth.hair.styles import HairStyle
from headsynth.hair.tresses import Tresses

_LOCKS, _SEGMENTS = 90, 12


def make_tail(rng: np.random.Generator, ground: HairGround, drawn: HairPlan, style: HairStyle) -> Tresses:
    """Locks that start at the tie; bound to the skin next to it."""
    nearest = int(np.square(drawn.roots.points - drawn.tie).sum(axis=1).argmin())
    roots = drawn.roots.taken(np.full(_LOCKS, nearest))
    out = ground.space.look(drawn.tie[None].astype(np.float32))[1][0]
    places = (_bun if style.tail == "bun" else _tail)(rng, ground, drawn, out)
    away = places - places.mean(axis=0, keepdims=True)
    away = away / np.maximum(np.linalg.norm(away, axis=2, keepdims=True), 1e-6) + 0.3 * out
    away /= np.maximum(np.linalg.norm(away, axis=2, keepdims=True), 1e-6)
    share = shares(_SEGMENTS)
    noise = rng.normal(size=(_LOCKS, 3)).astype(np.float32)
    return Tresses(
        roots, places.astype(np.float32), away.astype(np.float32), share,
        np.full(_LOCKS, 0.016, np.float32), rng.integers(6, size=_LOCKS), rng.integers(32, size=_LOCKS), noise,
        np.broadcast_to(np.float32(0.85), (_LOCKS, _SEGMENTS + 1)), rigid=style.tail == "bun",
    )  # fmt: skip


def _tail(rng: np.random.Generator, ground: HairGround, drawn: HairPlan, out: np.ndarray) -> np.ndarray:
    """(_LOCKS, _SEGMENTS + 1, 3) places, metres: out of the tie, then down, held off the back."""
    length = rng.uniform(0.16, 0.34) * np.exp(rng.normal(0.0, 0.12, _LOCKS))
    within = rng.normal(size=(_LOCKS, 3)) * 0.006
    place = (drawn.tie + 0.006 * out + within).astype(np.float32)
    heading = np.broadcast_to(out, place.shape) + rng.normal(size=(_LOCKS, 3)) * 0.15
    places, steps = [place], shares(_SEGMENTS)
    for low, high in pairwise(steps):
        heading = heading + np.array([0.0, -0.75, 0.0]) + 6.0 * within
        heading = heading / np.linalg.norm(heading, axis=1, keepdims=True)
        place = place + heading * ((high - low) * length)[:, None]
        distance, away = ground.space.look(place.astype(np.float32))
        place = place + away * np.maximum(0.006 + 0.8 * np.abs(within[:, :1]) - distance[:, None], 0.0)
        places.append(place)
    return np.stack(places, axis=1)


def _bun(rng: np.random.Generator, ground: HairGround, drawn: HairPlan, out: np.ndarray) -> np.ndarray:
    """(_LOCKS, _SEGMENTS + 1, 3) places, metres: arcs around a ball at the tie."""
    radius = rng.uniform(0.024, 0.04)
    centre = drawn.tie + out * radius * 0.75
    axes = out + rng.normal(size=(_LOCKS, 3)) * 0.45
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    first = np.cross(axes, rng.normal(size=(_LOCKS, 3)))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(axes, first)
    angle = shares(_SEGMENTS) * rng.uniform(2.5, 4.5, _LOCKS)[:, None]
    rise = rng.uniform(-0.6, 0.9, _LOCKS)[:, None]
    ring = first[:, None] * np.cos(angle)[..., None] + second[:, None] * np.sin(angle)[..., None]
    unit = ring * np.sqrt(1.0 - np.square(rise))[..., None] + axes[:, None] * rise[..., None]
    return centre + unit * (radius * rng.uniform(0.8, 1.05, _LOCKS))[:, None, None]
