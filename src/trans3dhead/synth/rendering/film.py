"""The way from a scene to the film: camera rays, more of them where edges are, and their mean in each pixel."""

import cv2
import numpy as np

from trans3dhead.synth.people.poses import Placement
from trans3dhead.synth.rendering.developing import exposure
from trans3dhead.synth.rendering.light import Light
from trans3dhead.synth.rendering.scene import Hits, Scene
from trans3dhead.synth.rendering.shading import Film, shade
from trans3dhead.synth.rendering.vectors import unit

_CENTRE = np.array([0.5, 0.5], np.float32)
_EXTRA = np.array([[0.13, 0.36], [0.87, 0.42], [0.52, 0.89]], np.float32)  # more rays where edges are
_FEW = np.array([[0.2, 0.8]], np.float32)  # inside hair, whose rays pass many layers
_BRIGHTEST = 3.0  # radiance of white is 1; one glint does not outshine the rest of its pixel


def take(
    scene: Scene,
    placement: Placement,
    size: int,
    tone: np.ndarray,
    light: Light,
    background: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, Hits]:
    """(S, S, 3) linear radiance, exposed; and what the ray through the middle of each pixel met, S * S hits.

    tone: (3,) the mean colour of the skin; background: (S, S, 3) where rays meet nothing.
    One ray a pixel, three more at edges, one more inside hair.
    """
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1).reshape(-1, 2).astype(np.float32)
    first = _rays(placement, grid + _CENTRE)
    centres = scene.trace(first, rng, _reaching(scene, placement, size))
    edges, inside = (np.flatnonzero(mask) for mask in _edges(scene, centres, size))
    finer = ((edges, _EXTRA), (inside, _FEW))
    places = [(grid[chosen][:, None] + offsets).reshape(-1, 2) for chosen, offsets in finer]
    extra = _rays(placement, np.concatenate(places))
    hits = _joined(centres, scene.trace(extra, rng))
    pixels = np.concatenate((np.arange(size * size), *(np.repeat(chosen, len(few)) for chosen, few in finer)))
    radiance = shade(scene, hits, Film(np.concatenate((first, extra)), pixels, size), light, rng)
    gain = exposure(scene, hits, radiance, tone, light.adaptation, rng)
    missed = np.flatnonzero(hits.triangles < 0)
    radiance[missed] += background.reshape(-1, 3)[pixels[missed]] * hits.filter[missed]
    radiance *= gain
    np.minimum(radiance, _BRIGHTEST, out=radiance)
    picture, start = radiance[: size * size], size * size
    for chosen, offsets in finer:
        end = start + len(chosen) * len(offsets)
        more = radiance[start:end].reshape(-1, len(offsets), 3).sum(axis=1)
        picture[chosen] = (picture[chosen] + more) / np.float32(1 + len(offsets))
        start = end
    return picture.reshape(size, size, 3), centres


def _rays(placement: Placement, pixels: np.ndarray) -> np.ndarray:
    """(N, 2) pixels -> (N, 3) float32 unit directions, camera space."""
    directions = np.ones((len(pixels), 3), np.float32)
    directions[:, :2] = (pixels - placement.principal_point.astype(np.float32)) / np.float32(placement.focal)
    return unit(directions)


def _reaching(scene: Scene, placement: Placement, size: int) -> np.ndarray:
    """(n,) the pixels inside the bounds of the scene in the picture."""
    x, y, z = scene.vertices.T
    ahead = np.float32(placement.focal) / np.where(z > 0.05, z, np.float32(np.inf))  # 0 for what is behind
    pixels = np.stack((x * ahead, y * ahead)) + placement.principal_point[:, None]
    low = np.clip(np.floor(pixels.min(axis=1)).astype(int) - 1, 0, size)
    high = np.clip(np.ceil(pixels.max(axis=1)).astype(int) + 1, 0, size)
    return (np.arange(low[1], high[1])[:, None] * size + np.arange(low[0], high[0])).ravel()


def _joined(first: Hits, second: Hits) -> Hits:
    return Hits(*(np.concatenate((getattr(first, name), getattr(second, name))) for name in Hits.__dataclass_fields__))


def _edges(scene: Scene, hits: Hits, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(S·S,) bool: pixels at the border of a part or at a jump in depth; and those of hair where it is uneven."""
    part = np.where(hits.triangles >= 0, scene.part_of[hits.triangles], -1).reshape(size, size)
    depth = np.where(hits.triangles >= 0, hits.distance, 100.0).reshape(size, size)
    fine = np.array([item.cutout is not None for item in scene.parts] + [False])[part]
    edge = np.array([item.name == "eyes" for item in scene.parts] + [False])[part]
    for axis in (0, 1):
        both = np.minimum(*_pairs(fine, axis))
        jump = ((np.diff(part, axis=axis) != 0) | (np.abs(np.diff(depth, axis=axis)) > 0.008)) & ~both
        low, high = [slice(None)] * 2, [slice(None)] * 2
        low[axis], high[axis] = slice(0, -1), slice(1, None)
        edge[tuple(low)] |= jump
        edge[tuple(high)] |= jump
    return edge.ravel(), (fine & _far_from_mean(depth) & ~edge).ravel()


def _pairs(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Each pixel but the last of an axis, and its neighbour."""
    low, high = [slice(None)] * 2, [slice(None)] * 2
    low[axis], high[axis] = slice(0, -1), slice(1, None)
    return values[tuple(low)], values[tuple(high)]


def _far_from_mean(depth: np.ndarray) -> np.ndarray:
    """(S, S) bool: more than four millimetres from the mean of the neighbours, which a smooth surface is not."""
    return np.abs(cv2.blur(depth, (3, 3)) - depth) > 0.004
