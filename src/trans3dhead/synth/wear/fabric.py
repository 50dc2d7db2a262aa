"""Cloth: patterns, folds and weave as a relief of the normals."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.synth.people.looks import fabric
from trans3dhead.synth.people.poses import Placement
from trans3dhead.synth.rendering.scene import Samples, Surface
from trans3dhead.synth.rendering.vectors import dot, unit

_PATTERNS = ("plain", "stripes", "checks", "mottled", "dots")
_FOLD_LENGTHS = (0.055, 0.034, 0.021, 0.012)  # metres
_FOLD_SLOPES = (0.20, 0.16, 0.11, 0.06)
_WEAVE_LENGTH = 0.0028  # metres


@dataclass(frozen=True)
class Cloth:
    """What a garment is made of; a jacket, its sleeve and the arm in it share one."""

    colours: np.ndarray  # (2, 3) linear
    pattern: str
    period: float  # metres
    folds: float  # factor on the slopes of folds
    weave: float  # slope of the weave
    waves: np.ndarray  # (4, 4) of the folds: direction and phase

    @classmethod
    def sample(cls, rng: np.random.Generator, plain: float = 0.62) -> "Cloth":
        """plain: the share of plain ones; the others are evenly likely."""
        rest = (1.0 - plain) / 4.0
        pattern = _PATTERNS[rng.choice(5, p=[plain, rest, rest, rest, rest])]
        directions = unit(rng.normal(size=(4, 3)) * [1.0, 0.55, 0.8])
        waves = np.column_stack((directions, rng.uniform(0.0, 2.0 * np.pi, 4))).astype(np.float32)
        colours = np.stack((fabric(rng), fabric(rng)))
        return cls(colours, pattern, rng.uniform(0.008, 0.05), rng.uniform(0.5, 1.4), rng.uniform(0.0, 0.16), waves)

    def albedo(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) metres on the cloth -> (N, 3) linear."""
        phase = points * np.float32(2.0 * np.pi / self.period)
        if self.pattern == "stripes":
            mix = np.sin(phase[:, 1]) > 0.2
        elif self.pattern == "checks":
            bands = (np.sin(phase[:, 0]) > 0.3).astype(np.float32) + (np.sin(phase[:, 1]) > 0.3)
            return self._mixed(bands * 0.5)
        elif self.pattern == "mottled":
            mix = np.sin(phase[:, 0] + 2.0 * np.sin(phase[:, 1] * 0.7)) * np.sin(phase[:, 1] * 1.3 + phase[:, 2]) > 0.1
        elif self.pattern == "dots":
            mix = np.cos(phase[:, 0]) * np.cos(phase[:, 1]) > 0.62
        else:
            mix = np.zeros(len(points), bool)
        return self._mixed(mix.astype(np.float32))

    def _mixed(self, share: np.ndarray) -> np.ndarray:
        return (self.colours[0] + (self.colours[1] - self.colours[0]) * share[:, None]).astype(np.float32)

    def slopes(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) metres -> (N, 3) gradient of the relief: folds that wander, and a weave."""
        points = points + np.float32(0.010) * np.sin(points[:, [1, 2, 0]] * np.float32(55.0) + self.waves[:3, 3])
        total = np.zeros_like(points)
        for (x, y, z, phase), length, slope in zip(self.waves, _FOLD_LENGTHS, _FOLD_SLOPES, strict=True):
            direction = np.array([x, y, z], np.float32)
            wave = np.sin(points @ direction * np.float32(2.0 * np.pi / length) + phase)
            total += (np.float32(slope * self.folds) * wave * np.abs(wave))[:, None] * direction
        if self.weave > 0.0:
            fine = np.sin(points * np.float32(2.0 * np.pi / _WEAVE_LENGTH))
            total += np.float32(self.weave) * fine * fine[:, [1, 2, 0]]
        return total


@dataclass(frozen=True)
class Fabric:
    """Cloth on a part."""

    cloth: Cloth
    placement: Placement  # of the head: folds lie in head space
    rest: np.ndarray | None = None  # (V, 3) metres: where on the garment a vertex is; None: the part's uvs
    shade_of: np.ndarray | None = None  # (V,) factor on the colour: seams, hems, the inside of folds
    backlit: float = 0.05  # light through thin cloth

    def shade(self, samples: Samples) -> Surface:
        """Colours by the place on the cloth, normals by its relief."""
        if self.rest is None:
            places = np.column_stack((samples.uvs, np.zeros(len(samples.uvs)))).astype(np.float32)
        else:
            places = samples.interpolate(self.rest).astype(np.float32)
        albedo = self.cloth.albedo(places)
        if self.shade_of is not None:
            albedo *= samples.interpolate(self.shade_of[:, None])
        local = (samples.positions - self.placement.translation).astype(np.float32) @ self.placement.rotation
        slopes = self.cloth.slopes(local.astype(np.float32)) @ self.placement.rotation.T.astype(np.float32)
        normals = samples.normals - slopes + samples.normals * dot(slopes, samples.normals)[:, None]
        return Surface(albedo, 0.015, 8.0, normals=unit(normals.astype(np.float32)), floor=self.backlit)
