"""Random colours: of hair, of eyes, of things.

Colours and shares are by eye.
"""

from typing import Any

import numpy as np

from headsynth.rendering.materials import srgb
from headsynth.shares import one_of

_HAIR = {
    "black": (0.32, srgb(26, 22, 20)),
    "dark brown": (0.27, srgb(50, 36, 28)),
    "brown": (0.18, srgb(84, 60, 42)),
    "light brown": (0.09, srgb(124, 94, 66)),
    "blond": (0.1, srgb(186, 152, 104)),
    "red": (0.04, srgb(134, 72, 42)),
}
# Hair that has lost its colour, by the share of it that has.
_GREYS = {
    "dark grey": (0.35, srgb(74, 70, 67)),
    "grey": (0.65, srgb(140, 136, 132)),
    "white": (1.0, srgb(212, 208, 202)),
}
_GREY_AGES, _GREY_SHARES = (35.0, 50.0, 65.0, 80.0), (0.0, 0.3, 0.75, 0.95)  # years, share who have turned grey
_DYED = 0.35  # of them: who dye it
_IRISES = {
    "brown": (0.48, srgb(84, 48, 26)),
    "dark brown": (0.2, srgb(50, 30, 20)),
    "hazel": (0.1, srgb(112, 88, 50)),
    "green": (0.07, srgb(96, 112, 76)),
    "blue": (0.1, srgb(92, 124, 152)),
    "grey": (0.05, srgb(120, 128, 132)),
}


def distribution() -> dict[str, Any]:
    """The shares of colours of hair and irises, before they go with the skin; who turns grey, and who dyes it."""
    return {
        "hair": {name: share for name, (share, _) in _HAIR.items()},
        "irises": {name: share for name, (share, _) in _IRISES.items()},
        "grey": dict(zip(map(str, _GREY_AGES), _GREY_SHARES, strict=True)),
        "dyed": _DYED,
    }


def hair_colour(rng: np.random.Generator, skin: float, age: float) -> tuple[str, np.ndarray]:
    """A name and a linear colour; dark skins mostly get dark hair, old people often grey or white, children never.

    skin: place on the scale of tones; age: years.
    """
    names = list(_HAIR)
    share = np.array([_HAIR[name][0] for name in names])
    share[3:] *= max(0.03, 1.0 - 1.6 * skin)
    name = one_of(rng, names, share)
    colour = _HAIR[name][1]
    turned = np.interp(age, _GREY_AGES, _GREY_SHARES)
    if rng.random() < turned * (1.0 - _DYED):
        name = list(_GREYS)[min(int(3.0 * rng.beta(1.0 + 2.0 * turned, 2.0)), 2)]  # the whiter the older
        amount, grey = _GREYS[name]
        colour = colour * (1.0 - amount) + grey * amount
    return name, (colour * np.exp(rng.normal(0.0, 0.2) + rng.normal(0.0, 0.05, 3))).astype(np.float32)


def iris_colour(rng: np.random.Generator, skin: float) -> np.ndarray:
    """Linear; light eyes are rare in dark faces."""
    names = list(_IRISES)
    share = np.array([_IRISES[name][0] for name in names])
    share[2:] *= max(0.05, 1.0 - 1.7 * skin)
    name = one_of(rng, names, share)
    return (_IRISES[name][1] * np.exp(rng.normal(0.0, 0.15, 3))).astype(np.float32)


def any_colour(rng: np.random.Generator) -> np.ndarray:
    """A linear colour: white, grey, black, or a hue of any strength."""
    value = rng.choice([0.02, 0.06, 0.2, 0.45, 0.7], p=[0.25, 0.25, 0.2, 0.15, 0.15]) * rng.uniform(0.7, 1.2)
    hue = np.abs(rng.normal(0.0, 1.0, 3))
    strength = rng.beta(1.0, 1.6)
    return np.clip(value * ((1.0 - strength) + strength * hue / hue.mean()), 0.01, 0.8).astype(np.float32)
