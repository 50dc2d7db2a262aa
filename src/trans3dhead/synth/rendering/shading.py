"""Light on the parts of a scene: lamps with cast shadows, the occluded light of the surroundings, highlights."""

from dataclasses import dataclass

import cv2
import numpy as np

from trans3dhead.synth.rendering.environment import Lamp
from trans3dhead.synth.rendering.light import Light
from trans3dhead.synth.rendering.scene import Hits, Samples, Scene, Surface
from trans3dhead.synth.rendering.vectors import dot, unit, weighted

_AMBIENT_DIRECTIONS = 16
_VOXEL = 0.008  # metres: cards of hair nearer to each other than this share their ambient light
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
        rows, columns = np.divmod(self.pixels[wanted], self.size)
        top, left = rows.min(), columns.min()
        height, width = rows.max() - top + 1, columns.max() - left + 1  # what is beyond is not wanted, nor known
        given = np.divmod(self.pixels[rays], self.size)
        images = np.zeros((2, height, width), np.float32)
        images[0, given[0] - top, given[1] - left], images[1, given[0] - top, given[1] - left] = values, 1.0
        total, weight = (cv2.GaussianBlur(image, (0, 0), sigma) for image in images)
        rows, columns = rows - top, columns - left
        return total[rows, columns] / np.maximum(weight[rows, columns], 1e-6), weight[rows, columns]


def shade(scene: Scene, hits: Hits, film: Film, light: Light, rng: np.random.Generator) -> np.ndarray:
    """Linear radiance (N, 3) along the film's rays; zero where a ray meets nothing."""
    directions = film.directions
    radiance = np.zeros((len(directions), 3), np.float32)
    irradiance = ambient(scene, hits, light, rng)
    for rays, samples in scene.by_part(hits, directions):
        surface = samples.part.material.shade(samples)
        around = weighted(samples.weights, irradiance, scene.triangles[hits.triangles[rays]])
        radiance[rays] = _radiance(scene, samples, surface, film, rays, around, light, rng)
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
    vertices, shared = _representatives(scene, used)
    around = _spread(_AMBIENT_DIRECTIONS, rng)
    incoming = light.surroundings.look(light.surroundings.environment.fill, around) * light.fill
    normals = scene.normals[vertices]
    cosine = np.maximum(normals @ around.T, 0.0)
    openness = scene.openness[vertices]
    row, column = np.nonzero((cosine > 0.04) & (openness < 0.0)[:, None])
    origins = (scene.vertices[vertices] + normals * _LIFT)[row]
    cosine[row, column] *= scene.clearance(origins, around[column])
    cosine *= np.where(openness < 0.0, np.float32(1.0), openness)[:, None]
    irradiance[used] = ((cosine @ incoming) * (4.0 / _AMBIENT_DIRECTIONS))[shared]
    return irradiance


def _representatives(scene: Scene, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(m,) vertices whose ambient light stands for that of the (n,) `vertices`, and (n,) which one for each.

    Solid surfaces are finely shaded, each vertex for itself; hair is a dense cloud, one vertex in a voxel is enough.
    """
    cloudy = scene.vertex_cutout[vertices] & (scene.openness[vertices] < 0.0)
    key = np.arange(len(vertices))
    cell = np.floor(scene.vertices[vertices[cloudy]] / _VOXEL).astype(np.int64)
    key[cloudy] = len(vertices) + (cell - cell.min(axis=0, initial=0)) @ [1, 4096, 4096 * 4096]
    _, first, shared = np.unique(key, return_index=True, return_inverse=True)
    return vertices[first], shared


def _spread(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 3) unit directions spread evenly over the sphere, turned at random."""
    index = np.arange(count) + 0.5
    z, angle = 1.0 - 2.0 * index / count, index * (np.pi * (3.0 - np.sqrt(5.0)))
    radius = np.sqrt(1.0 - z * z)
    points = np.stack((radius * np.cos(angle), radius * np.sin(angle), z), axis=1)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return (points @ turn).astype(np.float32)


def _radiance(
    scene: Scene,
    samples: Samples,
    surface: Surface,
    film: Film,
    rays: np.ndarray,
    around: np.ndarray,
    light: Light,
    rng: np.random.Generator,
) -> np.ndarray:
    directions = film.directions[rays]
    normals = samples.normals if surface.normals is None else surface.normals
    facing = np.clip(-dot(normals, directions), 0.0, 1.0)
    grazing = np.square(np.square(1.0 - facing)) * (1.0 - facing)
    reflectance = surface.reflectance + (1.0 - surface.reflectance) * np.float32(surface.grazing) * grazing  # (N,)
    reflected = _mirrored(surface.reflection, directions + 2.0 * facing[:, None] * normals, around, light)
    reflected *= reflectance[:, None]
    mean = light.surroundings.environment.fill.mean(axis=(0, 1)) * light.fill
    mean = mean + sum((lamp.irradiance for lamp in light.lamps), np.zeros(3)) * 0.25
    diffuse = around + (surface.floor * mean).astype(np.float32)
    wrap = np.array(surface.wrap, np.float32)
    for lamp in light.lamps:
        towards = lamp.direction.astype(np.float32)
        cosine = normals @ towards
        reached = np.flatnonzero(cosine > -wrap.max())
        visible = np.zeros(len(normals), np.float32)
        if len(reached):
            visible[reached] = _shadows(scene, samples, film, rays, reached, lamp, rng)
        colour = lamp.irradiance.astype(np.float32)
        if surface.fibres is not None:
            facing_lamp, glints = surface.fibres.lit(towards, directions, normals)
            diffuse += (facing_lamp * visible)[:, None] * colour
            reflected += glints * visible[:, None] * colour
            continue
        wrapped = np.maximum((cosine[:, None] + wrap) / (1.0 + wrap), 0.0)
        diffuse += wrapped * visible[:, None] * colour
        half = unit(towards - directions)
        lobe = _highlight(np.clip(dot(half, normals), 0.0, 1.0), surface)
        lobe *= reflectance * np.maximum(cosine, 0.0) * visible
        reflected += np.minimum(lobe, 6.0)[:, None] * colour
    return surface.albedo * diffuse + reflected


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
    openness = np.minimum(around.mean(axis=1) / max(0.6 * float(light.fill.mean()), 1e-6), 1.0)
    return light.surroundings.look(image, directions) * (light.fill * openness[:, None])


def _shadows(
    scene: Scene,
    samples: Samples,
    film: Film,
    rays: np.ndarray,
    reached: np.ndarray,
    lamp: Lamp,
    rng: np.random.Generator,
) -> np.ndarray:
    """(n,) 0..1 how much of a lamp arrives at the samples `reached`.

    Every second pixel sends a ray and its neighbours share what it found; samples without such neighbours, thin
    strands and the like, send their own.
    """
    sigma = film.size / 256.0 * np.clip(lamp.radius * 12.0, 0.7, 2.2)
    asking = np.flatnonzero(film.every_second(rays[reached]))
    asked = reached[asking]
    found = _visible(scene, samples.positions[asked], samples.normals[asked], lamp, rng)
    visible, weight = film.smooth(rays[asked], found, rays[reached], sigma)
    alone = np.flatnonzero(weight < _LONELY)
    visible[alone] = _visible(scene, samples.positions[reached[alone]], samples.normals[reached[alone]], lamp, rng)
    return visible


def _visible(
    scene: Scene, positions: np.ndarray, normals: np.ndarray, lamp: Lamp, rng: np.random.Generator
) -> np.ndarray:
    """(N,) 0 or 1 by one ray each towards a random point of the lamp; its noise averages out over the pixels."""
    spread = rng.standard_normal(positions.shape, np.float32) * np.float32(0.5 * lamp.radius)
    towards = lamp.direction.astype(np.float32) + spread
    towards = unit(towards)
    behind = dot(normals, towards) < 0.0
    lifted = positions + normals * np.where(behind, 3.0 * _LIFT, _LIFT).astype(np.float32)[:, None]
    return scene.lit(lifted, towards, rng).astype(np.float32)


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
