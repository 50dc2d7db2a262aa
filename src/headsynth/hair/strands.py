"""What hair looks like: a colour for each strand, darker inside, highlights about the strands.

Numbers are by eye.
"""

from dataclasses import dataclass

import numpy as np

from headsynth.hair.colours import HairColour
from headsynth.hair.textures import LOCKS, LockTexture
from headsynth.rendering.environment import LUMINANCE
from headsynth.rendering.fibres import Fibres
from headsynth.rendering.scene import Surface, SurfaceSamples
from headsynth.rendering.textures import Texture
from trans3dhead.geometry.vectors import unit

_CORE = 0.84  # share of a lock's width in the texture that is drawn: its margins are all but empty
_TONES = np.random.default_rng(32).normal(size=64).astype(np.float32)  # of locks, by their code


@dataclass(frozen=True)
class Locks:
    """Generated locks; u counts code · 1 + place in the texture, v runs from 1 at the root to 0 at the tip."""

    texture: LockTexture
    colour: HairColour
    frames: np.ndarray  # (V, 7) tangent and the direction across the lock, camera space; openness 0..1
    shine: float

    def shade(self, samples: SurfaceSamples) -> Surface:
        """The surface of N samples of locks, each lit as the strand that it lies on."""
        uv = samples.uvs
        marks = self.texture.marks(uv)
        frames = samples.interpolate(self.frames)
        tangents = unit(frames[:, :3] + frames[:, 3:6] * (0.5 * marks[:, 2:3]))
        own = _TONES[np.floor(uv[:, 0]).astype(np.int32) % len(_TONES)]
        edge = np.abs(np.mod(uv[:, 0] * LOCKS, 1.0) * 2.0 - 1.0)
        dark = 0.25 + 0.75 * frames[:, 6] * (0.5 + 0.5 * marks[:, 1]) * (1.1 - 0.35 * edge * edge)
        return fibre_surface(self.colour, marks[:, 0], own, 1.0 - uv[:, 1], dark, tangents, self.shine)


def fibre_surface(
    colour: HairColour,
    strand: np.ndarray,
    lock: np.ndarray,
    along: np.ndarray,
    open_: np.ndarray,
    tangents: np.ndarray,
    shine: float,
) -> Surface:
    """The surface of N samples of strands.

    All (N,): strand: 0..1, which one it is; lock: about standard normal, how its lock differs; along: 0 at the root to
    1 at the tip; open_: a factor on the light. tangents: (N, 3) unit, along the strand.
    """
    which = np.mod(strand * 61.7, 1.0)
    white = np.clip((colour.grey * 1.6 - 0.3 + 0.05 * lock - which) * 1.6 + 0.5, 0.0, 1.0)
    white = (0.4 * white + 0.6 * colour.grey) * (colour.grey > 0.0)
    albedo = colour.strand + (colour.white - colour.strand) * white[:, None]
    scatter = strand * 2.0 - 1.0
    tone = np.exp(colour.spread * (scatter + 0.3 * lock))
    ends = np.clip((along - 0.45) / 0.55, 0.0, 1.0)[:, None]
    albedo = albedo * (1.0 + (colour.tip - 1.0) * ends)
    root = colour.root + (1.0 - colour.root) * np.clip(along / 0.3, 0.0, 1.0)
    albedo = np.clip(albedo * (tone * root * open_)[:, None], 0.002, 0.6).astype(np.float32)
    shift = (0.05 * scatter + 0.03 * lock).astype(np.float32)
    tint = np.minimum(1.4 * albedo + 0.004, 0.5) * np.float32(0.9)
    fibres = Fibres(tangents.astype(np.float32), tint, shift, shine)
    return Surface(albedo, 0.012, 1.0, floor=0.03, grazing=0.0, fibres=fibres)


@dataclass(frozen=True)
class Painted:
    """Hair of the assets: the texture's light and dark, softened, in a free colour."""

    texture: Texture
    level: float  # the texture's own mean luminance, linear
    colour: HairColour
    frames: np.ndarray  # (V, 3) tangents, camera space
    shine: float
    contrast: float

    def shade(self, samples: SurfaceSamples) -> Surface:
        """The surface of N samples of an asset's hair: its light and dark about the person's colour."""
        uv = samples.uvs
        values = self.texture.linear(uv) @ LUMINANCE
        detail = np.clip(values / self.level, 0.12, 3.0) ** np.float32(self.contrast)
        tangents = unit(samples.interpolate(self.frames).astype(np.float32))
        strand = np.clip(0.5 + 0.25 * np.log(detail), 0.0, 1.0)  # what is painted light shines elsewhere
        lock = np.zeros(len(uv), np.float32)
        half = np.full(len(uv), 0.35, np.float32)
        return fibre_surface(self.colour, strand, lock, half, detail, tangents, self.shine)


@dataclass(frozen=True)
class Undergrowth:
    """The inside of a head of hair: what shows between locks; shaved hair by itself."""

    colour: HairColour
    rest: np.ndarray  # (V, 3) on the template
    tangents: np.ndarray  # (V, 3) camera space
    openness: np.ndarray  # (V,)

    def shade(self, samples: SurfaceSamples) -> Surface:
        """The surface of N samples, each on one of many short strands at random."""
        rest = samples.interpolate(self.rest)
        cell = np.floor(rest * np.array([900.0, 260.0, 420.0], np.float32)).astype(np.int64)
        strand = np.mod((cell[:, 0] * 73856093 ^ cell[:, 1] * 19349663 ^ cell[:, 2] * 83492791) * 0.6180339887, 1.0)
        tangents = unit(samples.interpolate(self.tangents).astype(np.float32))
        nothing = np.zeros(len(rest), np.float32)
        dark = samples.interpolate(self.openness[:, None])[:, 0]
        return fibre_surface(self.colour, strand, nothing, nothing, dark, tangents, 0.15)


def lock_uvs(lock: np.ndarray, code: np.ndarray, shares: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(N,), (N,) which lock of the texture and its code; (K + 1,) along, (S,) across, 0..1 -> (N · (K + 1) · S, 2)."""
    u = code[:, None] + (lock[:, None] + 0.5 + _CORE * (columns - 0.5)) / LOCKS  # (N, S)
    uv = np.empty((len(lock), len(shares), len(columns), 2), np.float32)
    uv[..., 0] = u[:, None]
    uv[..., 1] = (0.999 - 0.998 * shares)[:, None]
    return uv.reshape(-1, 2)
