"""What some paint on their faces: lipstick, eye shadow, eyeliner, blush.

Colours and shares are by eye.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from headsynth.people.face_painting import Layer
from headsynth.people.identities import Identity
from headsynth.rendering.environment import LUMINANCE
from headsynth.rendering.textures import to_linear

_WEARERS = (0.02, 0.55)  # share of men and of women who wear any
_GROWN = 15.0  # years
# Colours, sRGB.
_LIPSTICKS = ((176, 96, 92), (158, 74, 78), (190, 110, 104), (150, 40, 52), (186, 28, 44), (120, 28, 50))
_SHADOWS = ((150, 112, 92), (122, 88, 76), (176, 140, 120), (92, 70, 78), (70, 66, 72), (84, 96, 128), (150, 98, 120))
_BLUSHES = ((214, 118, 106), (206, 104, 116), (196, 96, 80))
_LINERS = ((24, 20, 20), (44, 30, 26))


def distribution() -> dict[str, Any]:
    """The shares of men and women who wear any, and from what age."""
    return {"men": _WEARERS[0], "women": _WEARERS[1], "years": _GROWN}


@dataclass(frozen=True)
class Paint:
    """One colour of paint on one layer of the face."""

    layer: Layer
    colour: np.ndarray  # (3,) linear
    opacity: float
    gloss: float  # reflectance that it adds


def make_up(rng: np.random.Generator, identity: Identity, tone: np.ndarray) -> tuple[Paint, ...]:
    """The make-up that a person wears, by gender and age. tone: (3,) linear, the skin's, which colours lean to."""
    share = _WEARERS[0] + (_WEARERS[1] - _WEARERS[0]) * identity.female
    if identity.age < _GROWN or rng.random() > share:
        return ()
    bold = rng.random() < 0.3
    level = float(tone @ LUMINANCE)
    paints = []
    if rng.random() < 0.75:
        shine = rng.uniform(0.0, 0.03)
        paints.append(_paint(rng, Layer.LIPS, _LIPSTICKS, (0.45, 0.9) if bold else (0.25, 0.6), 1.5 * level, shine))
    if rng.random() < 0.55:
        paints.append(_paint(rng, Layer.LIDS, _SHADOWS, (0.4, 0.8) if bold else (0.2, 0.5), 1.3 * level, 0.005))
    if rng.random() < 0.55:
        paints.append(_paint(rng, Layer.LINER, _LINERS, (0.75, 1.0) if bold else (0.4, 0.8), level, 0.0))
    if rng.random() < 0.5:
        paints.append(_paint(rng, Layer.CHEEKBONES, _BLUSHES, (0.15, 0.4) if bold else (0.08, 0.22), 1.3 * level, 0.0))
    return tuple(paints)


def _paint(
    rng: np.random.Generator,
    layer: Layer,
    colours: tuple[tuple[int, int, int], ...],
    opacity: tuple[float, float],
    brightest: float,
    gloss: float,
) -> Paint:
    colour = to_linear(np.array(colours[rng.integers(len(colours))]) / 255.0)
    colour = colour * np.exp(rng.normal(0.0, 0.1, 3))
    colour *= min(1.0, brightest / float(colour @ LUMINANCE))  # on dark skin paint must not glow
    return Paint(layer, colour.astype(np.float32), float(rng.uniform(*opacity)), float(gloss))
