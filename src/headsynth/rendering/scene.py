"""Parts of a picture put together for Embree: what a ray meets first, cut-outs and lenses included.

The restart was found by trial, as said beside it; layers and the usual surface are by eye.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from embreex.rtcore import EmbreeDevice

from headsynth.rendering.fibres import Fibres
from headsynth.rendering.textures import Texture
from headsynth.rendering.tree import Tree
from headsynth.rendering.vectors import weighted
from trans3dhead.data.segments import Segment
from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.geometry.vectors import dot, unit

_RESTART = 3e-5  # metres beyond a transparent hit; more tunnels through the skin under a brow
_LAYERS = 14  # transparent surfaces in a row before a ray gives up
_SHADOW_LAYERS = 4


@dataclass(frozen=True)
class Surface:
    """What light meets at N samples."""

    albedo: np.ndarray  # (N, 3) linear
    reflectance: np.ndarray | float = 0.028  # (N,) at normal incidence
    gloss: float = 18.0  # exponent of the highlight
    wrap: tuple[float, float, float] = (0.0, 0.0, 0.0)  # light that creeps past the shadow's edge: red, green, blue
    normals: np.ndarray | None = None  # (N, 3) instead of the mesh's
    reflection: str = "none"  # of the surroundings: none, soft or sharp
    floor: float = 0.05  # share of the surroundings' light that arrives by detours wherever the surface is
    grazing: float = 0.6  # how much of Fresnel's rise towards the silhouette is left: less on rough surfaces
    glint: float = 0.0  # share of a second highlight, of four times the exponent
    fibres: Fibres | None = None  # hair: highlights about the strands


@dataclass(frozen=True)
class SurfaceSamples:
    """N ray hits on one part."""

    part: "Part"
    triangles: np.ndarray  # (N,) rows of the part's triangles
    weights: np.ndarray  # (N, 3) barycentric
    positions: np.ndarray  # (N, 3) metres, camera space
    normals: np.ndarray  # (N, 3) unit, out of the surface; of cut-outs, which have no inside, towards the camera

    def interpolate(self, values: np.ndarray) -> np.ndarray:
        """(V, k) one row a vertex of the part -> (N, k)."""
        return weighted(self.weights, values, self.part.triangles.take(self.triangles, axis=0))

    @cached_property
    def uvs(self) -> np.ndarray:
        """(N, 2) texture coordinates of the samples, v up."""
        return weighted(self.weights, self.part.uvs, self.part.uv_triangles.take(self.triangles, axis=0))


class Material(Protocol):
    """How a part looks."""

    def shade(self, samples: SurfaceSamples) -> Surface:
        """The surface at each sample."""
        ...


@dataclass(frozen=True)
class Part:
    """A mesh of one material, in camera space."""

    name: str
    vertices: np.ndarray  # (V, 3) float32 metres, camera space
    triangles: np.ndarray  # (F, 3) int32
    uvs: np.ndarray  # (T, 2) float32
    uv_triangles: np.ndarray  # (F, 3) int32
    material: Material
    segment: Segment
    cutout: Texture | None = None  # its alpha lets rays pass
    opacity: np.ndarray | None = None  # (F,) mean alpha of each triangle, for shadows; None: opaque
    tint: tuple[float, float, float] | np.ndarray | None = None  # a lens: rays go on, times this; (3,) or (V, 3)
    mirror: tuple[float, float, float] = (0.03, 0.03, 0.03)  # of a lens: what it reflects at normal incidence
    normals: np.ndarray | None = None  # (V, 3) unit, towards the outside; None: from the triangles
    density: float = 1.0  # factor on the alpha of a cut-out
    corners: np.ndarray | None = None  # `embree_triangles(triangles)` where it was kept from before
    segments: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None  # of (N,) triangles and (N, 3) weights
    hides: bool = True  # landmarks beneath; not so brows, lashes and beards, which belong to the skin
    openness: np.ndarray | None = None  # (V,) known share of the surroundings' light that arrives; None: traced
    person: int = 0  # to whom it belongs, the number of the annotation


@dataclass(frozen=True)
class Hits:
    """What each of N rays met; `triangles` is -1 where it met nothing."""

    triangles: np.ndarray  # (N,) int32, rows of the scene's triangles
    weights: np.ndarray  # (N, 3) float32 barycentric
    distance: np.ndarray  # (N,) float32 metres from the camera
    filter: np.ndarray  # (N, 3) what lenses on the way let through
    lenses: np.ndarray  # (N,) int32, the first lens triangle on the way or -1
    lens_weights: np.ndarray  # (N, 3) barycentric, where on that triangle

    @classmethod
    def none(cls, count: int) -> "Hits":
        """The hits of `count` rays that met nothing."""
        return cls(
            np.full(count, -1, np.int32),
            np.zeros((count, 3), np.float32),
            np.zeros(count, np.float32),
            np.ones((count, 3), np.float32),
            np.full(count, -1, np.int32),
            np.zeros((count, 3), np.float32),
        )


@dataclass
class Scene:
    """All parts of a picture as one mesh that rays may meet."""

    parts: Sequence[Part]
    device: EmbreeDevice = field(default_factory=EmbreeDevice)

    def __post_init__(self) -> None:
        starts = np.cumsum([0] + [len(part.vertices) for part in self.parts])
        self.vertex_starts = starts
        self.vertices = np.concatenate([part.vertices for part in self.parts]).astype(np.float32)
        self.triangles = np.concatenate(
            [part.triangles + start for part, start in zip(self.parts, starts, strict=False)]
        ).astype(np.int32)
        self.triangle_starts = np.cumsum([0] + [len(part.triangles) for part in self.parts])
        self.part_of = np.repeat(np.arange(len(self.parts), dtype=np.int16), np.diff(self.triangle_starts))
        self.opacity = np.concatenate([_opacity(part) for part in self.parts])
        self._transparent = np.array([part.cutout is not None or part.tint is not None for part in self.parts])
        self.normals = self._normals()
        self.openness = np.concatenate([_openness(part) for part in self.parts])
        self._cutout = np.array([part.cutout is not None for part in self.parts])
        self.vertex_cutout = np.repeat(self._cutout, np.diff(starts))
        self._tree = Tree(self.device, ((part.vertices, part.triangles, part.corners) for part in self.parts))

    def _normals(self) -> np.ndarray:
        """(V, 3) float32, those that the parts know and the others from their triangles."""
        ends = zip(self.parts, self.triangle_starts, self.triangle_starts[1:], strict=False)
        unknown = [self.triangles[start:end] for part, start, end in ends if part.normals is None]
        normals = vertex_normals(self.vertices, np.concatenate(unknown or [self.triangles[:0]]))
        for part, start in zip(self.parts, self.vertex_starts, strict=False):
            if part.normals is not None:
                normals[start : start + len(part.vertices)] = part.normals
        return normals

    def trace(self, directions: np.ndarray, rng: np.random.Generator, among: np.ndarray | None = None) -> Hits:
        """Rays from the camera, (N, 3) float32 unit directions. Cut-outs: a new random threshold at each layer.

        among: (n,) the rays that can meet something, where that is known beforehand; the others meet nothing.
        """
        hits = Hits.none(len(directions))
        active = np.arange(len(directions)) if among is None else among
        origins = np.zeros((len(active), 3), np.float32)
        travelled = np.zeros(len(active), np.float32)
        for _ in range(_LAYERS):
            met, triangles, found = self._tree.first(origins, directions.take(active, axis=0))
            active, travelled = active.take(met), travelled.take(met) + found["tfar"].take(met)
            weights = _barycentric(found, met)
            passes = self._passes(hits, active, triangles, weights, rng)
            stop = np.flatnonzero(~passes)
            settled = active.take(stop)
            hits.triangles[settled], hits.weights[settled] = triangles.take(stop), weights.take(stop, axis=0)
            hits.distance[settled] = travelled.take(stop)
            on = np.flatnonzero(passes)
            if not len(on):
                break
            active, travelled = active.take(on), travelled.take(on) + np.float32(_RESTART)
            origins = directions.take(active, axis=0) * travelled[:, None]
        return hits

    def _passes(
        self, hits: Hits, rays: np.ndarray, triangles: np.ndarray, weights: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Which of these hits let their ray go on; lenses leave their trace in `hits`."""
        passes = np.zeros(len(rays), bool)
        parts = self.part_of.take(triangles)
        unsure = np.flatnonzero(self._transparent.take(parts))
        parts = parts.take(unsure)
        for number in np.flatnonzero(np.bincount(parts)).tolist():
            part, here = self.parts[number], unsure[parts == number]
            if part.tint is not None:
                passes[here] = True
                first = here[hits.lenses[rays[here]] < 0]
                hits.lenses[rays[first]], hits.lens_weights[rays[first]] = triangles[first], weights[first]
                tint = np.asarray(part.tint, np.float32)
                if tint.ndim == 2:
                    corners = part.triangles[triangles[first] - self.triangle_starts[number]]
                    tint = np.einsum("nk,nkc->nc", weights[first], tint[corners])
                hits.filter[rays[first]] *= tint
            elif part.cutout is not None:
                local = part.uv_triangles.take(triangles.take(here) - self.triangle_starts[number], axis=0)
                uv = weighted(weights.take(here, axis=0), part.uvs, local)
                threshold = rng.random(len(here), dtype=np.float32) * np.float32(0.98) + np.float32(0.01)
                passes[here] = part.cutout.alpha(uv) * np.float32(part.density) < threshold
        return passes

    def lit(self, origins: np.ndarray, directions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(N,) bool: whether nothing stops a ray. A cut-out stops one with its triangle's mean alpha."""
        lit = np.ones(len(origins), bool)
        directions = directions.astype(np.float32)
        active, start = np.arange(len(origins)), origins.astype(np.float32)
        for _ in range(_SHADOW_LAYERS):
            met, triangles, found = self._tree.first(start, directions.take(active, axis=0))
            blocked = rng.random(len(met), dtype=np.float32) < self.opacity.take(triangles)
            lit[active[met[blocked]]] = False
            go_on = met[~blocked]
            if not len(go_on):
                break
            further = (found["tfar"].take(go_on) + np.float32(1e-4))[:, None]
            start, active = start.take(go_on, axis=0), active.take(go_on)
            start += directions.take(active, axis=0) * further
        return lit

    def first(
        self, origins: np.ndarray, directions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The nearest surfaces of whatever kind along (N, 3) rays.

        Returns the rows (n,) of the rays that meet one, its triangles (n,), barycentric (n, 3), and metres (n,).
        """
        met, triangles, found = self._tree.first(origins.astype(np.float32), directions.astype(np.float32))
        return met, triangles, _barycentric(found, met), found["tfar"].take(met)

    def clearance(self, origins: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """(N,) how much of the light along each ray arrives, by the first surface alone."""
        directions = directions.astype(np.float32, copy=False)
        met, triangles, _ = self._tree.first(origins.astype(np.float32, copy=False), directions)
        clear = np.ones(len(origins), np.float32)
        clear[met] -= self.opacity.take(triangles)
        return clear

    def by_part(self, hits: Hits, directions: np.ndarray) -> Iterator[tuple[np.ndarray, SurfaceSamples]]:
        """For each part that was hit, the rays that did and their hits."""
        met = np.flatnonzero(hits.triangles >= 0)
        parts = self.part_of.take(hits.triangles.take(met))
        order = np.argsort(parts, kind="stable")
        rays, parts = met.take(order), parts.take(order)
        triangles, weights = hits.triangles.take(rays), hits.weights.take(rays, axis=0)
        ahead = directions.take(rays, axis=0)
        normals = unit(weighted(weights, self.normals, self.triangles.take(triangles, axis=0)))
        away = (dot(normals, ahead) > 0.0) & self._cutout.take(parts)
        normals *= np.where(away, np.float32(-1.0), np.float32(1.0))[:, None]
        ahead *= hits.distance.take(rays)[:, None]
        local = triangles - self.triangle_starts.take(parts)
        ends = np.cumsum(np.bincount(parts, minlength=len(self.parts)))
        for part, start, end in zip(self.parts, np.append(0, ends), ends, strict=False):
            if end > start:
                of = slice(start, end)
                yield rays[of], SurfaceSamples(part, local[of], weights[of], ahead[of], normals[of])


def _barycentric(found: dict[str, np.ndarray], met: np.ndarray) -> np.ndarray:
    """(n, 3) float32 barycentric weights of the rays `met` (n,) in the triangles that they met."""
    weights = np.empty((len(met), 3), np.float32)
    weights[:, 1], weights[:, 2] = found["u"].take(met), found["v"].take(met)
    weights[:, 0] = 1.0 - weights[:, 1] - weights[:, 2]
    return weights


def _opacity(part: Part) -> np.ndarray:
    if part.tint is not None:
        return np.full(len(part.triangles), 1.0 - float(np.mean(part.tint)), np.float32)
    if part.opacity is not None:
        return part.opacity.astype(np.float32) * part.density
    return np.ones(len(part.triangles), np.float32)


def _openness(part: Part) -> np.ndarray:
    """(V,) float32, negative where it is to be traced."""
    if part.openness is None:
        return np.full(len(part.vertices), -1.0, np.float32)
    return part.openness.astype(np.float32)


def mean_alpha(texture: Texture, uvs: np.ndarray, uv_triangles: np.ndarray) -> np.ndarray:
    """(F,) the mean alpha over each triangle, from ten points inside it."""
    steps = np.array([(i, j, 3 - i - j) for i in range(4) for j in range(4 - i)], np.float32)
    weights = (steps + 1.0 / 3.0) / 4.0
    points = np.einsum("sk,fkc->fsc", weights, uvs[uv_triangles])
    return texture.alpha(points.reshape(-1, 2)).reshape(-1, len(weights)).mean(axis=1)
