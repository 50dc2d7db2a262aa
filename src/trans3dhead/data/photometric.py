"""Changes of a picture that leave its geometry alone. Pictures are (H, W, 3) uint8 RGB, and new arrays come back."""

import cv2
import numpy as np

from trans3dhead.images import decode_photograph, encode_jpeg

LUMINANCE = np.array([0.299, 0.587, 0.114])
_LEVELS = np.arange(256) / 255.0


def tone(picture: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Exposure, contrast, gamma and white balance at once, by one table for each channel. strength: 0 to 1."""
    exposure = np.exp2(rng.normal(0.0, 0.6 * strength))
    gamma = np.exp2(rng.normal(0.0, 0.4 * strength))
    contrast = np.exp2(rng.normal(0.0, 0.3 * strength))
    balance = np.exp2(rng.normal(0.0, 0.15 * strength, size=3))
    pivot = rng.uniform(0.3, 0.6)
    lifted = exposure * balance[None, :] * _LEVELS[:, None] ** gamma
    table = pivot + contrast * (lifted - pivot)
    return cv2.LUT(picture, np.clip(255.0 * table + 0.5, 0, 255).astype(np.uint8).reshape(1, 256, 3))


def saturation(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Weaker to stronger colours, with a small rotation of the hues."""
    return saturated(picture, rng.uniform(0.3, 1.5), rng.normal(0.0, 0.03, size=(3, 3)))


def saturated(picture: np.ndarray, amount: float, turn: np.ndarray | float = 0.0) -> np.ndarray:
    """Colours `amount` times as strong; turn: (3, 3) is added to the matrix that does it."""
    return cv2.transform(picture, amount * np.eye(3) + (1 - amount) * np.tile(LUMINANCE, (3, 1)) + turn)


def grayscale(picture: np.ndarray) -> np.ndarray:
    """Luminance alone, in three channels."""
    return cv2.transform(picture, np.tile(LUMINANCE, (3, 1)))


def half_shadow(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Darken one side of a straight, more or less soft edge."""
    height, width = picture.shape[:2]
    angle, softness = rng.uniform(0, 2 * np.pi), rng.uniform(0.02, 0.5)
    x = (np.arange(width, dtype=np.float32) / width - rng.uniform(0.25, 0.75))[None, :]
    y = (np.arange(height, dtype=np.float32) / height - rng.uniform(0.25, 0.75))[:, None]
    ramp = np.clip(0.5 + (np.cos(angle) * x + np.sin(angle) * y) / softness, 0.0, 1.0)
    gain = 1.0 - rng.uniform(0.3, 0.85) * ramp
    return (picture * gain[..., None].astype(np.float32)).astype(np.uint8)


def gaussian_blur(picture: np.ndarray, rng: np.random.Generator, largest: float) -> np.ndarray:
    """Blur the picture as a lens out of focus does. largest: sigma as a share of the picture's side."""
    sigma = rng.uniform(0.3, max(0.31, largest * len(picture)))
    return cv2.GaussianBlur(picture, (0, 0), sigma)


def motion_blur(picture: np.ndarray, rng: np.random.Generator, largest: float) -> np.ndarray:
    """Blur the picture along a straight movement. largest: its length as a share of the picture's side."""
    length, angle = rng.uniform(2.0, max(2.1, largest * len(picture))), rng.uniform(0, np.pi)
    reach = 0.5 * length * np.array([np.cos(angle), np.sin(angle)])
    return cv2.filter2D(picture, -1, path_kernel(np.linspace(-reach, reach, 4 * int(np.ceil(length)) + 1)))


def path_kernel(path: np.ndarray) -> np.ndarray:
    """(N, 2) pixels, where the camera points one moment after the other -> an odd square kernel, sum one.

    Its centre of mass is its middle, whatever the path: labels must not move.
    """
    path = path - path.mean(axis=0)
    reach = int(np.ceil(np.abs(path).max())) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    corner = np.floor(path).astype(int)
    part = path - corner
    for x in (0, 1):
        for y in (0, 1):
            weight = np.abs(1 - x - part[:, 0]) * np.abs(1 - y - part[:, 1])
            np.add.at(kernel, (corner[:, 1] + y + reach, corner[:, 0] + x + reach), weight / len(path))
    return kernel


def disc_kernel(radius: float) -> np.ndarray:
    """What a lens out of focus makes of a point: a disc with a soft rim, radius in pixels. Sum one."""
    reach = int(np.ceil(radius + 0.5))
    x, y = np.meshgrid(*[np.arange(-reach, reach + 1, dtype=np.float32)] * 2)
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0.0, 1.0)
    return kernel / kernel.sum()


def low_resolution(picture: np.ndarray, rng: np.random.Generator, smallest: float) -> np.ndarray:
    """Shrink and enlarge the picture, as if it were far away. smallest: the least share of the side that remains."""
    share = rng.uniform(smallest, 0.8)
    method = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST_EXACT)[rng.choice(3, p=(0.6, 0.35, 0.05))]
    return shrunk(picture, share, cv2.INTER_AREA, method)


def shrunk(picture: np.ndarray, share: float, down: int, up: int) -> np.ndarray:
    """Shrink to a share of the side and enlarge again.

    down, up: OpenCV's interpolations; INTER_NEAREST would move the picture.
    """
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (max(2, round(width * share)), max(2, round(height * share))), interpolation=down)
    return cv2.resize(small, (width, height), interpolation=up)


def noise(picture: np.ndarray, rng: np.random.Generator, largest: float) -> np.ndarray:
    """Add sensor noise, coloured or gray. largest: its greatest standard deviation, in levels of 0 to 255."""
    sigma = rng.uniform(1.0, max(1.1, largest))
    channels = 3 if rng.random() < 0.6 else 1
    grain = rng.standard_normal((*picture.shape[:2], channels), dtype=np.float32)
    return np.clip(picture + (sigma * grain + 0.5), 0, 255).astype(np.uint8)


def jpeg(picture: np.ndarray, rng: np.random.Generator, lowest: int) -> np.ndarray:
    """Compress as JPEG and decode, at a random quality from `lowest` to 90."""
    return compressed(picture, int(rng.integers(lowest, 91)))


def compressed(picture: np.ndarray, quality: int) -> np.ndarray:
    """The picture after JPEG compression of a quality of 1 to 100, as OpenCV counts it."""
    return decode_photograph(encode_jpeg(picture, quality))


def sharpened(picture: np.ndarray, amount: float, radius: float) -> np.ndarray:
    """An unsharp mask: edges overshoot, with halos of some pixels (sigma `radius`)."""
    return cv2.addWeighted(picture, 1.0 + amount, cv2.GaussianBlur(picture, (0, 0), radius), -amount, 0.0)


def smoothed(picture: np.ndarray, strength: float) -> np.ndarray:
    """A beauty filter: skin without pores, edges kept. strength: 0 to 1."""
    side = len(picture)
    smooth = cv2.bilateralFilter(picture, 5 + 2 * round(side / 256), 20.0 + 40.0 * strength, 0.012 * side)
    return cv2.addWeighted(smooth, 0.5 + 0.5 * strength, picture, 0.5 - 0.5 * strength, 0.0)


def tinted(picture: np.ndarray, dark: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Gray levels as colours between two, (3,) each in 0..255: sepia, cyanotype, duotone."""
    gray = cv2.transform(picture, LUMINANCE[None]).reshape(picture.shape[:2])
    table = dark + (light - dark) * _LEVELS[:, None]
    return np.clip(table + 0.5, 0, 255).astype(np.uint8)[gray]
