"""Tones of skin along a published scale, and what makes skin uneven: melanin and blood, age, marks, oil.

The scale is published (source below); colours of faces, undertones, pigments and what ages do are by eye.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from headsynth.people.identities import Identity
from headsynth.rendering.environment import LUMINANCE
from headsynth.rendering.textures import to_linear

# The ten colours of the Monk Skin Tone Scale (E. Monk, 2019; skintone.google, CC BY 4.0), sRGB.
MONK = ("f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96", "a07e56", "825c43", "604134", "3a312a", "292420")
# Mean colours of faces from fair to dark, sRGB: the swatches are paler than skin with blood in it.
_FACES = (
    (240, 194, 168),
    (228, 174, 144),
    (212, 162, 130),
    (190, 139, 104),
    (158, 109, 78),
    (118, 78, 55),
    (92, 61, 46),
    (71, 47, 36),
)
_SWATCH = 0.10  # share of the swatch against the face in the logarithm of a tone
_LEVEL = 0.82  # albedo over swatch: these are colours of photographs, exposed for a face
# Undertones: shares, and shifts of the logarithm of red, green, blue.
_UNDERTONES = {
    "neutral": (0.40, (0.0, 0.0, 0.0)),
    "warm": (0.22, (0.01, 0.0, -0.10)),
    "cool": (0.26, (0.03, -0.04, 0.03)),
    "olive": (0.12, (-0.05, 0.03, -0.07)),
}

# Absorption of red, green and blue by one unit more of each pigment (ratios of its extinction in these bands).
MELANIN = np.array([0.45, 0.80, 1.15], np.float32)
BLOOD = np.array([0.10, 0.95, 0.70], np.float32)


def distribution() -> dict[str, Any]:
    """The shares of undertones. Steps of the Monk scale are evenly likely over all people."""
    return {"undertones": {name: share for name, (share, _) in _UNDERTONES.items()}}


def monk_tones() -> np.ndarray:
    """(10, 3) linear albedo of each step, fair to dark."""
    swatches = np.stack([to_linear(np.array(list(bytes.fromhex(code))) / 255.0) for code in MONK])
    faces = np.log([to_linear(np.array(face) / 255.0) for face in _FACES])
    at = np.linspace(0.0, len(faces) - 1.0, len(MONK))
    faces = np.stack([np.interp(at, np.arange(len(faces)), faces[:, c]) for c in range(3)], axis=1)
    return (_LEVEL * np.exp(_SWATCH * np.log(swatches) + (1.0 - _SWATCH) * faces)).astype(np.float32)


_TONES = monk_tones()


def monk_step(place: float) -> int:
    """Place 0 (fair) to 1 (dark) -> the nearest step of the Monk scale, 1 to 10."""
    return 1 + round(float(np.clip(place, 0.0, 1.0)) * (len(_TONES) - 1))


def skin_tone(rng: np.random.Generator, place: float) -> tuple[int, np.ndarray]:
    """The step of the Monk scale and a linear mean colour (3,) near `place`, 0 fair to 1 dark, of some undertone."""
    position = float(np.clip(place, 0.0, 1.0)) * (len(_TONES) - 1)
    low = min(int(position), len(_TONES) - 2)
    tone = np.log(_TONES[low]) * (low + 1 - position) + np.log(_TONES[low + 1]) * (position - low)
    kinds = list(_UNDERTONES.values())
    shift = np.array(kinds[rng.choice(len(kinds), p=[share for share, _ in kinds])][1]) * rng.uniform(0.5, 1.3)
    tone = tone + shift + rng.normal(0.0, 0.05) + rng.normal(0.0, 0.02, size=3)
    return monk_step(place), np.exp(tone).astype(np.float32)


@dataclass(frozen=True)
class Complexion:
    """How one person's skin differs from one even colour; strengths about 0 to 1 where nothing else is said."""

    darkness: float  # 0 fair to 1 dark, from the tone
    flush: float  # blood in nose, cheeks and ears
    mottling: float  # uneven blood
    patches: float  # uneven melanin
    freckles: float
    moles: float
    blemishes: float  # spots of acne
    circles: float  # dark skin under the eyes
    lids: float  # darker lids
    lips: tuple[float, float]  # blood and melanin that lips have more
    age_spots: float
    wrinkles: float
    relief: float  # pores and fine lines
    oil: float  # gloss of forehead, nose and chin
    place: tuple[float, float]  # where in the repeating maps this skin begins, of their side

    @classmethod
    def sample(cls, rng: np.random.Generator, identity: Identity, tone: np.ndarray) -> "Complexion":
        """The complexion of a person by age and tone; tone: (3,) linear."""
        darkness = float(np.clip(np.interp(np.log(tone @ LUMINANCE), np.log([0.03, 0.55]), [1.0, 0.0]), 0.0, 1.0))
        age, fair = identity.age, 1.0 - darkness
        old, child = np.clip((age - 25.0) / 45.0, 0.0, 1.3), np.clip((14.0 - age) / 8.0, 0.0, 1.0)
        teen = np.exp(-np.square((age - 17.0) / 6.0))
        freckled = rng.random() < 0.10 + 0.22 * fair**1.5
        return cls(
            darkness=darkness,
            flush=float(rng.gamma(4.0, 0.25) * (0.35 + 0.65 * fair)),
            mottling=float(rng.gamma(4.0, 0.25) * (0.5 + 0.5 * fair) * (0.7 + 0.5 * old)),
            patches=float(rng.gamma(4.0, 0.25) * (0.5 + 0.5 * old + 0.25 * darkness) * (1.0 - 0.4 * child)),
            freckles=float(rng.uniform(0.25, 1.0) * (0.45 + 0.55 * fair)) if freckled else 0.0,
            moles=float(rng.beta(1.2, 2.5) * (1.0 - 0.8 * child)),
            blemishes=float(rng.beta(1.0, 2.0)) if rng.random() < 0.06 + 0.5 * teen else 0.0,
            circles=float(rng.gamma(2.5, 0.28) * (0.4 + 0.6 * min(age / 35.0, 1.3))),
            lids=float(rng.uniform(0.2, 0.9)),
            lips=(float(rng.uniform(0.25, 0.60)), float(rng.uniform(-0.05, 0.12) + rng.uniform(0.0, 0.5) * darkness)),
            age_spots=float(rng.uniform(0.2, 1.0) * np.clip((age - 48.0) / 25.0, 0.0, 1.0)),
            wrinkles=float(np.clip(old, 0.0, 1.2) ** 1.4 * rng.uniform(0.6, 1.3) + 0.04),
            relief=float(rng.uniform(0.6, 1.2) * (0.75 + 0.35 * min(old, 1.0)) * (1.0 - 0.55 * child)),
            oil=float(rng.beta(2.0, 2.5) * (1.0 - 0.4 * min(old, 1.0)) * (1.0 - 0.4 * child)),
            place=(float(rng.random()), float(rng.random())),
        )
