"""What comes between a good photograph and most photographs: lens, sensor, taste, compression. Nothing moves.

Shares and severities are by eye; none was fitted to a camera.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np

from headsynth.rendering import finishing
from headsynth.rendering.developing import Curve, develop, plain_curve
from headsynth.rendering.environment import LUMINANCE
from trans3dhead.data import photometric

GOOD = 0.55  # share of photographs by a good camera in good hands
# Probability of each flaw in the others, in the order in which they arise; at least one of them is there.
FLAWS: Mapping[str, float] = {
    "motion blur": 0.12,
    "focus blur": 0.12,
    "chromatic aberration": 0.12,
    "vignetting": 0.14,
    "exposure": 0.2,
    "white balance": 0.18,
    "noise": 0.22,
    "look": 0.3,
    "beauty": 0.03,
    "low resolution": 0.24,
    "sharpening": 0.2,
    "gray": 0.11,
    "tint": 0.04,
    "text": 0.025,
    "frame": 0.05,
    "jpeg": 0.4,
}
# A photograph counts as lq, of low quality, from this severity of a flaw on; severities are uniform in 0..1.
_LOW_QUALITY = {"motion blur": 0.35, "focus blur": 0.35, "noise": 0.55, "low resolution": 0.3, "jpeg": 0.7}
_DARK = {"noise": 0.75, "motion blur": 0.25}  # probability at full darkness, good camera or not
_MOTION = (0.006, 0.06)  # the length of the path, of the picture's side
_FOCUS = (0.004, 0.022)  # the radius of the disc, of the picture's side
_FRINGE = (0.0008, 0.005)  # red and blue are enlarged and shrunk by that much about the middle
_GLARE = (0.005, 0.05)  # share of the light that scatters in every lens
_SOFT = (0.2, 0.55)  # pixels: the blur of every lens and sensor, of a picture of 256
_READ, _SHOT = (0.0002, 0.0016), (0.002, 0.011)  # deviations of every sensor in linear light, dark and at white
_NOISY = 5.0  # times as much at most
_RESOLUTION = (0.8, 0.2)  # share of the side that remains, log-uniform: to heads of some 30 pixels
_QUALITY = (85, 20)  # of JPEG
_MISSED = 0.5  # stops from which on the light itself is badly exposed
_TWICE = 0.3  # share of compressed pictures that were so before
_TILE = 256  # pixels by which a tile of noise is larger than the picture


def distribution() -> dict[str, Any]:
    """The share of good photographs, and of each flaw among all."""
    return {"good": GOOD, **{name: round((1.0 - GOOD) * share, 4) for name, share in FLAWS.items()}}


@dataclass(frozen=True)
class Exposed:
    """What the light asks of the camera."""

    stops: float = 0.0  # away from a well exposed face
    darkness: float = 0.0  # how far the sensor's gain is turned up, 0 to 1


class Shot(NamedTuple):
    """What a camera, and those who had its picture afterwards, made of a scene."""

    image: np.ndarray  # (S, S, 3) uint8 sRGB
    words: dict[str, str]  # the attributes `quality` and `colour`
    window: np.ndarray  # (4,) left, top, right, bottom, pixels: what shows the scene, without bars at the sides


def shoot(linear: np.ndarray, exposed: Exposed, rng: np.random.Generator, flawed: bool, severity: float = 1.0) -> Shot:
    """linear: (S, S, 3) linear light.

    flawed: False gives a perfect camera; severity: factor on that of the flaws, less than 1 where all is small.
    """
    linear = linear * np.float32(2.0**exposed.stops)
    if not flawed:
        return Shot(develop(linear, plain_curve(rng)), {"quality": "hq", "colour": "colour"}, _whole(linear))
    flaws = {name: severity * drawn for name, drawn in sample_flaws(rng, exposed.darkness).items()}
    linear = _through_the_lens(linear, flaws, rng)
    linear = _on_the_sensor(linear, flaws, exposed, rng)
    look = "look" in flaws
    curve = finishing.look(flaws["look"], rng) if look else plain_curve(rng)
    if "exposure" in flaws:  # real sensors clip each channel alone
        curve = Curve(rng.uniform(0.8, 1.0), curve.contrast, curve.black, curve.white, curve.gamma)
    image, window = _finished(develop(linear, curve), flaws, rng)
    words = {"quality": quality(flaws), "colour": "gray" if {"gray", "tint"} & flaws.keys() else "colour"}
    return Shot(image, words, window)


def sample_flaws(rng: np.random.Generator, darkness: float) -> dict[str, float]:
    """The flaws of one photograph in the order of `FLAWS`, each with a severity of 0 to 1; often none."""
    draws, severities = rng.random(len(FLAWS)), rng.random(len(FLAWS))
    bad, least = rng.random() >= GOOD, int(rng.choice(len(FLAWS), p=_AS_SHARES))
    flaws = {}
    for row, (name, share) in enumerate(FLAWS.items()):
        dark = darkness * _DARK.get(name, 0.0)
        if draws[row] < max(dark, share * bad):
            flaws[name] = float(severities[row])
    if bad and not flaws:
        flaws[list(FLAWS)[least]] = float(severities[least])
    return flaws


def quality(flaws: Mapping[str, float]) -> str:
    """A photograph with such flaws is "hq" or "lq"."""
    return "lq" if any(flaws.get(name, -1.0) > limit for name, limit in _LOW_QUALITY.items()) else "hq"


def _through_the_lens(linear: np.ndarray, flaws: Mapping[str, float], rng: np.random.Generator) -> np.ndarray:
    size = len(linear)
    if "motion blur" in flaws:
        length = size * _between(_MOTION, flaws["motion blur"])
        linear = cv2.filter2D(linear, -1, photometric.path_kernel(_path(length, rng)), borderType=cv2.BORDER_REPLICATE)
    soft = rng.uniform(*_SOFT) * size / 256.0
    if "focus blur" in flaws:
        kernel = photometric.disc_kernel(size * _between(_FOCUS, flaws["focus blur"]))
        linear = cv2.filter2D(linear, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    else:
        linear = cv2.GaussianBlur(linear, (0, 0), max(soft, 0.2), borderType=cv2.BORDER_REPLICATE)
    linear = _glared(linear, rng.uniform(*_GLARE))
    if "chromatic aberration" in flaws:
        linear = _fringed(linear, _between(_FRINGE, flaws["chromatic aberration"]))
    if "vignetting" in flaws:
        linear = linear * _vignette(size, flaws["vignetting"])
    return linear


def _path(length: float, rng: np.random.Generator) -> np.ndarray:
    """(N, 2) pixels: a straight movement, or a small shake of the hands."""
    steps = np.linspace(0.0, 1.0, 8 * int(np.ceil(length)) + 9)[:, None]
    angle = rng.uniform(0.0, 2.0 * np.pi)
    line = length * steps * [np.cos(angle), np.sin(angle)]
    if rng.random() < 0.5:
        return line
    waves = rng.normal(0.0, 0.35 * length, (3, 2)) / np.arange(1, 4)[:, None]
    phases = rng.uniform(0.0, 2.0 * np.pi, (3, 2))
    return 0.5 * line + sum(waves[k] * np.sin(np.pi * (k + 1) * steps + phases[k]) for k in range(3)) * 0.5


def _glared(linear: np.ndarray, share: float) -> np.ndarray:
    """Some of the light scatters: bright backgrounds spill over the edges of hair, blacks are not black."""
    small = cv2.resize(linear, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 0.035 * len(linear) / 4.0 + 0.5, borderType=cv2.BORDER_REPLICATE)
    wide = cv2.resize(small, linear.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return cv2.addWeighted(linear, 1.0 - share, wide, share, 0.0)


def _fringed(linear: np.ndarray, amount: float) -> np.ndarray:
    size, out = len(linear), linear.copy()
    middle = (size - 1) / 2.0
    for channel, scale in ((0, 1.0 + amount), (2, 1.0 - amount)):
        matrix = np.array([[scale, 0.0, middle * (1.0 - scale)], [0.0, scale, middle * (1.0 - scale)]])
        plane = np.ascontiguousarray(linear[..., channel])
        out[..., channel] = cv2.warpAffine(plane, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE)
    return out


def _vignette(size: int, severity: float) -> np.ndarray:
    line = np.square((np.arange(size, dtype=np.float32) + 0.5) / size * 2.0 - 1.0)
    return (1.0 / np.square(1.0 + (0.1 + 0.5 * severity) * (line[:, None] + line) / 2.0))[..., None].astype(np.float32)


def _on_the_sensor(
    linear: np.ndarray, flaws: Mapping[str, float], exposed: Exposed, rng: np.random.Generator
) -> np.ndarray:
    darkness = exposed.darkness
    if "exposure" in flaws:  # never the same error twice, else nothing of the face is left
        direction = -np.sign(exposed.stops) if abs(exposed.stops) > _MISSED else rng.choice((-1.0, 1.0))
        linear = linear * np.float32(2.0 ** ((0.4 + 1.1 * flaws["exposure"]) * direction))
    if "white balance" in flaws:
        shift = (0.1 + 0.25 * flaws["white balance"]) * rng.choice((-1.0, 1.0)) * np.array([1.0, 0.0, -1.0])
        shift = shift + rng.normal(0.0, 0.06) * np.array([0.0, 1.0, 0.0])  # warm or cool, and a little green or magenta
        linear = linear * np.exp(shift - shift.mean()).astype(np.float32)
    more = 1.0 + 2.0 * darkness + (_NOISY - 1.0) * flaws.get("noise", 0.0) ** 1.5 * (0.6 + 0.4 * darkness)
    grain = _grain(linear.shape[0], bool(rng.random() < 0.5), rng)
    read, shot = (more * _log_between(ends, rng.random()) for ends in (_READ, _SHOT))
    deviation = np.sqrt(np.float32(read * read) + np.float32(shot * shot) * np.maximum(linear @ LUMINANCE, 0.0))
    linear = linear + grain * deviation[..., None]
    if flaws.get("noise", 0.0) > 0.4:
        linear = linear + _blotches(len(linear), rng) * (0.5 * deviation)[..., None]
    return linear


def _grain(size: int, coarse: bool, rng: np.random.Generator) -> np.ndarray:
    """(S, S, 3) noise of deviation about one; brightness varies more than colour."""
    return _cut(_noise_tile(size, coarse), size, rng)


def _cut(tile: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    y, x = rng.integers(0, len(tile) - size + 1, size=2)
    piece = tile[y : y + size, x : x + size]
    return piece[:: rng.choice((-1, 1)), :: rng.choice((-1, 1))] * np.float32(rng.choice((-1.0, 1.0)))


@lru_cache(maxsize=4)
def _noise_tile(size: int, coarse: bool) -> np.ndarray:
    """Noise to cut pieces from: new noise for each photograph would cost as much as all the rest of the camera."""
    tile = np.random.default_rng([size, coarse]).standard_normal((size + _TILE, size + _TILE, 3), np.float32)
    tile += 1.2 * tile[..., 1:2]
    tile -= 0.3 * tile[..., 1:2] * np.array([0.0, 1.0, 0.0], np.float32)
    if coarse:
        tile = 1.8 * cv2.GaussianBlur(tile, (0, 0), 0.65)
    return tile


def _blotches(size: int, rng: np.random.Generator) -> np.ndarray:
    """(S, S, 3) colour that varies over some pixels, as denoised chroma does."""
    cells = max(4, size // int(rng.integers(4, 12)))
    colour = rng.standard_normal((cells, cells, 3), np.float32)
    colour -= (colour @ LUMINANCE)[..., None]
    return cv2.resize(colour, (size, size), interpolation=cv2.INTER_CUBIC)


def _finished(image: np.ndarray, flaws: Mapping[str, float], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What happens to the bytes, in the camera and after it; and what still shows the scene, see Shot."""
    window = _whole(image)
    if "look" in flaws and rng.random() < 0.7:
        image = photometric.saturated(image, rng.uniform(0.4, 1.5))
    if "beauty" in flaws:
        image = photometric.smoothed(image, flaws["beauty"])
    if "jpeg" in flaws and rng.random() < _TWICE:
        image = photometric.compressed(image, int(rng.integers(40, 96)))
    if "low resolution" in flaws:
        down = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_NEAREST_EXACT)[rng.choice(3, p=(0.8, 0.15, 0.05))]
        up = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4, cv2.INTER_NEAREST_EXACT)
        method = up[rng.choice(4, p=(0.45, 0.35, 0.15, 0.05))]
        image = photometric.shrunk(image, _log_between(_RESOLUTION, flaws["low resolution"]), down, method)
    if "sharpening" in flaws:
        radius = rng.uniform(0.6, 2.0) * len(image) / 256.0
        image = photometric.sharpened(image, 0.3 + 1.2 * flaws["sharpening"], radius)
    if "gray" in flaws:
        image = photometric.grayscale(image)
    if "tint" in flaws:
        image = photometric.tinted(image, *finishing.tint(rng))
    if "text" in flaws:
        image = finishing.text(image, rng)
    if "frame" in flaws:
        image, window = finishing.frame(image, rng)
    if "jpeg" in flaws:
        image = photometric.compressed(image, round(_between(_QUALITY, flaws["jpeg"])))
    return image, window


def _whole(image: np.ndarray) -> np.ndarray:
    return np.array([0, 0, image.shape[1], image.shape[0]])


def _between(ends: tuple[float, float], share: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * share


def _log_between(ends: tuple[float, float], share: float) -> float:
    return float(np.exp(_between((np.log(ends[0]), np.log(ends[1])), share)))


_AS_SHARES = np.array(list(FLAWS.values())) / sum(FLAWS.values())
