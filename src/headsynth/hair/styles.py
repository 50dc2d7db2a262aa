"""Hair styles: how hair of each is grown, and who wears them.

Lengths, strengths and who wears a style are by eye.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from headsynth.shares import one_of


@dataclass(frozen=True)
class HairStyle:
    """Ranges are drawn once a head; lengths in metres."""

    word: str  # of the attribute
    field: str  # combed: crown (from the whorl), fringe, part, back, side, up, tie
    top: tuple[float, float]
    side: tuple[float, float]
    back: tuple[float, float]
    fringe: tuple[float, float] | None = None  # of the roots above the forehead; None: like the top
    lock: str = "straight"  # texture
    volume: tuple[float, float] = (0.008, 0.016)  # how far the outermost hair lies off the skin
    lift: float = 0.3  # how steeply hair leaves the skin: 0 along it, 1 straight off it
    gravity: float = 0.5
    comb: float = 1.0  # strength of the style's directions
    cling: float = 0.6  # how much hair is drawn back to the head
    noise: float = 0.12  # of each lock's own direction
    width: float = 0.013  # of a lock
    locks: int = 430
    segments: int = 9
    wave: float = 0.0  # metres to either side
    waves: float = 2.0  # along a lock
    cap: float = 0.3  # thickness of the opaque inside over the volume
    solid: bool = False  # locks are ropes: dreadlocks, braids
    tail: str = ""  # what hangs from the tie: tail, bun
    # Weights of who wears it: male, female; child, adult, old; african, asian, european.
    gender: tuple[float, float] = (1.0, 1.0)
    ages: tuple[float, float, float] = (1.0, 1.0, 1.0)
    ancestry: tuple[float, float, float] = (1.0, 1.0, 1.0)


STYLES = (
    HairStyle(
        "buzz", "crown", (0.004, 0.009), (0.003, 0.007), (0.003, 0.007), lock="short", volume=(0.002, 0.004), lift=0.75,
        gravity=0.0, noise=0.35, width=0.0099, locks=560, segments=2, cap=0.6,
        gender=(1.5, 0.12), ages=(0.8, 1.0, 0.8), ancestry=(2.2, 0.8, 0.8),
    ),
    HairStyle(
        "crew", "crown", (0.018, 0.035), (0.006, 0.012), (0.006, 0.012), lock="short", volume=(0.004, 0.011), lift=0.45,
        gravity=0.05, noise=0.4, width=0.009, locks=660, segments=3, cap=0.3,
        gender=(2.2, 0.15), ages=(1.1, 1.0, 1.2), ancestry=(0.5, 1.1, 1.2),
    ),
    HairStyle(
        "short parted", "part", (0.06, 0.10), (0.02, 0.035), (0.02, 0.035), (0.06, 0.1), lock="short",
        volume=(0.012, 0.026), lift=0.5, gravity=0.12, noise=0.16, locks=550, segments=6, cap=0.4,
        gender=(2.0, 0.35), ages=(0.9, 1.0, 1.5), ancestry=(0.3, 1.0, 1.2),
    ),
    HairStyle(
        "tousled", "side", (0.05, 0.09), (0.02, 0.04), (0.03, 0.05), (0.05, 0.09), lock="short",
        volume=(0.018, 0.034), lift=0.75, gravity=0.05, comb=0.5, noise=0.45, locks=550, segments=6, cap=0.4,
        gender=(1.5, 0.4), ages=(1.2, 1.1, 0.3), ancestry=(0.3, 1.2, 1.0),
    ),
    HairStyle(
        "forward fringe", "crown", (0.07, 0.10), (0.035, 0.06), (0.04, 0.06), (0.045, 0.07), lock="short",
        volume=(0.012, 0.024), lift=0.35, gravity=0.25, noise=0.16, locks=550, segments=6, cap=0.4,
        gender=(1.2, 0.5), ages=(1.8, 0.9, 0.3), ancestry=(0.3, 1.6, 0.9),
    ),
    HairStyle(
        "combed back", "back", (0.09, 0.14), (0.04, 0.08), (0.05, 0.09), (0.1, 0.14), lock="straight",
        volume=(0.008, 0.02), lift=0.25, gravity=0.12, noise=0.08, locks=520, segments=7, cap=0.4,
        gender=(1.3, 0.4), ages=(0.3, 1.0, 1.4), ancestry=(0.5, 0.9, 1.0),
    ),
    HairStyle(
        "short curls", "up", (0.05, 0.10), (0.03, 0.06), (0.03, 0.06), lock="curly", volume=(0.018, 0.035), lift=0.8,
        gravity=0.15, comb=0.2, noise=0.8, width=0.0187, locks=550, segments=7, wave=0.005, waves=1.6, cap=0.45,
        gender=(1.0, 0.8), ages=(1.0, 1.0, 1.1), ancestry=(2.0, 0.3, 0.9),
    ),
    HairStyle(
        "afro", "up", (0.05, 0.11), (0.045, 0.09), (0.045, 0.09), lock="coily", volume=(0.02, 0.06), lift=0.9,
        gravity=0.0, comb=0.1, noise=1.3, width=0.0125, locks=620, segments=7, wave=0.004, waves=1.7, cap=0.6,
        gender=(0.7, 0.9), ancestry=(3.0, 0.03, 0.08),
    ),
    HairStyle(
        "bob", "part", (0.22, 0.28), (0.13, 0.18), (0.12, 0.16), lock="straight", volume=(0.014, 0.028), gravity=0.9,
        noise=0.07, width=0.0176, locks=440, segments=8, gender=(0.12, 1.3), ages=(1.0, 1.0, 1.2),
        ancestry=(0.4, 1.4, 1.0),
    ),
    HairStyle(
        "bob with fringe", "fringe", (0.20, 0.25), (0.13, 0.17), (0.11, 0.15), (0.05, 0.065), lock="straight",
        volume=(0.012, 0.024), gravity=0.9, noise=0.06, width=0.0165, locks=460, segments=9,
        gender=(0.1, 0.8), ages=(1.6, 0.9, 0.6), ancestry=(0.3, 1.6, 0.7),
    ),
    HairStyle(
        "long straight", "part", (0.40, 0.52), (0.32, 0.42), (0.28, 0.40), lock="straight", volume=(0.010, 0.024),
        gravity=1.0, noise=0.06, width=0.0198, locks=410, segments=9, gender=(0.12, 1.7), ages=(1.4, 1.2, 0.4),
        ancestry=(0.4, 1.6, 1.1),
    ),
    HairStyle(
        "long with fringe", "fringe", (0.38, 0.48), (0.30, 0.40), (0.28, 0.38), (0.05, 0.075), lock="straight",
        volume=(0.010, 0.022), gravity=1.0, noise=0.06, width=0.0198, locks=430, segments=9,
        gender=(0.03, 0.8), ages=(1.5, 1.0, 0.3), ancestry=(0.3, 1.6, 0.8),
    ),
    HairStyle(
        "long wavy", "part", (0.34, 0.48), (0.28, 0.40), (0.25, 0.38), lock="wavy", volume=(0.018, 0.036),
        gravity=0.8, noise=0.14, width=0.0175, locks=450, segments=10, wave=0.007, waves=2.5,
        gender=(0.15, 1.4), ages=(1.0, 1.2, 0.6), ancestry=(0.6, 0.8, 1.2),
    ),
    HairStyle(
        "long curly", "part", (0.26, 0.38), (0.24, 0.34), (0.22, 0.32), lock="curly", volume=(0.020, 0.042), lift=0.6,
        gravity=0.6, noise=0.3, width=0.0185, locks=460, segments=12, wave=0.011, waves=4.0,
        gender=(0.15, 1.0), ages=(0.9, 1.1, 0.6), ancestry=(1.6, 0.3, 0.9),
    ),
    HairStyle(
        "ponytail", "tie", (0.3, 0.4), (0.3, 0.4), (0.3, 0.4), lock="straight", volume=(0.004, 0.010), gravity=0.0,
        noise=0.03, width=0.0165, locks=440, segments=7, cap=0.6, tail="tail",
        gender=(0.08, 1.0), ages=(1.6, 1.0, 0.5), ancestry=(0.8, 1.0, 1.0),
    ),
    HairStyle(
        "bun", "tie", (0.3, 0.4), (0.3, 0.4), (0.3, 0.4), lock="straight", volume=(0.004, 0.012), gravity=0.0,
        noise=0.04, width=0.0165, locks=440, segments=7, cap=0.6, tail="bun",
        gender=(0.12, 0.8), ages=(0.7, 1.0, 1.2), ancestry=(1.0, 1.0, 0.9),
    ),
    HairStyle(
        "dreadlocks", "part", (0.14, 0.36), (0.12, 0.34), (0.12, 0.34), lock="coily", volume=(0.014, 0.028), lift=0.7,
        gravity=0.8, comb=0.5, noise=0.22, width=0.0094, locks=200, segments=10, wave=0.004, waves=2.0, cap=0.5,
        solid=True, gender=(0.5, 0.4), ages=(0.3, 1.0, 0.2), ancestry=(1.3, 0.02, 0.06),
    ),
    HairStyle(
        "braids", "back", (0.30, 0.44), (0.28, 0.4), (0.26, 0.4), lock="coily", volume=(0.008, 0.014), lift=0.4,
        gravity=0.9, comb=0.8, noise=0.08, width=0.0066, locks=220, segments=11, wave=0.001, waves=9.0, cap=0.5,
        solid=True, gender=(0.15, 0.8), ages=(1.0, 1.0, 0.2), ancestry=(1.4, 0.03, 0.05),
    ),
)  # fmt: skip

_ANCESTRIES = ("african", "asian", "european")
_CHILD, _OLD = 14.0, 60.0  # years
_ANYONE = 0.02  # added to every weight: any style may occur on anyone


def distribution() -> dict[str, Any]:
    """For each style the weights of who wears it: male, female; child, adult, old; african, asian, european."""
    return {
        style.word: {"gender": list(style.gender), "ages": list(style.ages), "ancestry": list(style.ancestry)}
        for style in STYLES
    }


def choose(rng: np.random.Generator, female: float, age: float, ancestry: str) -> HairStyle:
    """A style for one person; female: 0 to 1, age in years."""
    return one_of(rng, STYLES, [_weight(style, female, age, ancestry) + _ANYONE for style in STYLES])


def _weight(style: HairStyle, female: float, age: float, ancestry: str) -> float:
    gender = (1.0 - female) * style.gender[0] + female * style.gender[1]
    years = style.ages[0 if age < _CHILD else 1 if age < _OLD else 2]
    return gender * years * style.ancestry[_ANCESTRIES.index(ancestry)] if ancestry in _ANCESTRIES else gender * years
