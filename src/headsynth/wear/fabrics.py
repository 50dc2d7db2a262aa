"""What clothes, hats, scarves and masks are made of: patterns, folds, weave, and the relief of wool, felt or straw.

Colours, patterns and relief are by eye.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from headsynth.people.looks import any_colour
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Surface, SurfaceSamples
from trans3dhead.geometry.vectors import dot, unit

_DRAWN = ("plain", "rings", "checks", "mottled", "dots")  # patterns of clothes
_FOLD_LENGTHS = (0.055, 0.034, 0.021, 0.012)  # metres
_FOLD_SLOPES = (0.20, 0.16, 0.11, 0.06)
_WEAVE_LENGTH = 0.0028  # metres
_WRAP = (0.06, 0.06, 0.06)  # light that comes through the threads at the shadow's edge
_LEAST_FACING = 0.35  # cosine; a thread that turns away shows its side, so cloth does not gleam at grazing angles
_TILE = 256  # pixels of the noise that gives relief; it repeats


@dataclass(frozen=True)
class Cloth:
    """A material by the metre; a jacket, its collar and its sleeve share one."""

    colours: np.ndarray  # (2, 3) linear
    pattern: str = "plain"  # plain, stripes (along u), rings (along v), checks, dots, mottled, weave
    period: float = 0.02  # metres
    folds: float = 0.0  # factor on the slopes of folds
    weave: float = 0.0  # slope of the weave
    waves: np.ndarray | None = None  # (4, 4) of the folds: direction and phase; None: lies flat
    grain: float = 0.001  # metres a pixel of the noise
    relief: float = 0.0  # how far the noise turns the surface; 0: smooth and even
    uneven: float = 0.0  # relative deviation of the brightness
    ribs: float = 0.0  # metres from rib to rib along u; 0: none
    shine: float = 0.015
    gloss: float = 8.0

    @classmethod
    def sample(cls, rng: np.random.Generator, plain: float = 0.62) -> "Cloth":
        """The cloth of a garment, with folds. plain: the share of plain ones; the other patterns are evenly likely."""
        rest = (1.0 - plain) / 4.0
        pattern = _DRAWN[rng.choice(5, p=[plain, rest, rest, rest, rest])]
        waves, pair = _waves(rng), colours(rng)
        return cls(pair, pattern, rng.uniform(0.008, 0.05), rng.uniform(0.5, 1.4), rng.uniform(0.0, 0.16), waves)

    def mix(self, places: np.ndarray, noise: np.ndarray | float = 0.0) -> np.ndarray:
        """(N, 2) or (N, 3) metres on the cloth, noise of deviation one -> (N,) float32, 0..1: the second colour."""
        phase = places * np.float32(2.0 * np.pi / self.period)
        u, v = np.sin(phase[:, 0]), np.sin(phase[:, 1])
        mix: np.ndarray = np.zeros(len(places), np.float32)
        if self.pattern == "stripes":
            mix = u > 0.0
        elif self.pattern == "rings":
            mix = v > 0.3
        elif self.pattern == "checks":
            mix = 0.5 * (u > 0.0) + 0.5 * (v > 0.0)
        elif self.pattern == "dots":
            mix = u * v > 0.6
        elif self.pattern == "mottled":
            third = phase[:, 2] if phase.shape[1] == 3 else 0.6 * phase[:, 0]
            swirl = np.sin(phase[:, 0] + 2.0 * np.sin(0.7 * phase[:, 1])) * np.sin(1.3 * phase[:, 1] + third)
            mix = swirl + 0.15 * noise > 0.12
        elif self.pattern == "weave":
            mix = 0.5 + 0.5 * u * v
        return np.asarray(mix, np.float32)

    def slopes(self, points: np.ndarray, waves: np.ndarray) -> np.ndarray:
        """(N, 3) metres -> (N, 3) gradient of the relief: folds that wander, and a weave."""
        points = points + np.float32(0.010) * np.sin(points[:, [1, 2, 0]] * np.float32(55.0) + waves[:3, 3])
        total = np.zeros_like(points)
        for (x, y, z, phase), length, slope in zip(waves, _FOLD_LENGTHS, _FOLD_SLOPES, strict=True):
            direction = np.array([x, y, z], np.float32)
            wave = np.sin(points @ direction * np.float32(2.0 * np.pi / length) + phase)
            total += (np.float32(slope * self.folds) * wave * np.abs(wave))[:, None] * direction
        if self.weave > 0.0:
            fine = np.sin(points * np.float32(2.0 * np.pi / _WEAVE_LENGTH))
            total += np.float32(self.weave) * fine * fine[:, [1, 2, 0]]
        return total


@dataclass(frozen=True)
class Fabric:
    """Cloth on a part, by the part's uvs, which are metres along its surface, or by `rest`."""

    cloth: Cloth
    placement: Placement | None = None  # of the head: folds lie in head space; without it there are none
    rest: np.ndarray | None = None  # (V, 3) metres: where on the garment a vertex is; None: the part's uvs
    shade_of: np.ndarray | None = None  # (V,) factor on the colour: seams, hems, the inside of folds
    ribbon: float = 0.0  # metres of v over which the second colour runs around
    patch: tuple[float, float, float, float] | None = None  # middle and half extents in uv of a badge

    def shade(self, samples: SurfaceSamples) -> Surface:
        """Colour by the place on the cloth, normals by its folds, weave, ribs and noise."""
        cloth, normals = self.cloth, samples.normals
        places = samples.uvs if self.rest is None else samples.interpolate(self.rest)
        noise, shade = np.float32(0.0), None
        if self.placement is not None and cloth.waves is not None:
            normals = _turned(normals, self._folds(samples, self.placement, cloth.waves))
        if cloth.relief > 0.0:
            noise, slopes, shade = _relief(cloth, samples)
            normals = _facing(_turned(normals, slopes), samples.positions)
        mix = self._trimmed(cloth.mix(places, noise), samples.uvs)
        albedo = cloth.colours[0] + (cloth.colours[1] - cloth.colours[0]) * mix[:, None]
        if shade is not None:
            albedo = albedo * shade[:, None]
        if self.shade_of is not None:
            albedo = albedo * samples.interpolate(self.shade_of[:, None])
        albedo = np.clip(albedo, 0.004, 0.85).astype(np.float32)
        return Surface(albedo, cloth.shine, cloth.gloss, _WRAP, normals.astype(np.float32))

    def _folds(self, samples: SurfaceSamples, placement: Placement, waves: np.ndarray) -> np.ndarray:
        """(N, 3) slopes of the folds at the samples, camera space."""
        local = (samples.positions - placement.translation).astype(np.float32) @ placement.rotation
        return self.cloth.slopes(local.astype(np.float32), waves) @ placement.rotation.T.astype(np.float32)

    def _trimmed(self, mix: np.ndarray, uv: np.ndarray) -> np.ndarray:
        """With the ribbon and the badge in the second colour."""
        if self.ribbon > 0.0:
            mix = np.where((uv[:, 1] > 0.0) & (uv[:, 1] < self.ribbon), 1.0, mix)
        if self.patch is not None:
            u0, v0, half_u, half_v = self.patch
            inside = ((uv[:, 0] - u0) / half_u) ** 4 + ((uv[:, 1] - v0) / half_v) ** 4
            figure = (np.sin((uv[:, 0] - u0) * 4.0 / half_u) + np.cos((uv[:, 1] - v0) * 5.0 / half_v)) > 0.2
            mix = np.where((inside < 1.0) & (figure | (inside > 0.6)), 1.0, mix)
        return mix


def _turned(normals: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """(N, 3) unit normals of a surface with (N, 3) slopes on it."""
    return unit((normals - slopes + normals * dot(slopes, normals)[:, None]).astype(np.float32))


def _facing(normals: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """(N, 3) normals held `_LEAST_FACING` towards the camera."""
    view = unit(positions)
    grazing = np.maximum(_LEAST_FACING + dot(normals, view), 0.0)
    return unit(normals - grazing[:, None] * view)


def _relief(cloth: Cloth, samples: SurfaceSamples) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N,) noise of deviation one, (N, 3) slopes of noise and ribs in camera space, (N,) factor on the colour."""
    uv = samples.uvs
    noise, along, up = _noise(uv / cloth.grain)
    along, shade = along * cloth.relief, 1.0 + cloth.uneven * noise
    if cloth.ribs > 0.0:
        phase = uv[:, 0] * (2.0 * np.pi / cloth.ribs)
        along = along - 0.7 * np.sin(phase)
        shade = shade * (0.82 + 0.18 * np.cos(phase))
    first, second = _tangents(samples)
    return noise, along[:, None] * first + (cloth.relief * up)[:, None] * second, shade


def _noise(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N, 2) -> (N,) value, slope along u, slope along v of a smooth noise of deviation one, interpolated."""
    tile = _tile()
    low = np.floor(pixels)
    share = (pixels - low).astype(np.float32)
    column, row = low.astype(np.int64).T % _TILE
    right, above = (column + 1) % _TILE, (row + 1) % _TILE
    x, y = share[:, :1], share[:, 1:]
    lower = tile[row, column] * (1.0 - x) + tile[row, right] * x
    upper = tile[above, column] * (1.0 - x) + tile[above, right] * x
    value, along, up = (lower * (1.0 - y) + upper * y).T
    return value, along, up


@lru_cache(maxsize=1)
def _tile() -> np.ndarray:
    """(_TILE, _TILE, 3) float32: noise with as much in each octave, and its slopes."""
    rng = np.random.default_rng(0)
    frequency = np.fft.fftfreq(_TILE) * _TILE
    radius = np.hypot(frequency[:, None], frequency[None])
    spectrum = np.fft.fft2(rng.normal(size=(_TILE, _TILE))) / np.maximum(radius, 3.0)
    value = np.fft.ifft2(spectrum).real
    value /= value.std()
    up, along = ((np.roll(value, -1, axis=axis) - np.roll(value, 1, axis=axis)) / 2.0 for axis in (0, 1))
    tile = np.stack((value, along, up), axis=-1).astype(np.float32)
    tile.setflags(write=False)
    return tile


def _tangents(samples: SurfaceSamples) -> tuple[np.ndarray, np.ndarray]:
    """Two (N, 3) unit vectors, camera space: the ways in which u and v grow."""
    part = samples.part
    chosen, where = np.unique(samples.triangles, return_inverse=True)
    corners = part.vertices[part.triangles[chosen]]
    uvs = part.uvs[part.uv_triangles[chosen]]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    (a, b), (c, d) = (uvs[:, 1] - uvs[:, 0]).T, (uvs[:, 2] - uvs[:, 0]).T
    sign = np.sign(a * d - b * c)[:, None]
    along, up = sign * (d[:, None] * first - b[:, None] * second), sign * (a[:, None] * second - c[:, None] * first)
    return unit(along)[where], unit(up)[where]


def colours(rng: np.random.Generator) -> np.ndarray:
    """(2, 3) linear: a cloth's first and second colour."""
    return np.stack((any_colour(rng), any_colour(rng)))


def _waves(rng: np.random.Generator) -> np.ndarray:
    """(4, 4) float32: directions and phases of folds, more of them across than along the body."""
    directions = unit(rng.normal(size=(4, 3)) * [1.0, 0.55, 0.8])
    return np.column_stack((directions, rng.uniform(0.0, 2.0 * np.pi, 4))).astype(np.float32)


def cotton(rng: np.random.Generator, pattern: str | None = None) -> Fabric:
    """Smooth cloth, mostly of one colour."""
    drawn = ("plain", "stripes", "checks", "dots", "mottled")[rng.choice(5, p=[0.7, 0.07, 0.08, 0.05, 0.1])]
    pair, period, grain = colours(rng), rng.uniform(0.012, 0.04), rng.uniform(0.0008, 0.0016)
    return Fabric(Cloth(pair, pattern or drawn, period, grain=grain, relief=0.13, uneven=0.05, shine=0.012))


def silk(rng: np.random.Generator) -> Fabric:
    """Cloth for scarves: finer, with a sheen."""
    pattern = ("plain", "mottled", "rings", "dots")[rng.choice(4, p=[0.72, 0.14, 0.07, 0.07])]
    pair, period, shine = colours(rng), rng.uniform(0.02, 0.06), rng.uniform(0.012, 0.04)
    return Fabric(Cloth(pair, pattern, period, grain=0.003, relief=0.12, uneven=0.04, shine=shine, gloss=12.0))


def wool(rng: np.random.Generator) -> Fabric:
    """Knitted, with ribs or rings of another colour."""
    pattern = ("plain", "rings", "mottled")[rng.choice(3, p=[0.7, 0.2, 0.1])]
    ribs = rng.uniform(0.006, 0.011) if rng.random() < 0.75 else 0.0
    pair, period = colours(rng), rng.uniform(0.03, 0.07)
    return Fabric(Cloth(pair, pattern, period, grain=0.0014, relief=0.5, uneven=0.16, ribs=ribs, shine=0.004))


def felt(rng: np.random.Generator) -> Fabric:
    """Dull, of one colour, mostly brown, grey or black."""
    tone = np.array([1.0, 0.72, 0.46]) if rng.random() < 0.55 else np.ones(3)
    shade = (tone * np.exp(rng.uniform(np.log(0.012), np.log(0.4)))).astype(np.float32)
    return Fabric(Cloth(np.stack((shade, shade)), grain=0.0008, relief=0.14, uneven=0.08, shine=0.006))


def straw(rng: np.random.Generator) -> Fabric:
    """Plaited, light brown."""
    light = np.array([0.62, 0.46, 0.24]) * rng.uniform(0.6, 1.2)
    pair = np.stack((light, 0.55 * light)).astype(np.float32)
    return Fabric(Cloth(pair, "weave", rng.uniform(0.006, 0.009), grain=0.001, relief=0.5, uneven=0.15))


def fur(rng: np.random.Generator) -> Fabric:
    """Loose yarn: pompons."""
    return Fabric(Cloth(colours(rng), grain=0.0012, relief=1.0, uneven=0.25, shine=0.0))


def painted(pair: np.ndarray, pattern: str, period: float, shine: float, gloss: float) -> Fabric:
    """Not woven: paper, lacquer; pair: (2, 3) linear."""
    return Fabric(Cloth(pair, pattern, period, shine=shine, gloss=gloss))


def folded(rng: np.random.Generator, fabric: Fabric, placement: Placement, folds: float) -> Fabric:
    """The same with folds, such as of a drape; folds: the factor on their slopes."""
    return replace(fabric, cloth=replace(fabric.cloth, folds=folds, waves=_waves(rng)), placement=placement)


def with_patch(fabric: Fabric, patch: tuple[float, float, float, float] | None) -> Fabric:
    """The same fabric with a badge of the second colour; patch: middle and half extents in uv."""
    return replace(fabric, patch=patch)


def with_ribbon(fabric: Fabric, colour: np.ndarray, height: float) -> Fabric:
    """With a band of (3,) another colour from v = 0 to `height` metres."""
    cloth = replace(fabric.cloth, colours=np.stack((fabric.cloth.colours[0], colour)))
    return replace(fabric, cloth=cloth, ribbon=height)
