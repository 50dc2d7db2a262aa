"""Linear light as the bytes of an sRGB picture, by the formula of IEC 61966-2-1."""

import numpy as np


def to_srgb_bytes(linear: np.ndarray) -> np.ndarray:
    """Linear light of any shape, clipped to 0..1 -> sRGB uint8."""
    light = np.clip(linear, 0.0, 1.0)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(255.0 * encoded).astype(np.uint8)
