"""From linear light to the bytes of a picture: exposure, white balance, tone.

The encoding is sRGB's (IEC 61966-2-1); levels and curves are by eye.
"""

from dataclasses import dataclass

import numpy as np

from headsynth.rendering.environment import LUMINANCE
from headsynth.rendering.scene import Hits, Scene

_SHEEN = 0.015  # what skin reflects without colour, as albedo
_LEVEL, _BLACK = 0.20, 0.02  # linear light: the usual mean level of a picture, and what counts as black
_STEPS, _BRIGHTEST = 4096, 4.0  # entries of a tone table; the linear light that the last one stands for
_TABLE_LIGHT = (_BRIGHTEST * (np.arange(_STEPS) / (_STEPS - 1)) ** 2).astype(np.float32)  # finer where it is dark


def exposure(
    scene: Scene,
    hits: Hits,
    radiance: np.ndarray,
    tone: np.ndarray,
    adaptation: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """(3,) factors: by the light that falls on the skin, partly by what it reflects; partial white balance.

    tone: (3,) the skin's mean albedo, which turns what it reflects into the light that it receives.
    adaptation: how far the light's colour is taken away, 0 to 1.
    """
    seen = np.flatnonzero(hits.triangles >= 0)
    skin = seen[scene.part_of[hits.triangles[seen]] == 0]
    chosen = radiance[skin if len(skin) > 50 else seen]
    if not len(chosen):
        return np.ones(3, np.float32)
    bright = chosen @ LUMINANCE
    lit = chosen[bright >= np.percentile(bright, 40)].mean(axis=0)
    received = np.maximum(lit / (tone + _SHEEN), 1e-4)
    level = float(received @ LUMINANCE)
    gain = np.exp(rng.normal(0.05, 0.22)) * (0.25 / float(tone @ LUMINANCE)) ** 0.3 / level
    balance = (received / level) ** (-adaptation * rng.uniform(0.7, 1.0)) * np.exp(rng.normal(0.0, 0.04, 3))
    return (gain * balance).astype(np.float32)


def metered(radiance: np.ndarray, share: float) -> np.float32:
    """The factor that brings the mean level of a picture, (N, 3) exposed radiance, to the usual one by a share."""
    level = np.exp(np.log(radiance @ LUMINANCE + _BLACK).mean())
    return np.float32((_LEVEL / level) ** share)


@dataclass(frozen=True)
class Curve:
    """How a camera turns light into tones. Values of the encoded picture, 0 to 1."""

    shoulder: float = 0.65  # linear light above which highlights are compressed; 1: they clip, each channel alone
    contrast: float = 1.0  # slope in the middle, smoothly less towards both ends
    black: np.ndarray | float = 0.0  # (3,) what black becomes, as in faded film
    white: np.ndarray | float = 1.0  # (3,) what white becomes
    gamma: np.ndarray | float = 1.0  # (3,) exponents of the encoded values: tints between black and white

    def table(self) -> np.ndarray:
        """(steps, 3) uint8, the encoded value of each of `_TABLE_LIGHT`."""
        light = _TABLE_LIGHT
        if self.shoulder < 1.0:
            over = np.maximum(light - self.shoulder, 0.0) / (1.0 - self.shoulder)
            light = np.where(light > self.shoulder, 1.0 - (1.0 - self.shoulder) * np.exp(-over), light)
        light = np.clip(light, 0.0, 1.0)
        encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        encoded = encoded**self.contrast / (encoded**self.contrast + (1.0 - encoded) ** self.contrast)
        toned = encoded[:, None] ** np.broadcast_to(self.gamma, 3)
        toned = self.black + (self.white - np.asarray(self.black)) * toned
        return np.clip(255.0 * toned + 0.5, 0.0, 255.0).astype(np.uint8)


def develop(linear: np.ndarray, curve: Curve) -> np.ndarray:
    """(S, S, 3) linear light -> (S, S, 3) uint8 sRGB by a tone curve."""
    index = np.sqrt(np.clip(linear, 0.0, _BRIGHTEST)) * np.float32((_STEPS - 1) / np.sqrt(_BRIGHTEST))
    rows = (index + np.float32(0.5)).astype(np.int32)
    table = curve.table()
    return np.stack([table[:, channel].take(rows[..., channel]) for channel in range(3)], axis=-1)


def plain_curve(rng: np.random.Generator) -> Curve:
    """A good camera's: a soft shoulder, deeper shadows."""
    return Curve(shoulder=rng.uniform(0.55, 0.75), contrast=rng.uniform(1.0, 1.35))
