"""Hair, cloth and plain things: what colour each sample has.

Shine and gloss where nothing else is said are by eye.
"""

from dataclasses import dataclass

import numpy as np

from headsynth.rendering.scene import Surface, SurfaceSamples
from headsynth.rendering.textures import Texture, to_linear


@dataclass(frozen=True)
class Textured:
    """A colour map as it is, times a gain: teeth, garments."""

    texture: Texture
    gain: np.ndarray  # (3,)
    shine: float = 0.02
    gloss: float = 20.0
    floor: float = 0.05

    def shade(self, samples: SurfaceSamples) -> Surface:
        """The surface of N samples in the texture's colours."""
        albedo = np.clip(self.texture.linear(samples.uvs) * self.gain, 0.003, 0.85)
        return Surface(albedo.astype(np.float32), self.shine, self.gloss, floor=self.floor)


@dataclass(frozen=True)
class Plain:
    """A material of one colour."""

    colour: np.ndarray  # (3,) linear
    shine: float = 0.03
    gloss: float = 40.0
    reflection: str = "none"

    def shade(self, samples: SurfaceSamples) -> Surface:
        """The surface of N samples, the same everywhere."""
        albedo = np.broadcast_to(np.asarray(self.colour, np.float32), samples.positions.shape)
        return Surface(albedo, self.shine, self.gloss, reflection=self.reflection)


def srgb(*values: float) -> np.ndarray:
    """An sRGB colour, 0..255 a channel -> (3,) linear."""
    return to_linear(np.array(values, np.float32) / 255.0)
