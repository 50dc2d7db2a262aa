"""Printed and woven surfaces of things: covers of books, pages, wire mesh.

Sizes and colours are by eye.
"""

from dataclasses import dataclass

import numpy as np

from headsynth.people.looks import any_colour
from headsynth.rendering.scene import Surface, SurfaceSamples

_LINE = 0.0055  # metres from one line of print to the next


@dataclass(frozen=True)
class Printed:
    """A ground with print on it, by the part's uvs in metres from the middle of its face."""

    ground: np.ndarray  # (3,) linear
    ink: np.ndarray  # (3,) linear
    kind: str  # cover, page or grille
    numbers: np.ndarray  # (4,) 0..1: where things are
    length: float = 0.1  # metres, half of the page's

    @classmethod
    def cover(cls, rng: np.random.Generator, length: float) -> "Printed":
        """A coloured cover with a title and a picture."""
        return cls(any_colour(rng), any_colour(rng), "cover", rng.random(4), length)

    @classmethod
    def page(cls, rng: np.random.Generator) -> "Printed":
        """A white page with lines of grey."""
        return cls(np.full(3, rng.uniform(0.6, 0.75)), np.full(3, 0.12), "page", rng.random(4), 0.148)

    @classmethod
    def grille(cls, rng: np.random.Generator, colour: np.ndarray) -> "Printed":
        """A mesh of wire with dark holes."""
        return cls(colour, colour * 0.25, "grille", rng.random(4))

    def shade(self, samples: SurfaceSamples) -> Surface:
        """The surface of N samples, ground or ink."""
        u, v = samples.uvs[:, 0], samples.uvs[:, 1]
        if self.kind == "grille":
            mix = np.clip(np.sin(u * 2500.0) * np.sin(v * 2500.0) * 2.0, 0.0, 1.0)
            reflectance, gloss = 0.12, 30.0
        else:
            inside = (np.abs(u) < 0.82 * self.length) & (np.abs(v) < 0.55 * self.length)
            words = (
                np.sin(v * 1100.0 + 40.0 * np.floor(u / _LINE)) + np.sin(v * 370.0 + 9.0 * np.floor(u / _LINE)) > -0.7
            )
            mix = (np.mod(u / _LINE, 1.0) < 0.32) & words & inside
            if self.kind == "cover":
                top = (self.numbers[0] * 0.8 + 0.1) * self.length
                mix = (np.abs(u - top) < 0.014) & words & inside
                picture = np.hypot(u + 0.4 * self.length, v) < (0.2 + 0.35 * self.numbers[1]) * self.length
                mix = mix | (picture & (self.numbers[2] < 0.6)) | ((self.numbers[3] < 0.3) & (u < -0.3 * self.length))
            mix = mix.astype(np.float32)
            reflectance, gloss = 0.03, 25.0
        albedo = self.ground + (self.ink - self.ground) * mix[:, None]
        return Surface(albedo.astype(np.float32), reflectance, gloss)
