"""Bare skin below the chest: arms, legs and trunks without cloth.

Its gloss and glow are those of faces, by eye.
"""

from dataclasses import dataclass

import numpy as np

from headsynth.rendering.scene import Surface, SurfaceSamples

_WRAP = (0.22, 0.10, 0.06)  # light scattered under the skin, as on faces


@dataclass(frozen=True)
class BareSkin:
    """One tone, as dull at the silhouette as a face."""

    tone: np.ndarray  # (3,) linear

    def shade(self, samples: SurfaceSamples) -> Surface:
        """The surface of N samples, one tone everywhere."""
        albedo = np.broadcast_to(np.asarray(self.tone, np.float32), samples.positions.shape)
        return Surface(albedo, 0.028, 9.0, _WRAP, reflection="soft", grazing=0.05)
