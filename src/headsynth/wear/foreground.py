"""Things close to the camera that cut the picture: bars, sheets, branches with leaves.

Shares and sizes are by eye.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from headsynth.people.looks import any_colour
from headsynth.rendering.materials import Plain, srgb
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Part
from headsynth.shares import one_of
from headsynth.wear.solids import Solid, joined, surface, tube
from trans3dhead.data.segments import Segment
from trans3dhead.geometry.vectors import unit

Lift = Callable[[np.ndarray], np.ndarray]
Made = tuple[list[Solid], Plain]

# Shares among them.
KINDS = {"bars": 0.3, "sheet": 0.35, "branches": 0.35}
_NEAR = (0.35, 0.8)  # of the head's distance from the camera
_LEAF = 0.11  # of the picture's side, the longest leaf
_LARGEST = 0.34  # share of the picture's side that a sheet or a bar takes away at most


def distribution() -> dict[str, Any]:
    """The shares of kinds of shapes near the camera."""
    return dict(KINDS)


def make_foreground(rng: np.random.Generator, placement: Placement, size: int) -> tuple[str, list[Part]]:
    """A word and its parts. size: pixels, the side of the photograph."""
    kind = one_of(rng, list(KINDS), list(KINDS.values()))
    depth = float(placement.translation[2]) * rng.uniform(*_NEAR)
    scale = depth / placement.focal

    def lift(pixels: np.ndarray) -> np.ndarray:
        """(N, 2) pixels -> (N, 3) camera space, metres, at that depth."""
        flat = (pixels - placement.principal_point) * scale
        return np.column_stack((flat, np.full(len(flat), depth)))

    makers = {"bars": _bars, "sheet": _sheet, "branches": _branches}
    solids, material = makers[kind](rng, size, lift, scale)
    whole = joined(solids)
    # Camera space has y down and z away: it is head space turned about x, so triangles keep their sense.
    triangles = whole.triangles.astype(np.int32)
    both = np.concatenate((triangles, triangles[:, ::-1])) if kind == "branches" else triangles
    vertices, uvs = whole.vertices.astype(np.float32), whole.uvs.astype(np.float32)
    return kind, [Part(kind, vertices, both, uvs, both, material, Segment.ACCESSORY)]


def _side(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray, float]:
    """A point of the picture's edge, the unit direction inwards there, and how far in something reaches, pixels."""
    angle = rng.integers(4) * np.pi / 2.0
    inward = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-inward[1], inward[0]])
    start = size / 2.0 - inward * size / 2.0 + across * size * rng.uniform(-0.35, 0.35)
    return start, inward, size * rng.uniform(0.08, _LARGEST)


def _bars(rng: np.random.Generator, size: int, lift: Lift, scale: float) -> Made:
    """One to three rods right through the picture."""
    angle = rng.choice([0.0, np.pi / 2.0]) + rng.normal(0.0, 0.12)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    count, width = int(rng.integers(1, 4)), size * rng.uniform(0.012, 0.05)
    step = size * rng.uniform(0.2, 0.4)
    first = size / 2.0 + (rng.uniform(-0.45, 0.1) * size) * across
    solids = []
    for number in range(count):
        middle = first + across * step * number
        ends = middle + np.outer(np.linspace(-1.6, 1.6, 6), along) * size
        solids.append(tube(lift(ends), width * scale, 12))
    return solids, Plain(any_colour(rng), rng.uniform(0.02, 0.12), 40.0, "soft")


def _sheet(rng: np.random.Generator, size: int, lift: Lift, scale: float) -> Made:
    """A slightly curved sheet from one edge: a door, a wall, a shoulder of somebody, a page."""
    start, inward, reach = _side(rng, size)
    across = np.array([-inward[1], inward[0]])
    u, v = np.linspace(-1.4, 1.4, 14), np.linspace(-0.6 * size, reach, 8)
    lean, bow = rng.normal(0.0, 0.25), rng.uniform(-0.12, 0.25)
    inner = v[:, None] + (v[:, None] > 0) * size * (lean * u - bow * u * u)
    flat = start + inner[..., None] * inward + (u * size)[None, :, None] * across
    points = lift(flat.reshape(-1, 2)).reshape(*flat.shape[:2], 3)
    points[..., 2] += rng.normal(0.0, 0.04) * u * points[..., 2]
    solid = surface(points)
    normal = np.cross(points[0, 1] - points[0, 0], points[1, 0] - points[0, 0])
    if normal[2] > 0.0:
        solid = Solid(solid.vertices, solid.triangles[:, ::-1], solid.uvs)
    return [solid], Plain(any_colour(rng), 0.02, 15.0)


def _branches(rng: np.random.Generator, size: int, lift: Lift, scale: float) -> Made:
    """Twigs from one edge with leaves to both sides."""
    solids = []
    for _ in range(int(rng.integers(1, 4))):
        start, inward, reach = _side(rng, size)
        aside = np.array([-inward[1], inward[0]]) * rng.normal(0.0, 0.7)
        t = np.linspace(0.0, 1.0, 10)
        flat = start - inward * 0.1 * size + np.outer(t, inward) * (reach + 0.2 * size) + np.outer(t * t, aside) * reach
        path = lift(flat) + np.column_stack((np.zeros((10, 2)), rng.normal(0.0, 0.006, 10)))
        solids.append(tube(path, np.linspace(0.0028, 0.001, 10), 6))
        long = min(rng.uniform(0.03, 0.07), _LEAF * size * scale)
        for index in range(2, 10):
            for sign in (-1.0, 1.0):
                solids.append(_leaf(rng, path[index], unit((path[index] - path[index - 1])[None])[0], sign, long))
    green = srgb(*[(70, 105, 45), (95, 130, 55), (130, 95, 40), (45, 80, 40)][rng.integers(4)])
    return solids, Plain(green * np.exp(rng.normal(0.0, 0.15, 3)), 0.035, 25.0)


def _leaf(rng: np.random.Generator, root: np.ndarray, along: np.ndarray, sign: float, long: float) -> Solid:
    """A pointed blade, folded a little along its middle."""
    aside = sign * np.cross(along, [0.0, 0.0, 1.0]) * rng.uniform(0.6, 1.4)
    way = unit((along + aside + rng.normal(0.0, 0.3, 3))[None])[0]
    side = unit(np.cross(way, np.array([0.0, 0.0, 1.0]) + rng.normal(0.0, 0.4, 3))[None])[0]
    up = np.cross(side, way)
    t = np.linspace(0.0, 1.0, 6)[:, None]
    spine = root + way * t * long - up * t * t * long * 0.3
    width = 0.30 * long * np.sin(np.pi * np.minimum(t * 1.02, 1.0)) ** 0.8
    rim = up * width * 0.3
    return surface(np.stack((spine - side * width + rim, spine, spine + side * width + rim), axis=1))
