"""What is behind a head: the surroundings at a field of view of their own, or a backdrop, more or less in focus.

Shares and ranges are by eye.
"""

from typing import Any

import cv2
import numpy as np

from headsynth.rendering.backdrops import BACKDROPS, draw_backdrop
from headsynth.rendering.environment import LUMINANCE, PlacedEnvironment
from headsynth.rendering.light import Light
from trans3dhead.data.photometric import disc_kernel
from trans3dhead.geometry.vectors import unit

SURROUNDINGS = 0.6  # share of photographs with the surroundings themselves behind the head
_COMPOSITE = 0.14  # share of backgrounds with a second one beside the first: corners, doors, pillars
_BLURS = {0.0: 0.22, 1.0: 0.22, 2.5: 0.2, 5.0: 0.22, 9.0: 0.14}  # pixels of a picture of 256, and shares
_VIEW = (20.0, 85.0)  # degrees, log-uniform
_BRIGHTNESS = 0.35  # deviation of the logarithm of a backdrop's brightness
_ROLL = 0.12  # radians, deviation: cameras are not held level
_PAINT = (0.35, 0.2)  # radians of hue and logarithm of saturation by which the surroundings' colours vary: deviations


def distribution() -> dict[str, Any]:
    """The shares of surroundings and of each drawn backdrop, of second ones beside them, and of blurs."""
    return {
        "surroundings": SURROUNDINGS,
        "backdrops": {name: round((1.0 - SURROUNDINGS) * entry.share, 4) for name, entry in BACKDROPS.items()},
        "two": _COMPOSITE,
        "blur_pixels_of_256": {str(sigma): share for sigma, share in _BLURS.items()},
    }


def background(light: Light, size: int, rng: np.random.Generator, varied: bool = True) -> np.ndarray:
    """(S, S, 3) linear radiance behind the head, in the colour of the light there.

    varied: False leaves the surroundings alone, in focus or not.
    """
    sigma = float(rng.choice(list(_BLURS), p=list(_BLURS.values()))) * size / 256.0
    side = size if sigma < 1.5 * size / 256.0 else size // 2 if sigma < 4.0 * size / 256.0 else size // 4
    picture = _one(light, side, rng) if varied else _surroundings(light.surroundings, side, rng)
    if varied and rng.random() < _COMPOSITE:
        picture = _beside(picture, _one(light, side, rng), rng)
    if sigma > 0:
        picture = _blurred(picture, sigma * side / size, rng)
    picture = picture * light.backdrop
    return picture if side == size else cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR)


def _one(light: Light, side: int, rng: np.random.Generator) -> np.ndarray:
    """(side, side, 3) linear radiance in focus: the surroundings or a backdrop."""
    if rng.random() < SURROUNDINGS:
        return _surroundings(light.surroundings, side, rng)
    names = list(BACKDROPS)
    backdrop = BACKDROPS[names[rng.choice(len(names), p=[entry.share for entry in BACKDROPS.values()])]]
    return draw_backdrop(backdrop, side, light.surroundings.environment.mean, _BRIGHTNESS, rng)


def _surroundings(surroundings: PlacedEnvironment, side: int, rng: np.random.Generator) -> np.ndarray:
    tangent = np.tan(np.deg2rad(np.exp(rng.uniform(*np.log(_VIEW)))) / 2.0)
    line = ((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5) * np.float32(2.0 * tangent)
    x, y = np.meshgrid(line, line)
    angle = rng.normal(0.0, _ROLL)
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    directions = np.stack((cosine * x - sine * y, sine * x + cosine * y, np.ones_like(x)), axis=-1)
    picture = surroundings.view(unit(directions.reshape(-1, 3)).reshape(side, side, 3))
    return np.maximum(cv2.transform(picture, _repainted(rng)), 0.0)


def _repainted(rng: np.random.Generator) -> np.ndarray:
    """(3, 3) turns hues about gray and changes the saturation, so that a few rooms look like more."""
    angle, saturation = rng.normal(0.0, _PAINT[0]), np.exp(rng.normal(-0.1, _PAINT[1]))
    axis = np.full((3, 3), 1.0 / 3.0)
    skew = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) / np.sqrt(3.0)
    turn = axis + np.cos(angle) * (np.eye(3) - axis) + np.sin(angle) * skew
    gray = np.tile(LUMINANCE, (3, 1))
    return (saturation * turn + (1.0 - saturation) * gray).astype(np.float32)


def _beside(first: np.ndarray, second: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The second where a slanted, nearly upright half plane is, or a band."""
    side = len(first)
    line = (np.arange(side, dtype=np.float32) + 0.5) / side
    across = line[None, :] + rng.normal(0.0, 0.1) * line[:, None]
    if rng.random() < 0.25:
        across = across.T
    edge = rng.uniform(0.15, 0.85)
    share = (across - edge) * side
    if rng.random() < 0.4:
        share = rng.uniform(0.05, 0.3) * side - np.abs(share)
    share = np.clip(share + 0.5, 0.0, 1.0)[..., None]
    return first + (second - first) * share


def _blurred(picture: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """A lens makes discs of points; the mean over a moving camera or haze is smoother."""
    if rng.random() < 0.5:
        return cv2.GaussianBlur(picture, (0, 0), sigma)
    return cv2.filter2D(picture, -1, disc_kernel(2.0 * sigma), borderType=cv2.BORDER_REFLECT)
