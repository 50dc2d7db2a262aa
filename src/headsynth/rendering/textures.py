"""Colour maps, and the way from sRGB to linear light.

The encoding is sRGB's (IEC 61966-2-1).
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from trans3dhead.images import decode_as_stored


def to_linear(srgb: np.ndarray) -> np.ndarray:
    """Encoded values 0..1 of any shape -> linear light, float32."""
    srgb = np.asarray(srgb, dtype=np.float32)
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)


_BYTE_TO_LINEAR = to_linear(np.arange(256, dtype=np.float32) / 255.0)
_SHARE = np.arange(256, dtype=np.float32) / np.float32(255.0)


@dataclass(frozen=True)
class Texture:
    """An image addressed by UV, v up, repeated beyond 0..1."""

    colours: np.ndarray  # (H, W, 3) uint8 sRGB
    opacity: np.ndarray  # (H, W) uint8 alpha

    @classmethod
    def load(cls, path: Path, size: int = 1024) -> "Texture":
        """Read an image; larger ones are shrunk by area to `size` on the longer side."""
        image = decode_as_stored(path.read_bytes())
        if image is None:
            raise ValueError(f"{path}: expected an image that OpenCV reads")
        if image.ndim == 2:
            image = np.repeat(image[..., None], 3, axis=2)
        if image.shape[2] == 3:
            image = np.dstack((image, np.full(image.shape[:2], 255, np.uint8)))
        longer = max(image.shape[:2])
        if longer > size:
            shape = (round(image.shape[1] * size / longer), round(image.shape[0] * size / longer))
            image = cv2.resize(image, shape, interpolation=cv2.INTER_AREA)
        return cls(_spread_colours(image[..., 2::-1], image[..., 3]), np.ascontiguousarray(image[..., 3]))

    def alpha(self, uv: np.ndarray) -> np.ndarray:
        """(N, 2) -> (N,) float32, 0..1, of the nearest pixel."""
        height, width = self.opacity.shape
        column = np.floor(uv[:, 0] * np.float32(width)).astype(np.int32) % width
        row = np.floor((np.float32(1.0) - uv[:, 1]) * np.float32(height)).astype(np.int32) % height
        return _SHARE.take(self.opacity.ravel().take(row * width + column))

    def linear(self, uv: np.ndarray) -> np.ndarray:
        """(N, 2) -> (N, 3) float32 linear light, interpolated between four pixels."""
        height, width = self.opacity.shape
        x = np.mod(uv[:, 0], np.float32(1.0)) * np.float32(width) - np.float32(0.5)
        y = np.mod(1.0 - uv[:, 1], np.float32(1.0)) * np.float32(height) - np.float32(0.5)
        sampled = cv2.remap(self.colours, _grid(x), _grid(y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return _BYTE_TO_LINEAR.take(np.asarray(sampled, np.uint8).reshape(-1, 3)[: len(uv)])


def _spread_colours(colours: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    """Give transparent pixels the colour of the opaque ones around, so that no dark rim shows at a cut-out's edge."""
    if opacity.min() == 255:
        return np.ascontiguousarray(colours)
    alpha = opacity.astype(np.float32)[..., None] / 255.0
    solid = np.ascontiguousarray(colours * alpha)
    near = cv2.GaussianBlur(solid, (0, 0), 4.0) / np.maximum(cv2.GaussianBlur(alpha, (0, 0), 4.0)[..., None], 1e-3)
    return (solid + np.clip(near, 0.0, 255.0) * (1.0 - alpha)).astype(np.uint8)


def _grid(values: np.ndarray) -> np.ndarray:
    """(N,) -> (rows, 1024): OpenCV's remap takes at most 32,767 rows or columns."""
    rows = -(-len(values) // 1024)
    padded = np.zeros(max(rows, 1) * 1024, np.float32)
    padded[: len(values)] = values
    return padded.reshape(-1, 1024)
