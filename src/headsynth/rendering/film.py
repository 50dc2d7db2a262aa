"""The way from a scene to the film: camera rays, more of them where edges are, and their mean in each pixel.

Where more rays go, and how many, is by eye.
"""

import cv2
import numpy as np

from headsynth.rendering.developing import exposure, metered
from headsynth.rendering.light import Light
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Hits, Scene
from headsynth.rendering.shading import Film, shade
from trans3dhead.geometry.vectors import unit

_CENTRE = np.array([0.5, 0.5], np.float32)
_EXTRA = np.array([[0.13, 0.36], [0.87, 0.42], [0.52, 0.89]], np.float32)  # more rays where edges are
_FEW = np.array([[0.2, 0.8]], np.float32)  # inside hair, whose rays pass many layers
_NEAR, _CELL = 0.05, 8  # metres; pixels
_STEP = 0.008  # metres between the depths of neighbouring pixels that make an edge; inside hair half of it
_BRIGHTEST = 3.0  # radiance of white is 1; one glint does not outshine the rest of its pixel


def take(
    scene: Scene,
    placement: Placement,
    size: int,
    tone: np.ndarray,
    light: Light,
    background: np.ndarray,
    rng: np.random.Generator,
    jump: float = 0.0,
    whole: float = 0.0,
) -> tuple[np.ndarray, Hits]:
    """(S, S, 3) linear radiance, exposed; and what the ray through the middle of each pixel met, S * S hits.

    tone: (3,) the mean colour of the skin; background: (S, S, 3) where rays meet nothing; jump: the least step in depth
    that counts as an edge, of the distance, where a pixel spans much; whole: how far the exposure goes by the whole
    picture, 0 to 1, where skin may be little of it. One ray a pixel, more at edges and in hair.
    """
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1).reshape(-1, 2).astype(np.float32)
    first = _rays(placement, grid + _CENTRE)
    centres = scene.trace(first, rng, _reaching(scene, placement, size))
    edges, inside = (np.flatnonzero(mask) for mask in _edges(scene, centres, size, jump))
    finer = ((edges, _EXTRA), (inside, _FEW))
    places = np.concatenate([(grid[chosen][:, None] + offsets).reshape(-1, 2) for chosen, offsets in finer])
    extra = _rays(placement, places)
    hits = _joined(centres, scene.trace(extra, rng))
    pixels = np.concatenate((np.arange(size * size), *(np.repeat(chosen, len(few)) for chosen, few in finer)))
    radiance = shade(scene, hits, Film(np.concatenate((first, extra)), pixels, size), light, rng)
    gain = exposure(scene, hits, radiance, tone, light.adaptation, rng)
    _add_background(radiance, hits, background, pixels[size * size :])
    radiance *= gain
    if whole > 0.0:
        radiance *= metered(radiance[: size * size], whole)
    np.minimum(radiance, _BRIGHTEST, out=radiance)
    picture, start = radiance[: size * size], size * size
    for chosen, offsets in finer:
        end = start + len(chosen) * len(offsets)
        more = radiance[start:end].reshape(-1, len(offsets), 3).sum(axis=1)
        picture[chosen] = (picture.take(chosen, axis=0) + more) / np.float32(1 + len(offsets))
        start = end
    return picture.reshape(size, size, 3), centres


def _add_background(radiance: np.ndarray, hits: Hits, background: np.ndarray, extra: np.ndarray) -> None:
    """To the (N, 3) radiance of rays that meet nothing, in place. extra: the pixels of the rays after one a pixel."""
    behind = background.reshape(-1, 3).astype(np.float32, copy=False)
    behind = np.concatenate((behind, behind.take(extra, axis=0)))
    behind *= hits.filter
    behind *= (hits.triangles < 0)[:, None]
    radiance += behind


def _rays(placement: Placement, pixels: np.ndarray) -> np.ndarray:
    """(N, 2) pixels -> (N, 3) float32 unit directions, camera space."""
    directions = np.ones((len(pixels), 3), np.float32)
    directions[:, :2] = (pixels - placement.principal_point.astype(np.float32)) / np.float32(placement.focal)
    return unit(directions)


def _reaching(scene: Scene, placement: Placement, size: int) -> np.ndarray:
    """(n,) the pixels whose rays may meet something: those of the cells that the bounds of a triangle touch."""
    x, y, z = np.ascontiguousarray(scene.vertices.T)
    if z.min() < _NEAR:  # what is beside or behind the camera may be anywhere in the picture
        return np.arange(size * size)
    cells, scale = -(-size // _CELL), np.float32(placement.focal / _CELL)
    corners = np.ascontiguousarray(scene.triangles.T)
    bounds = []
    for across, middle in zip((y, x), placement.principal_point[::-1] / _CELL, strict=True):
        cell = np.minimum(np.maximum(across / z * scale + np.float32(middle), -1.0), cells).astype(np.int32) + 1
        first, second, third = (cell.take(corner) for corner in corners)
        bounds.append(np.minimum(np.minimum(first, second), third))
        bounds.append(np.maximum(np.maximum(first, second), third) + 1)
    top, bottom, left, right = bounds
    side = cells + 3  # a rim for what is outside of the picture, and one for the ends
    count = np.bincount(np.concatenate((top * side + left, bottom * side + right)), minlength=side * side)
    count -= np.bincount(np.concatenate((top * side + right, bottom * side + left)), minlength=side * side)
    covered = count.reshape(side, side).cumsum(axis=0).cumsum(axis=1)[1 : cells + 1, 1 : cells + 1] > 0
    return np.flatnonzero(covered.repeat(_CELL, axis=0).repeat(_CELL, axis=1)[:size, :size])


def _joined(first: Hits, second: Hits) -> Hits:
    return Hits(*(np.concatenate((getattr(first, name), getattr(second, name))) for name in Hits.__dataclass_fields__))


def _edges(scene: Scene, hits: Hits, size: int, jump: float) -> tuple[np.ndarray, np.ndarray]:
    """(S·S,) bool: pixels at the border of a part or at a jump in depth; and those of hair where it is uneven."""
    part = np.where(hits.triangles >= 0, scene.part_of[hits.triangles], -1).reshape(size, size)
    depth = np.where(hits.triangles >= 0, hits.distance, 100.0).reshape(size, size)
    fine = np.array([item.cutout is not None for item in scene.parts] + [False])[part]
    edge = np.array([item.name == "eyes" for item in scene.parts] + [False])[part]
    for axis in (0, 1):
        both = np.minimum(*_pairs(fine, axis))
        step = np.maximum(_STEP, jump * np.minimum(*_pairs(depth, axis)))
        jumps = ((np.diff(part, axis=axis) != 0) | (np.abs(np.diff(depth, axis=axis)) > step)) & ~both
        low, high = [slice(None)] * 2, [slice(None)] * 2
        low[axis], high[axis] = slice(0, -1), slice(1, None)
        edge[tuple(low)] |= jumps
        edge[tuple(high)] |= jumps
    uneven = np.abs(cv2.blur(depth, (3, 3)) - depth) > np.maximum(0.5 * _STEP, 0.5 * jump * depth)
    return edge.ravel(), (fine & uneven & ~edge).ravel()


def _pairs(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Each pixel but the last of an axis, and its neighbour."""
    low, high = [slice(None)] * 2, [slice(None)] * 2
    low[axis], high[axis] = slice(0, -1), slice(1, None)
    return values[tuple(low)], values[tuple(high)]
