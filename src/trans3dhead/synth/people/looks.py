"""Random appearances: tones of skin, colours of hair and eyes, fabrics."""

import numpy as np

from trans3dhead.synth.rendering.materials import Cloth, srgb

# From fair to dark, about evenly spaced to the eye.
_SKIN_TONES = np.stack(
    [
        srgb(240, 198, 172),
        srgb(228, 178, 146),
        srgb(212, 162, 130),
        srgb(190, 139, 104),
        srgb(158, 109, 78),
        srgb(118, 78, 55),
        srgb(84, 55, 41),
        srgb(62, 42, 34),
    ]
)
_HAIR = {
    "black": (0.28, srgb(26, 22, 20)),
    "dark brown": (0.24, srgb(50, 36, 28)),
    "brown": (0.16, srgb(84, 60, 42)),
    "light brown": (0.08, srgb(124, 94, 66)),
    "blond": (0.09, srgb(186, 152, 104)),
    "red": (0.03, srgb(134, 72, 42)),
    "grey": (0.08, srgb(140, 136, 132)),
    "white": (0.04, srgb(212, 208, 202)),
}
_IRISES = {
    "brown": (0.48, srgb(84, 48, 26)),
    "dark brown": (0.2, srgb(50, 30, 20)),
    "hazel": (0.1, srgb(112, 88, 50)),
    "green": (0.07, srgb(96, 112, 76)),
    "blue": (0.1, srgb(92, 124, 152)),
    "grey": (0.05, srgb(120, 128, 132)),
}


def skin_tone(rng: np.random.Generator) -> tuple[float, np.ndarray]:
    """A place 0 (fair) to 1 (dark) on the scale of tones and a linear colour near it."""
    place = rng.beta(1.0, 1.35)
    position = place * (len(_SKIN_TONES) - 1)
    low = min(int(position), len(_SKIN_TONES) - 2)
    tone = np.exp(np.log(_SKIN_TONES[low]) * (low + 1 - position) + np.log(_SKIN_TONES[low + 1]) * (position - low))
    shift = rng.normal(0.0, 0.08) + rng.normal(0.0, 0.035, size=3)
    return float(place), (0.82 * tone * np.exp(shift)).astype(np.float32)


def hair_colour(rng: np.random.Generator, skin: float) -> tuple[str, np.ndarray]:
    """A name and a linear colour; dark skins mostly get dark hair. skin: place on the scale of tones."""
    names = list(_HAIR)
    share = np.array([_HAIR[name][0] for name in names])
    share[3:6] *= max(0.03, 1.0 - 1.6 * skin)
    name = names[rng.choice(len(names), p=share / share.sum())]
    return name, (_HAIR[name][1] * np.exp(rng.normal(0.0, 0.2) + rng.normal(0.0, 0.05, 3))).astype(np.float32)


def iris_colour(rng: np.random.Generator, skin: float) -> np.ndarray:
    """Linear; light eyes are rare in dark faces."""
    names = list(_IRISES)
    share = np.array([_IRISES[name][0] for name in names])
    share[2:] *= max(0.05, 1.0 - 1.7 * skin)
    name = names[rng.choice(len(names), p=share / share.sum())]
    return (_IRISES[name][1] * np.exp(rng.normal(0.0, 0.15, 3))).astype(np.float32)


def cloth(rng: np.random.Generator) -> Cloth:
    """Mostly plain and muted."""
    pattern = ("plain", "stripes", "checks", "mottled")[rng.choice(4, p=[0.66, 0.14, 0.1, 0.1])]
    return Cloth(np.stack((fabric(rng), fabric(rng))), pattern, rng.uniform(0.012, 0.06))


def fabric(rng: np.random.Generator) -> np.ndarray:
    """A linear colour: white, grey, black, or a hue of any strength."""
    value = rng.choice([0.02, 0.06, 0.2, 0.45, 0.7], p=[0.25, 0.25, 0.2, 0.15, 0.15]) * rng.uniform(0.7, 1.2)
    hue = np.abs(rng.normal(0.0, 1.0, 3))
    strength = rng.beta(1.0, 1.6)
    return np.clip(value * ((1.0 - strength) + strength * hue / hue.mean()), 0.01, 0.8).astype(np.float32)
