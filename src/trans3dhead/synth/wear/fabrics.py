"""What hats, scarves and bands are made of: patterns over a surface measured in metres, and its relief."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from trans3dhead.synth.people import looks
from trans3dhead.synth.rendering.scene import Samples, Surface
from trans3dhead.synth.rendering.vectors import unit

_LEAST_FACING = 0.35  # cosine; a thread that turns away shows its side, so cloth does not gleam at grazing angles
_TILE = 256  # pixels of the noise that gives relief; it repeats


@dataclass(frozen=True)
class Fabric:
    """Cloth, wool, felt, straw or leather on a part whose uvs are metres along its surface."""

    colours: np.ndarray  # (2, 3) linear
    pattern: str = "plain"  # plain, stripes (along u), rings (along v), checks, dots, mottled, weave
    period: float = 0.02  # metres
    grain: float = 0.001  # metres a pixel of the noise
    relief: float = 0.25  # how far the noise turns the surface
    uneven: float = 0.12  # relative deviation of the brightness
    ribs: float = 0.0  # metres from rib to rib along u; 0: none
    shine: float = 0.012
    gloss: float = 8.0
    ribbon: float = 0.0  # metres of v over which the second colour runs around
    patch: tuple[float, float, float, float] | None = None  # middle and half extents in uv of a badge

    def shade(self, samples: Samples) -> Surface:
        """Colour by the pattern, normals by ribs and noise."""
        uv = samples.uvs
        value, along, up = _noise(uv / self.grain)
        mix = self._mix(uv, value)
        albedo = self.colours[0] + (self.colours[1] - self.colours[0]) * mix[:, None]
        along, shade = along * self.relief, 1.0 + self.uneven * value
        if self.ribs > 0.0:
            phase = uv[:, 0] * (2.0 * np.pi / self.ribs)
            along = along - 0.7 * np.sin(phase)
            shade = shade * (0.82 + 0.18 * np.cos(phase))
        tangents = _tangents(samples)
        normals = unit(samples.normals - along[:, None] * tangents[0] - (self.relief * up)[:, None] * tangents[1])
        view = unit(samples.positions)
        grazing = np.maximum(_LEAST_FACING + np.einsum("nc,nc->n", normals, view), 0.0)
        normals = unit(normals - grazing[:, None] * view)
        albedo = np.clip(albedo * shade[:, None], 0.004, 0.85).astype(np.float32)
        return Surface(albedo, self.shine, self.gloss, (0.06, 0.06, 0.06), normals=normals.astype(np.float32))

    def _mix(self, uv: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """(N,) 0..1 the second colour's share."""
        phase = uv * (2.0 * np.pi / self.period)
        u, v = np.sin(phase[:, 0]), np.sin(phase[:, 1])
        mix: np.ndarray = np.zeros(len(uv))
        if self.pattern == "stripes":
            mix = u > 0.0
        elif self.pattern == "rings":
            mix = v > 0.3
        elif self.pattern == "checks":
            mix = 0.5 * (u > 0.0) + 0.5 * (v > 0.0)
        elif self.pattern == "dots":
            mix = u * v > 0.6
        elif self.pattern == "mottled":
            swirl = np.sin(phase[:, 0] + 2.0 * np.sin(0.7 * phase[:, 1])) * np.sin(
                1.3 * phase[:, 1] + 0.6 * phase[:, 0]
            )
            mix = swirl + 0.15 * noise > 0.15
        elif self.pattern == "weave":
            mix = 0.5 + 0.5 * u * v
        mix = np.asarray(mix, np.float32)
        if self.ribbon > 0.0:
            mix = np.where((uv[:, 1] > 0.0) & (uv[:, 1] < self.ribbon), 1.0, mix)
        if self.patch is not None:
            u0, v0, half_u, half_v = self.patch
            inside = ((uv[:, 0] - u0) / half_u) ** 4 + ((uv[:, 1] - v0) / half_v) ** 4
            figure = (np.sin((uv[:, 0] - u0) * 4.0 / half_u) + np.cos((uv[:, 1] - v0) * 5.0 / half_v)) > 0.2
            mix = np.where((inside < 1.0) & (figure | (inside > 0.6)), 1.0, mix)
        return mix


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


def _tangents(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
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
    """(2, 3) linear."""
    return np.stack((looks.fabric(rng), looks.fabric(rng)))


def cotton(rng: np.random.Generator, pattern: str | None = None) -> Fabric:
    """Smooth cloth, mostly of one colour."""
    drawn = ("plain", "stripes", "checks", "dots", "mottled")[rng.choice(5, p=[0.7, 0.07, 0.08, 0.05, 0.1])]
    return Fabric(colours(rng), pattern or drawn, rng.uniform(0.012, 0.04), rng.uniform(0.0008, 0.0016), 0.13, 0.05)


def silk(rng: np.random.Generator) -> Fabric:
    """Cloth for scarves: finer, with a sheen."""
    pattern = ("plain", "mottled", "rings", "dots")[rng.choice(4, p=[0.72, 0.14, 0.07, 0.07])]
    return Fabric(
        colours(rng), pattern, rng.uniform(0.02, 0.06), 0.003, 0.12, 0.04, shine=rng.uniform(0.012, 0.04), gloss=12.0
    )


def wool(rng: np.random.Generator) -> Fabric:
    """Knitted, with ribs or rings of another colour."""
    pattern = ("plain", "rings", "mottled")[rng.choice(3, p=[0.7, 0.2, 0.1])]
    ribs = rng.uniform(0.006, 0.011) if rng.random() < 0.75 else 0.0
    return Fabric(colours(rng), pattern, rng.uniform(0.03, 0.07), 0.0014, 0.5, 0.16, ribs=ribs, shine=0.004)


def felt(rng: np.random.Generator) -> Fabric:
    """Dull, of one colour, mostly brown, grey or black."""
    tone = np.array([1.0, 0.72, 0.46]) if rng.random() < 0.55 else np.ones(3)
    shade = (tone * np.exp(rng.uniform(np.log(0.012), np.log(0.4)))).astype(np.float32)
    return Fabric(np.stack((shade, shade)), grain=0.0008, relief=0.14, uneven=0.08, shine=0.006)


def straw(rng: np.random.Generator) -> Fabric:
    """Plaited, light brown."""
    light = np.array([0.62, 0.46, 0.24]) * rng.uniform(0.6, 1.2)
    pair = np.stack((light, 0.55 * light)).astype(np.float32)
    return Fabric(pair, "weave", rng.uniform(0.006, 0.009), 0.001, 0.5, 0.15, shine=0.015)


def fur(rng: np.random.Generator) -> Fabric:
    """Loose yarn: pompons."""
    return Fabric(colours(rng), "plain", grain=0.0012, relief=1.0, uneven=0.25, shine=0.0)


def with_patch(fabric: Fabric, patch: tuple[float, float, float, float] | None) -> Fabric:
    """With a badge of the second colour."""
    return replace(fabric, patch=patch)


def with_ribbon(fabric: Fabric, colour: np.ndarray, height: float) -> Fabric:
    """With a band of (3,) another colour from v = 0 to `height` metres."""
    return replace(fabric, colours=np.stack((fabric.colours[0], colour)), ribbon=height)
