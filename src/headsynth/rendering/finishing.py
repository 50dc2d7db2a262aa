"""What people and their programs do to photographs: looks, tints, borders, text.

Looks, tints and their shares are by eye.
"""

import cv2
import numpy as np

from headsynth.rendering.developing import Curve

_LOOKS = {"phone": 0.35, "contrast": 0.22, "flat": 0.15, "faded film": 0.16, "cross-process": 0.12}
_TINTS = {  # what black and white become
    "sepia": ((30, 18, 8), (255, 236, 200)),
    "cyanotype": ((8, 22, 48), (232, 244, 255)),
    "selenium": ((24, 18, 26), (246, 240, 238)),
}
_BARS = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1], [1, 0, 0, 0], [0, 1, 1, 0]])  # left, right, top, bottom
_LETTERS = "ABCDEFGHIJKLMNOPRSTUVWXYZabcdefghiklmnoprstuvwyz0123456789  .-/"
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX)


def look(severity: float, rng: np.random.Generator) -> Curve:
    """A tone curve to somebody's taste. severity: 0 to 1."""
    kind = str(rng.choice(list(_LOOKS), p=list(_LOOKS.values())))
    shoulder, strength = rng.uniform(0.4, 0.75), 0.3 + 0.7 * severity
    if kind == "phone":  # shadows lifted, highlights held
        return Curve(0.35, 1.0 + 0.15 * strength, gamma=1.0 - 0.28 * strength)
    if kind == "contrast":
        return Curve(shoulder, 1.0 + 0.9 * strength)
    if kind == "flat":
        return Curve(shoulder, 1.0 - 0.35 * strength, black=0.08 * strength, white=1.0 - 0.1 * strength)
    if kind == "faded film":
        black, white = rng.uniform(0.02, 0.22, 3) * strength, 1.0 - rng.uniform(0.0, 0.16, 3) * strength
        return Curve(shoulder, 1.0 + 0.2 * rng.normal(), black, white, np.exp(rng.normal(0.0, 0.1, 3) * strength))
    turn = rng.choice((-1.0, 1.0)) * np.array([1.0, -0.3, -1.0]) + rng.normal(0.0, 0.3, 3)
    tints = np.clip(0.12 * turn * strength, 0.0, 0.2), 1.0 + np.minimum(0.12 * turn * strength, 0.0)
    return Curve(shoulder, 1.0 + 0.5 * strength, *tints, np.exp(-0.25 * turn * strength))


def tint(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(3,) what black and what white become, 0 to 255."""
    names = list(_TINTS)
    dark, light = _TINTS[names[rng.choice(len(names), p=(0.6, 0.2, 0.2))]]
    fade = rng.uniform(0.0, 1.0)
    return np.array(dark) * fade * 1.5, 255.0 + (np.array(light) - 255.0) * fade


def frame(image: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Bars at one side or more: black, white, or the picture itself, enlarged and blurred.

    Returns the picture and (4,) left, top, right, bottom, pixels, what is left of it between the bars.
    """
    size, out = len(image), image.copy()
    kind = rng.choice(3, p=(0.55, 0.15, 0.3))
    if kind == 2:
        small = cv2.resize(image[size // 4 : -size // 4], (32, 32), interpolation=cv2.INTER_AREA)
        filling = cv2.resize(cv2.GaussianBlur(small, (0, 0), 1.5), (size, size), interpolation=cv2.INTER_LINEAR)
    else:
        filling = np.full_like(image, 255 * kind)
    bars = _BARS[rng.choice(len(_BARS), p=(0.25, 0.2, 0.1, 0.25, 0.2))] * (size * rng.uniform(0.03, 0.14))
    left, right, top, bottom = np.roll(bars, 2 * rng.integers(2)).round().astype(int)
    inside = np.zeros(image.shape[:2], bool)
    inside[top : size - bottom, left : size - right] = True
    out[~inside] = filling[~inside]
    return out, np.array([left, top, size - right, size - bottom])


def text(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A caption, a date or a watermark: letters over the picture, more or less translucent."""
    size, out = len(image), image.copy()
    words = "".join(_LETTERS[k] for k in rng.integers(0, len(_LETTERS), int(rng.integers(4, 18))))
    scale, thickness = size / 256.0 * rng.uniform(0.3, 1.0), int(np.ceil(size / 256.0 * rng.uniform(0.5, 1.8)))
    origin = int(size * rng.uniform(0.0, 0.4)), int(size * (rng.uniform(0.85, 0.98) if rng.random() < 0.7 else 0.1))
    level, opacity = int(rng.choice((0, 255, 230))), rng.uniform(0.35, 1.0)
    font = _FONTS[rng.integers(len(_FONTS))]
    cv2.putText(out, words, origin, font, scale, (level, level, int(level * rng.random())), thickness, cv2.LINE_AA)
    return cv2.addWeighted(out, opacity, image, 1.0 - opacity, 0.0)
