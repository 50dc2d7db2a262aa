"""Light on the parts of a scene: lamps with cast shadows, the occluded light of the surroundings, highlights.

Directions, distances and strengths are by eye.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from headsynth.rendering.environment import Lamp
from headsynth.rendering.light import Light
from headsynth.rendering.scene import Hits, Scene, Surface, SurfaceSamples
from headsynth.rendering.vectors import weighted
from trans3dhead.geometry.vectors import dot, unit

_AMBIENT_DIRECTIONS = 16
_VOXEL, _CLOUD = np.float32(0.004), np.float32(0.008)  # metres: what is nearer shares ambient light; cards of hair
_LONELY = 0.08  # share of the neighbourhood below which a sample sends its own shadow ray
_COATED = np.float32(0.6)  # of the reflection at grazing angles is left by a lens' coating
_LIFT = 1e-3  # metres by which a shadow ray starts above its surface


@dataclass(frozen=True)
class Film:
    """N rays and the pixels that they belong to."""

    directions: np.ndarray  # (N, 3) float32 unit, camera space
    pixels: np.ndarray  # (N,) row · size + column
    size: int

    def every_second(self, rays: np.ndarray) -> np.ndarray:
        """(n,) bool: rays through the middle of the pixels of one colour of a chessboard."""
        pixels = self.pixels[rays]
        return ((pixels // self.size + pixels) % 2 == 0) & (rays < self.size * self.size)

    def smooth(
        self, rays: np.ndarray, values: np.ndarray, wanted: np.ndarray, sigma: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Noisy `values` (n,) of rays through middles, averaged over neighbouring pixels that have such values too.

        Returns the mean at each of the m rays `wanted`, and how much there was to average.
        """
        rows, columns = np.divmod(self.pixels.take(wanted), self.size)
        top, left = rows.min(), columns.min()
        height, width = rows.max() - top + 1, columns.max() - left + 1  # what is beyond is not wanted, nor known
        given = np.divmod(self.pixels.take(rays), self.size)
        both = np.zeros((height * width, 2), np.float32)
        place = (given[0] - top) * width + (given[1] - left)
        both[place, 0], both[place, 1] = values, 1.0
        blurred = cv2.GaussianBlur(both.reshape(height, width, 2), (0, 0), sigma).reshape(-1, 2)
        total, weight = blurred.take((rows - top) * width + (columns - left), axis=0).T
        return total / np.maximum(weight, np.float32(1e-6)), weight


@dataclass(frozen=True)
class _Patch:
    """What a film shows of one part: N of its rays."""

    rays: np.ndarray  # (N,) of the film's
    samples: SurfaceSamples
    surface: Surface

    @property
    def normals(self) -> np.ndarray:
        """(N, 3) unit, with the surface's relief."""
        return self.samples.normals if self.surface.normals is None else self.surface.normals

    def reached(self, towards: np.ndarray) -> np.ndarray:
        """(n,) rows of the samples that a lamp at `towards` (3,) may light."""
        return np.flatnonzero(self.normals @ towards > -max(self.surface.wrap))


def shade(scene: Scene, hits: Hits, film: Film, light: Light, rng: np.random.Generator) -> np.ndarray:
    """Linear radiance (N, 3) along the film's rays; zero where a ray meets nothing."""
    directions = film.directions
    radiance = np.zeros((len(directions), 3), np.float32)
    irradiance = ambient(scene, hits, light, rng)
    patches = [
        _Patch(rays, samples, samples.part.material.shade(samples)) for rays, samples in scene.by_part(hits, directions)
    ]
    shadows = [_shadows(scene, patches, film, lamp, rng) for lamp in light.lamps]
    mean = light.surroundings.environment.mean * light.fill
    mean = mean + sum((lamp.irradiance for lamp in light.lamps), np.zeros(3)) * 0.25
    for number, patch in enumerate(patches):
        around = weighted(
            patch.samples.weights, irradiance, scene.triangles.take(hits.triangles.take(patch.rays), axis=0)
        )
        lit = [visible[number] for visible in shadows]
        radiance[patch.rays] = _radiance(patch, directions.take(patch.rays, axis=0), around, lit, light, mean)
    return _through_lenses(scene, hits, directions, radiance, light)


def ambient(scene: Scene, hits: Hits, light: Light, rng: np.random.Generator) -> np.ndarray:
    """(V, 3) irradiance / pi from the surroundings at the vertices that are seen, blocked by the scene itself."""
    irradiance = np.zeros((len(scene.vertices), 3), np.float32)
    seen = hits.triangles[hits.triangles >= 0]
    if not len(seen):
        return irradiance
    used = np.zeros(len(scene.vertices), bool)
    used[scene.triangles[seen].ravel()] = True
    used = np.flatnonzero(used)
    first, shared = _representatives(scene, used)
    around = _spread(_AMBIENT_DIRECTIONS, rng)
    incoming = light.surroundings.look(light.surroundings.environment.fill, around) * light.fill
    normals, openness = scene.normals.take(used, axis=0), scene.openness.take(used)
    cloudy = np.flatnonzero(scene.vertex_cutout.take(used) & (openness < 0.0))
    normals[cloudy] = normals.take(first.take(shared.take(cloudy)), axis=0)  # cards in a cloud face every way
    cosine = np.maximum(normals @ around.T, 0.0)
    row, column = np.nonzero((cosine.take(first, axis=0) > 0.04) & (openness.take(first) < 0.0)[:, None])
    origins = scene.vertices.take(used.take(first), axis=0) + normals.take(first, axis=0) * np.float32(_LIFT)
    clear = np.ones((len(first), len(around)), np.float32)
    clear[row, column] = scene.clearance(origins.take(row, axis=0), around.take(column, axis=0))
    cosine *= clear.take(shared, axis=0)
    cosine *= np.where(openness < 0.0, np.float32(1.0), openness)[:, None]
    irradiance[used] = (cosine @ incoming) * np.float32(4.0 / _AMBIENT_DIRECTIONS)
    return irradiance


def _representatives(scene: Scene, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the (n,) `vertices` look around for all: (m,) of them, and (n,) which of these m for each.

    One in a voxel is enough, on a surface one for each way that it faces; hair is a dense cloud with larger voxels.
    """
    points, normals = scene.vertices.take(vertices, axis=0), scene.normals.take(vertices, axis=0)
    cutout, known = scene.vertex_cutout.take(vertices), scene.openness.take(vertices) >= 0.0
    cell = np.floor(points / np.where(cutout, _CLOUD, _VOXEL)[:, None]).astype(np.int32)
    cell -= cell.min(axis=0)
    part = np.searchsorted(scene.vertex_starts, vertices, side="right")  # cloth and the skin beneath see other things
    kind = np.where(cutout, 0, part * 8 + (normals > 0.0) @ np.array([1, 2, 4]))
    key = cell.astype(np.int64) @ [1 << 48, 1 << 32, 1 << 16] + kind
    key[known] = -1 - np.flatnonzero(known)  # each for itself
    _, first, shared = np.unique(key, return_index=True, return_inverse=True)
    return first, shared


def _spread(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 3) unit directions spread evenly over the sphere, turned at random."""
    index = np.arange(count) + 0.5
    z, angle = 1.0 - 2.0 * index / count, index * (np.pi * (3.0 - np.sqrt(5.0)))
    radius = np.sqrt(1.0 - z * z)
    points = np.stack((radius * np.cos(angle), radius * np.sin(angle), z), axis=1)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return (points @ turn).astype(np.float32)


def _radiance(
    patch: _Patch, directions: np.ndarray, around: np.ndarray, lit: list[np.ndarray], light: Light, mean: np.ndarray
) -> np.ndarray:
    """(N, 3) linear. around: (N, 3) from the surroundings; lit: (N,) how much arrives of each lamp; mean: (3,)."""
    surface, normals = patch.surface, patch.normals
    facing = np.minimum(np.maximum(-dot(normals, directions), 0.0), 1.0)
    grazing = np.square(np.square(1.0 - facing)) * (1.0 - facing)
    reflectance = surface.reflectance + (1.0 - surface.reflectance) * np.float32(surface.grazing) * grazing  # (N,)
    reflected = _mirrored(surface.reflection, directions + (2.0 * facing)[:, None] * normals, around, light)
    reflected *= reflectance[:, None]
    diffuse = around + (surface.floor * mean).astype(np.float32)
    wrap = np.array(surface.wrap, np.float32)
    for lamp, visible in zip(light.lamps, lit, strict=True):
        towards, colour = lamp.direction.astype(np.float32), lamp.irradiance.astype(np.float32)
        if surface.fibres is not None:
            facing_lamp, glints = surface.fibres.lit(towards, directions, normals)
            diffuse += (facing_lamp * visible)[:, None] * colour
            reflected += glints * visible[:, None] * colour
            continue
        cosine = normals @ towards
        for channel, creep in enumerate(wrap):
            wrapped = np.maximum(cosine + creep, 0.0) * visible
            diffuse[:, channel] += wrapped * (colour[channel] / (np.float32(1.0) + creep))
        half = unit(towards - directions)
        lobe = _highlight(np.minimum(np.maximum(dot(half, normals), 0.0), 1.0), surface)
        lobe *= reflectance * np.maximum(cosine, 0.0) * visible
        reflected += np.minimum(lobe, 6.0)[:, None] * colour
    diffuse *= surface.albedo
    diffuse += reflected
    return diffuse


def _highlight(cosine: np.ndarray, surface: Surface) -> np.ndarray:
    """(N,) Blinn and Phong's lobe of the cosine to the half-way vector, normalised; two of them for a glint."""
    broad = cosine ** np.float32(surface.gloss)
    lobe = broad * np.float32((1.0 - surface.glint) * (surface.gloss / 8.0 + 1.0))
    if surface.glint > 0.0:
        lobe += np.square(np.square(broad)) * np.float32(surface.glint * (surface.gloss / 2.0 + 1.0))
    return lobe


def _mirrored(kind: str, directions: np.ndarray, around: np.ndarray, light: Light) -> np.ndarray:
    """(N, 3) what a perfect mirror would show; less where the surroundings are blocked."""
    if kind == "none":
        return around.copy()
    environment = light.surroundings.environment
    image = environment.sharp if kind == "sharp" else environment.fill
    third = np.full(3, 1.0 / max(1.8 * float(light.fill.mean()), 1e-6), np.float32)
    openness = np.minimum(around @ third, 1.0)
    return light.surroundings.look(image, directions) * (light.fill * openness[:, None])


def _shadows(scene: Scene, patches: list[_Patch], film: Film, lamp: Lamp, rng: np.random.Generator) -> list[np.ndarray]:
    """(n,) 0..1 for each patch, how much of a lamp arrives at its samples.

    Every second pixel sends a ray and its neighbours of the same patch share what it found; samples without such
    neighbours, thin strands and the like, send their own.
    """
    sigma = film.size / 256.0 * np.clip(lamp.radius * 12.0, 0.7, 2.2)
    shadows = [np.zeros(len(patch.rays), np.float32) for patch in patches]
    reached = [patch.reached(lamp.direction.astype(np.float32)) for patch in patches]
    asking = [rows[film.every_second(patch.rays.take(rows))] for patch, rows in zip(patches, reached, strict=True)]
    lonely = []
    for patch, shadow, rows, asked, found in zip(
        patches, shadows, reached, asking, _visible(scene, patches, asking, lamp, rng), strict=True
    ):
        alone = rows[:0]
        if len(rows):
            shadow[rows], weight = film.smooth(patch.rays.take(asked), found, patch.rays.take(rows), sigma)
            alone = rows[weight < _LONELY]
        lonely.append(alone)
    for shadow, alone, found in zip(shadows, lonely, _visible(scene, patches, lonely, lamp, rng), strict=True):
        shadow[alone] = found
    return shadows


def _visible(
    scene: Scene, patches: list[_Patch], asking: list[np.ndarray], lamp: Lamp, rng: np.random.Generator
) -> list[np.ndarray]:
    """(n,) 0 or 1 for the samples of each patch that are `asking`, their rows.

    By one ray each towards a random point of the lamp; its noise averages out over the pixels.
    """
    samples = [(patch.samples, rows) for patch, rows in zip(patches, asking, strict=True)]
    if not samples:
        return []
    positions = np.concatenate([these.positions.take(rows, axis=0) for these, rows in samples])
    normals = np.concatenate([these.normals.take(rows, axis=0) for these, rows in samples])
    towards = rng.standard_normal(positions.shape, np.float32)
    towards *= np.float32(0.5 * lamp.radius)
    towards += lamp.direction.astype(np.float32)
    towards = unit(towards)
    behind = dot(normals, towards) < 0.0
    normals *= np.where(behind, np.float32(3.0 * _LIFT), np.float32(_LIFT))[:, None]
    positions += normals
    lit = scene.lit(positions, towards, rng).astype(np.float32)
    return np.split(lit, np.cumsum([len(rows) for rows in asking])[:-1])


def _through_lenses(scene: Scene, hits: Hits, directions: np.ndarray, radiance: np.ndarray, light: Light) -> np.ndarray:
    """Tint what is seen through lenses, and add what they mirror."""
    rays = np.flatnonzero(hits.lenses >= 0)
    if not len(rays):
        return radiance
    corners = scene.triangles[hits.lenses[rays]]
    normals = np.einsum("nk,nkc->nc", hits.lens_weights[rays], scene.normals[corners])
    normals = unit(normals)
    cosine = dot(normals, directions[rays])
    mirrored = directions[rays] - 2.0 * cosine[:, None] * normals
    mirrors = np.array([part.mirror for part in scene.parts], np.float32)[scene.part_of[hits.lenses[rays]]]
    fresnel = mirrors + (1.0 - mirrors) * _COATED * ((1.0 - np.abs(cosine)) ** 5)[:, None]
    image = light.surroundings.environment.sharp
    radiance[rays] *= hits.filter[rays]
    radiance[rays] += light.surroundings.look(image, mirrored) * light.fill * fresnel
    return radiance
