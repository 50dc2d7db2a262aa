"""Beards, moustaches and sideburns: short locks on the beard's region of the template.

Shares, lengths and where a beard grows are by eye.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from headsynth.hair.ground import HairGround, Roots
from headsynth.hair.growth import shares
from headsynth.hair.textures import LOCKS, SPARSE
from headsynth.hair.tresses import Tresses

_SEGMENTS, _FEW = 4, 2  # of a lock, of one in a beard no longer than
_TRIMMED = 0.016  # metres
_OFF_SKIN = 0.001  # metres
_ADULT = 17.0  # years
_SHARE = 0.42  # of adult men wear some beard


@dataclass(frozen=True)
class Beard:
    """Lengths in metres, a range that is drawn once; 0 where nothing grows."""

    word: str
    share: float
    chin: tuple[float, float]
    cheeks: tuple[float, float]
    lip: tuple[float, float]  # above the mouth
    locks: int = 700
    beside: bool = False  # in front of the ears alone


BEARDS = (
    Beard("short beard", 0.36, (0.005, 0.012), (0.004, 0.008), (0.004, 0.008), 760),
    Beard("full beard", 0.22, (0.018, 0.045), (0.010, 0.02), (0.008, 0.014), 760),
    Beard("long beard", 0.07, (0.07, 0.15), (0.03, 0.06), (0.012, 0.02), 760),
    Beard("goatee", 0.14, (0.006, 0.03), (0.0, 0.0), (0.005, 0.01)),
    Beard("chin beard", 0.05, (0.008, 0.03), (0.0, 0.0), (0.0, 0.0)),
    Beard("moustache", 0.12, (0.0, 0.0), (0.0, 0.0), (0.007, 0.016)),
    Beard("sideburns", 0.04, (0.0, 0.0), (0.005, 0.012), (0.0, 0.0), beside=True),
)


def distribution() -> dict[str, Any]:
    """The share of grown men with a beard, and of each kind among beards."""
    return {"share": _SHARE, "kinds": {beard.word: beard.share for beard in BEARDS}}


def choose_beard(rng: np.random.Generator, female: float, age: float) -> Beard | None:
    """The beard of a person, female 0..1 and age in years; None for most people."""
    share = _SHARE * (1.0 - female) * float(np.clip((age - _ADULT) / 8.0, 0.0, 1.0)) + 0.002
    chance, kind = rng.random(2)
    if chance > share:
        return None
    total = np.cumsum([beard.share for beard in BEARDS])
    return BEARDS[int(np.searchsorted(total, kind * total[-1]))]


def grow_beard(rng: np.random.Generator, ground: HairGround, beard: Beard) -> Tresses:
    """The locks of a beard: they grow downwards along the skin, a little outwards."""
    roots = ground.beard.taken(np.arange(beard.locks))
    count = len(roots.points)
    length = _lengths(rng, ground, roots, beard) * np.exp(rng.normal(0.0, 0.15, count))
    kept = (length > 0.002) & (roots.height > rng.uniform(0.2, 0.5, count))
    roots, length = roots.taken(kept), length[kept].astype(np.float32)
    count = len(length)
    noise = rng.normal(size=(count, 3)).astype(np.float32)
    puff = rng.uniform(0.1, 0.3) * rng.random(count).astype(np.float32)
    middle = (np.abs(ground.marks[[48, 54], 0]).mean() * 0.6).astype(np.float32)
    aside = np.where(_above_mouth(ground, roots), 0.9, -0.15) * np.clip(roots.points[:, 0] / middle, -1.0, 1.0)
    comb = np.stack((aside, np.full(count, -1.0), 0.15 - 0.3 * (np.abs(roots.points[:, 0]) > 0.04)), axis=1)
    longest = max(beard.chin[1], beard.cheeks[1], beard.lip[1])
    share = shares(_FEW if longest <= _TRIMMED else _SEGMENTS)
    place, heading = roots.points + 0.0005 * roots.normals, 0.3 * roots.normals + comb + 0.2 * noise
    places, aways = [place.astype(np.float32)], [roots.normals.astype(np.float32)]
    for low, high in pairwise(share):
        heading = heading / np.maximum(np.linalg.norm(heading, axis=1, keepdims=True), 1e-6)
        place = place + heading * ((high - low) * length)[:, None]
        distance, away = ground.space.look(place.astype(np.float32))
        clear = np.minimum(_OFF_SKIN + puff * length, high * length)
        place = place + away * np.maximum(clear - distance, 0.0)[:, None]
        heading = heading + 0.5 * comb + 0.12 * noise
        places.append(place.astype(np.float32))
        aways.append(away.astype(np.float32))
    width = np.clip(0.45 * length, 0.004, 0.010) * rng.uniform(0.8, 1.2, count)
    dense = LOCKS - SPARSE
    sparse = rng.random(count) < np.clip(1.2 - length / 0.014, 0.0, 0.85)
    lock = np.where(sparse, dense + rng.integers(SPARSE, size=count), rng.integers(dense, size=count))
    return Tresses(
        roots, np.stack(places, axis=1), np.stack(aways, axis=1), share, width.astype(np.float32),
        lock, rng.integers(32, size=count), noise,
        np.broadcast_to(0.6 + 0.4 * share, (count, len(share))).astype(np.float32), rigid=True,
    )  # fmt: skip


def _above_mouth(ground: HairGround, roots: Roots) -> np.ndarray:
    """(N,) bool: whether each root is the moustache's."""
    mouth, corner = ground.marks[48:60].mean(axis=0), np.abs(ground.marks[[48, 54], 0]).mean()
    return (roots.points[:, 1] > mouth[1] - 0.004) & (np.abs(roots.points[:, 0]) < corner + 0.004)


def _lengths(rng: np.random.Generator, ground: HairGround, roots: Roots, beard: Beard) -> np.ndarray:
    """(N,) metres, the length of each root's lock; 0 where nothing grows."""
    chin, cheeks, lip = (rng.uniform(*bounds) for bounds in (beard.chin, beard.cheeks, beard.lip))
    x = np.abs(roots.points[:, 0])
    width = rng.uniform(0.022, 0.034)
    ahead = 1.0 - np.clip((x - width) / 0.008, 0.0, 1.0)
    ahead *= roots.points[:, 2] > 0.03
    length = cheeks + (chin - cheeks) * ahead
    if beard.beside:
        length = length * (x > 0.055) * (roots.points[:, 1] > -0.05)
    return np.where(_above_mouth(ground, roots), lip, length)
