"""Changes of a picture that leave its geometry alone. Pictures are (H, W, 3) uint8 RGB, and new arrays come back."""

import cv2
import numpy as np

_LUMINANCE = np.array([0.299, 0.587, 0.114])
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
    amount = rng.uniform(0.3, 1.5)
    matrix = amount * np.eye(3) + (1 - amount) * np.tile(_LUMINANCE, (3, 1)) + rng.normal(0.0, 0.03, size=(3, 3))
    return cv2.transform(picture, matrix)


def grayscale(picture: np.ndarray) -> np.ndarray:
    """Luminance alone, in three channels."""
    return cv2.transform(picture, np.tile(_LUMINANCE, (3, 1)))


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
    """Out of focus. largest: sigma as a share of the picture's side."""
    sigma = rng.uniform(0.3, max(0.31, largest * len(picture)))
    return cv2.GaussianBlur(picture, (0, 0), sigma)


def motion_blur(picture: np.ndarray, rng: np.random.Generator, largest: float) -> np.ndarray:
    """A straight movement. largest: its length as a share of the picture's side."""
    length = rng.uniform(2.0, max(2.1, largest * len(picture)))
    size = 2 * int(np.ceil(length / 2)) + 1
    kernel = np.zeros((size, size), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = 0.5 * length * np.array([np.cos(angle), np.sin(angle)])
    start, end = (size // 2 - reach).round().astype(int).tolist(), (size // 2 + reach).round().astype(int).tolist()
    cv2.line(kernel, start, end, 1.0)
    kernel += kernel[::-1, ::-1]  # centred, whatever the rounding: labels must not move
    return cv2.filter2D(picture, -1, kernel / kernel.sum())


def low_resolution(picture: np.ndarray, rng: np.random.Generator, smallest: float) -> np.ndarray:
    """Shrunk and enlarged again, as the head of a distant person. smallest: share of the side that remains."""
    height, width = picture.shape[:2]
    share = rng.uniform(smallest, 0.8)
    small = cv2.resize(
        picture, (max(2, round(width * share)), max(2, round(height * share))), interpolation=cv2.INTER_AREA
    )
    method = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)[rng.choice(3, p=(0.6, 0.35, 0.05))]
    return cv2.resize(small, (width, height), interpolation=method)


def noise(picture: np.ndarray, rng: np.random.Generator, largest: float) -> np.ndarray:
    """Sensor noise, coloured or gray. largest: the standard deviation in levels of 0 to 255."""
    sigma = rng.uniform(1.0, max(1.1, largest))
    channels = 3 if rng.random() < 0.6 else 1
    grain = rng.standard_normal((*picture.shape[:2], channels), dtype=np.float32)
    return np.clip(picture + (sigma * grain + 0.5), 0, 255).astype(np.uint8)


def jpeg(picture: np.ndarray, rng: np.random.Generator, lowest: int) -> np.ndarray:
    """Compressed and decoded. lowest: the worst quality."""
    quality = int(rng.integers(lowest, 91))
    _, data = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return picture if decoded is None else decoded  # what OpenCV has encoded it decodes
