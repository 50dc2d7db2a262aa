"""How strands of hair throw light back: two cones about the strand, the second one coloured by the hair.

Exponents, shifts and strengths of the cones are by eye.
"""

from dataclasses import dataclass

import numpy as np

from trans3dhead.geometry.vectors import dot, unit

_DIFFUSE_WRAP = np.float32(0.35)
_SHIFT = 0.09  # of the cones towards the root and towards the tip, about five degrees
_SHARP, _BROAD = np.float32(48.0), np.float32(14.0)


@dataclass(frozen=True)
class Fibres:
    """The strands of hair at N samples."""

    tangents: np.ndarray  # (N, 3) unit, from root to tip
    tint: np.ndarray  # (N, 3) linear, the colour of light that has passed through a strand
    shift: np.ndarray  # (N,) how far each strand's cones are turned, so that a highlight is not one band
    shine: float  # strength of the highlights, 1 is healthy hair

    def lit(self, towards: np.ndarray, directions: np.ndarray, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A lamp at `towards` (3,) seen along (N, 3): (N,) for the albedo, (N, 3) highlights."""
        cosine = normals @ towards
        facing = np.maximum((cosine + _DIFFUSE_WRAP) / (1.0 + _DIFFUSE_WRAP), 0.0)
        along = self.tangents @ towards
        sine = np.sqrt(np.maximum(1.0 - along * along, 0.0))
        half = unit(towards - directions)
        reached = np.clip(2.0 * cosine + 0.2, 0.0, 1.0)[:, None]
        first = _cone(self.tangents, normals, half, self.shift - _SHIFT, _SHARP)[:, None] * np.float32(0.075)
        second = _cone(self.tangents, normals, half, self.shift + 1.5 * _SHIFT, _BROAD)[:, None] * self.tint
        return facing * (0.25 + 0.75 * sine), (first + second) * (reached * np.float32(self.shine))


def _cone(
    tangents: np.ndarray, normals: np.ndarray, half: np.ndarray, shift: np.ndarray, power: np.float32
) -> np.ndarray:
    turned = unit(tangents + normals * shift[:, None])
    cosine = dot(turned, half)
    return np.maximum(1.0 - cosine * cosine, 0.0) ** (np.float32(0.5) * power)
