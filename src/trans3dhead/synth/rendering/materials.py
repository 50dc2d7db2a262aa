"""Hair, cloth and plain things: what colour each sample has."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.synth.rendering.scene import Samples, Surface
from trans3dhead.synth.rendering.textures import Texture, to_linear


@dataclass(frozen=True)
class Strands:
    """Hair, brows and lashes: the texture gives light and dark, the colour is free."""

    texture: Texture | None
    colour: np.ndarray  # (3,) linear
    level: float  # the texture's own mean luminance, linear
    contrast: float
    shine: float

    def shade(self, samples: Samples) -> Surface:
        """A colour around `colour`."""
        if self.texture is None:
            detail = 0.85 + 0.3 * np.sin(samples.uvs[:, 0] * 900.0 + 3.0 * np.sin(samples.uvs[:, 1] * 40.0))
        else:
            values = self.texture.linear(samples.uvs) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
            detail = np.clip(values / self.level, 0.05, 4.0) ** self.contrast
        albedo = np.clip(self.colour * detail[:, None], 0.002, 0.8)
        return Surface(albedo.astype(np.float32), self.shine, 30.0, (0.15, 0.12, 0.10))


@dataclass(frozen=True)
class Textured:
    """A colour map as it is, times a gain: teeth, garments."""

    texture: Texture
    gain: np.ndarray  # (3,)
    shine: float = 0.02
    gloss: float = 20.0
    floor: float = 0.05

    def shade(self, samples: Samples) -> Surface:
        """The texture's colour."""
        albedo = np.clip(self.texture.linear(samples.uvs) * self.gain, 0.003, 0.85)
        return Surface(albedo.astype(np.float32), self.shine, self.gloss, floor=self.floor)


@dataclass(frozen=True)
class Plain:
    """One colour."""

    colour: np.ndarray  # (3,) linear
    shine: float = 0.03
    gloss: float = 40.0
    reflection: str = "none"

    def shade(self, samples: Samples) -> Surface:
        """The same everywhere."""
        albedo = np.broadcast_to(np.asarray(self.colour, np.float32), samples.positions.shape)
        return Surface(albedo, self.shine, self.gloss, reflection=self.reflection)


def srgb(*values: float) -> np.ndarray:
    """(3,) sRGB 0..255 -> linear."""
    return to_linear(np.array(values, np.float32) / 255.0)
