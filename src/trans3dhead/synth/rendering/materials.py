"""Skin, eyes, hair, cloth and plain things: what colour each sample has."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.synth.rendering.scene import Samples, Surface
from trans3dhead.synth.rendering.textures import Texture, to_linear

_SKIN_WRAP = (0.22, 0.10, 0.06)  # light scattered under the skin: red goes furthest


@dataclass(frozen=True)
class Cloth:
    """A fabric without a texture: plain, striped, chequered or mottled."""

    colours: np.ndarray  # (2, 3) linear
    pattern: str
    period: float  # metres

    def albedo(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) metres, on the body at rest -> (N, 3)."""
        phase = points * (2.0 * np.pi / self.period)
        if self.pattern == "stripes":
            mix = np.sin(phase[:, 1]) > 0.2
        elif self.pattern == "checks":
            mix = (np.sin(phase[:, 0]) > 0) ^ (np.sin(phase[:, 1]) > 0)
        elif self.pattern == "mottled":
            mix = np.sin(phase[:, 0] + 2.0 * np.sin(phase[:, 1] * 0.7)) * np.sin(phase[:, 1] * 1.3 + phase[:, 2]) > 0.1
        else:
            mix = np.zeros(len(points), bool)
        return np.where(mix[:, None], self.colours[1], self.colours[0]).astype(np.float32)


@dataclass(frozen=True)
class Skin:
    """The body's surface: skin above the neckline, cloth below, a beard and a shaved scalp if wanted."""

    texture: Texture | None  # None: procedural
    gain: np.ndarray  # (3,) on the texture, or the colour itself without one
    tone: np.ndarray  # (3,) linear, the skin's mean colour
    rest: np.ndarray  # (V, 3) the template's vertices: where on the body a sample is
    plain: np.ndarray  # (V,) 0..1 how much of the texture gives way to the mean colour, so that the body has no seam
    shine: float  # reflectance
    stubble: np.ndarray  # (V,) 0..1 darkening by short hair
    stubble_colour: np.ndarray  # (3,) linear
    blush: np.ndarray  # (V,) 0..1 reddening of lips, nose, cheeks and ears; used without a texture
    cloth: Cloth | None
    neckline: tuple[float, float, float]  # height at the body's axis, slope over z, depth of the V over |x|

    def shade(self, samples: Samples) -> Surface:
        """Skin, and cloth where the neckline says."""
        marks = np.column_stack((self.rest, self.stubble, self.blush, self.plain)).astype(np.float32)
        local = samples.interpolate(marks)
        if self.texture is None:
            albedo = self.gain * (1.0 - local[:, 4:5] * np.array([0.05, 0.45, 0.40], np.float32))
        else:
            albedo = self.texture.linear(samples.uvs) * self.gain
            albedo += (self.tone - albedo) * np.minimum(1.6 * local[:, 5:6], 1.0)
        albedo = np.clip(albedo, 0.004, 0.85).astype(np.float32)
        albedo += (self.stubble_colour - albedo) * local[:, 3:4]
        reflectance = np.full(len(albedo), self.shine, np.float32)
        if self.cloth is not None:
            below = self.clothed(local[:, :3])
            albedo[below] = self.cloth.albedo(local[below, :3])
            reflectance[below] = 0.015
        return Surface(albedo, reflectance, 16.0, _SKIN_WRAP, reflection="soft")

    def clothed(self, rest: np.ndarray) -> np.ndarray:
        """(N, 3) where on the body -> (N,) bool: below the neckline of the drawn cloth."""
        return _below(rest, self.neckline) if self.cloth is not None else np.zeros(len(rest), bool)


def _below(rest: np.ndarray, neckline: tuple[float, float, float]) -> np.ndarray:
    height, slope, vee = neckline
    return rest[:, 1] < height - slope * rest[:, 2] + vee * np.minimum(np.abs(rest[:, 0]), 0.08)


@dataclass(frozen=True)
class Eyes:
    """Both eyeballs: sclera, limbus, iris and pupil painted by the angle from the gaze, under a wet film."""

    centres: np.ndarray  # (2, 3) metres, camera space: left, right
    gaze: np.ndarray  # (2, 3) unit
    up: np.ndarray  # (3,) unit, the head's
    iris: np.ndarray  # (3,) linear
    sclera: np.ndarray  # (3,) linear
    iris_angle: float  # radians, the radius of the iris seen from the eyeball's centre
    pupil: float  # radius of the pupil over that of the iris
    seed: int  # of the fibres

    def shade(self, samples: Samples) -> Surface:
        """Radial noise makes the iris' fibres."""
        side = np.linalg.norm(samples.positions[:, None] - self.centres, axis=2).argmin(axis=1)
        outward = samples.positions - self.centres[side]
        outward /= np.linalg.norm(outward, axis=1, keepdims=True)
        gaze = self.gaze[side].astype(np.float32)
        radius = np.arccos(np.clip(np.einsum("nc,nc->n", outward, gaze), -1.0, 1.0)) / self.iris_angle
        right = np.cross(gaze, self.up)
        azimuth = np.arctan2(outward @ self.up, np.einsum("nc,nc->n", outward, right))
        phases = np.random.default_rng(self.seed).uniform(0, 2 * np.pi, 3)
        fibres = sum(np.sin(k * azimuth + p) for k, p in zip((13, 29, 47), phases, strict=True)) / 3.0
        iris = self.iris * (0.85 + 0.35 * fibres + 0.35 * (0.7 - radius))[:, None]
        iris *= (1.0 - 0.65 * _step(0.80, 1.0, radius))[:, None]
        iris *= _step(self.pupil - 0.05, self.pupil + 0.05, radius)[:, None] + 0.01
        veins = np.clip((radius - 1.3) * 0.35, 0.0, 0.5)[:, None] * np.array([0.1, 0.4, 0.4])
        white = self.sclera * (1.0 - veins)
        albedo = iris + (white - iris) * _step(0.93, 1.10, radius)[:, None]
        bulge = np.exp(-np.square(radius / 0.9))[:, None] * 0.35
        normals = outward - gaze * bulge
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        albedo = np.clip(albedo, 0.003, 0.8).astype(np.float32)
        return Surface(albedo, 0.03, 350.0, normals=normals.astype(np.float32), reflection="sharp", floor=0.2)


def _step(low: float, high: float, values: np.ndarray) -> np.ndarray:
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


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
