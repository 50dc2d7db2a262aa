"""Masks on the face: a net of points drawn over the lower face from nose to chin, taut where the skin falls back.

Shares and measures are by eye.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from headsynth.people.looks import any_colour
from headsynth.rendering.materials import Plain, srgb
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Surface, SurfaceSamples
from headsynth.shares import one_of
from headsynth.wear.accessory import Accessory
from headsynth.wear.fabrics import Cloth, Fabric
from headsynth.wear.skin_surface import SkinSurface
from headsynth.wear.solids import Solid, part, surface, tube
from trans3dhead.geometry.vectors import dot, unit

# Shares among masks.
KINDS = {"surgical": 0.46, "respirator": 0.22, "cloth": 0.26, "carnival": 0.06}
_WORN = {"right": 0.74, "under the nose": 0.14, "under the chin": 0.12}
_ROWS, _COLUMNS = 29, 37
_GAP = 0.0030  # metres from the skin to the cloth
_EDGE_GAP = 0.0012
_STIFF = 0.004  # metres of bulge from which a mask keeps its own shape
_THICKNESS = 0.006  # of the way from the cloth to the middle of the head: about half a millimetre
_PASSES = 40  # of the smoothing that pulls the net taut
_SURGICAL = (srgb(120, 170, 200), srgb(120, 170, 200), srgb(140, 190, 180), srgb(225, 228, 230), srgb(25, 25, 28))


def distribution() -> dict[str, Any]:
    """The shares of kinds of masks, and of how they are worn."""
    return {"kinds": dict(KINDS), "worn": dict(_WORN)}


@dataclass(frozen=True)
class Face:
    """Where a mask goes: measures of one posed face, metres, head space."""

    marks: np.ndarray  # (68, 3)
    ears: tuple[np.ndarray, np.ndarray]  # (N, 3) vertices of the left and of the right ear
    skin: SkinSurface


@dataclass(frozen=True)
class Pleats:
    """A surgical mask's cloth: three folds across, a weave of dots, a stiff wire at the nose."""

    colour: np.ndarray  # (3,) linear
    up: np.ndarray  # (3,) unit, camera space: across the folds
    lines: np.ndarray  # (V, 2) 0..1 over the mask: across and down

    def shade(self, samples: SurfaceSamples) -> Surface:
        """Folds catch light on their upper side and lie in shadow below."""
        place = samples.interpolate(self.lines)
        fade = np.clip(4.0 * place[:, 0] * (1.0 - place[:, 0]) * 1.6, 0.0, 1.0)
        phase = np.mod((place[:, 1] - 0.2) / 0.2, 1.0)
        within = (place[:, 1] > 0.2) & (place[:, 1] < 0.8)
        slope = np.where(within, 0.5 * np.exp(-np.square((phase - 0.06) / 0.08)) - 0.12, 0.0) * fade
        dark = 1.0 - 0.35 * np.exp(-np.square((phase - 0.02) / 0.05)) * within * fade
        seam = (np.minimum(place[:, 0], 1.0 - place[:, 0]) < 0.035) | (place[:, 1] < 0.05) | (place[:, 1] > 0.95)
        dots = np.sin(place[:, 0] * 420.0) * np.sin(place[:, 1] * 260.0)
        albedo = self.colour * (dark * (1.0 + 0.05 * dots) * np.where(seam, 0.9, 1.0))[:, None]
        slopes = slope[:, None] * self.up.astype(np.float32)
        normals = samples.normals - slopes + samples.normals * dot(slopes, samples.normals)[:, None]
        return Surface(
            albedo.astype(np.float32), 0.02, 12.0, (0.1, 0.1, 0.1), unit(normals.astype(np.float32)), floor=0.1
        )


def make_mask(rng: np.random.Generator, face: Face, placement: Placement, carnival: bool) -> Accessory:
    """A mask, the cloth first among its parts; its kind says how it is worn. carnival: whether one may be drawn."""
    kinds = [name for name in KINDS if carnival or name != "carnival"]
    kind = one_of(rng, kinds, [KINDS[name] for name in kinds])
    if kind == "carnival":
        half = net(face, _around_the_eyes(face), bulge=0.0)
        solid = _with_eyes(half, face)
        return Accessory(kind, (part("mask", [solid], placement, _carnival(rng, placement)),), on_face=True)
    worn = one_of(rng, list(_WORN), list(_WORN.values()))
    outline = _outline(rng, face, kind, worn)
    points = net(face, outline, bulge=0.012 if kind == "respirator" else 0.003)
    cloth, inside = surface(points), surface((points + (outline[0] - points) * _THICKNESS)[:, ::-1])
    loops = _loops(face, points)
    parts = (
        part("mask", [cloth], placement, _material(rng, kind, points, placement)),
        part("inside of the mask", [inside], placement, Plain(srgb(220, 222, 224), 0.01)),
        part("ear loops", loops, placement, Plain(srgb(235, 235, 235) * rng.choice([1.0, 0.05], p=[0.8, 0.2]), 0.02)),
    )
    return Accessory(kind if worn == "right" else f"{kind} {worn}", parts, on_face=True)


Outline = tuple[np.ndarray, np.ndarray, np.ndarray]


def outline_from(face: Face, high: np.ndarray, low: np.ndarray, middle: np.ndarray | None = None) -> Outline:
    """The net between an upper and a lower edge through five points each (5, 3), from the head's right to its left.

    Returns a point inside the head (3,), and the directions of the edges from there, (_COLUMNS, 2) each: angles to
    the head's left and upwards, radians. middle: that point, else one behind the mouth.
    """
    marks = face.marks
    if middle is None:
        middle = np.array([marks[8, 0], marks[[48, 54], 1].mean(), marks[[4, 12], 2].mean()])
    t = np.linspace(-1.0, 1.0, _COLUMNS)
    edges = []
    for points in (high, low):
        x, y, z = (points - middle).T
        edges.append(_curve(np.stack((np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))), axis=1), t))
    return middle, edges[0], edges[1]


def _outline(rng: np.random.Generator, face: Face, kind: str, worn: str) -> Outline:
    """From the nose, or from where the mask slipped, to below the chin."""
    marks = face.marks
    side = marks[[2, 14]] * [rng.uniform(0.82, 1.0), 1.0, 1.0] + [0.0, 0.004, 0.004]
    low_side = marks[[5, 11]] + [0.0, -0.004, -0.006]
    cheek = (marks[[40, 47]] * 0.35 + marks[[31, 35]] * 0.65) + [[-0.012, 0.004, 0.0], [0.012, 0.004, 0.0]]
    bridge = marks[28] + (marks[29] - marks[28]) * rng.uniform(0.0, 0.8)
    chin = marks[8] + [0.0, -0.012, -0.010 if kind == "respirator" else -0.018]
    if worn == "under the nose":
        drop = marks[33] - bridge
        bridge = marks[33] + [0.0, -0.003, -0.012]
        cheek, side = cheek + drop * [0.0, 0.75, 0.0], side + drop * [0.0, 0.35, 0.0]
    elif worn == "under the chin":
        bridge, cheek = marks[8] + [0.0, 0.014, 0.0], marks[[6, 10]] + [0.0, 0.012, 0.0]
        side, low_side = marks[[4, 12]] + [0.0, 0.012, 0.0], marks[[4, 12]] + [0.0, -0.012, -0.01]
        chin = marks[8] + [0.0, -0.022, -0.04]
    under = chin - marks[8]
    high = np.stack((side[0], cheek[0], bridge, cheek[1], side[1]))
    return outline_from(face, high, np.stack((low_side[0], marks[6] + under, chin, marks[10] + under, low_side[1])))


def _curve(knots: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(5, 2) -> (N, 2) smoothly through them, knots at -1 to 1."""
    at = np.linspace(-1.0, 1.0, len(knots))
    slopes = np.gradient(knots, at, axis=0)
    index = np.clip(np.searchsorted(at, t, side="right") - 1, 0, len(knots) - 2)
    h = at[1] - at[0]
    s = ((t - at[index]) / h)[:, None]
    a, b, da, db = knots[index], knots[index + 1], slopes[index] * h, slopes[index + 1] * h
    return (1 + 2 * s) * (1 - s) ** 2 * a + s * (1 - s) ** 2 * da + s * s * (3 - 2 * s) * b + s * s * (s - 1) * db


def _around_the_eyes(face: Face) -> Outline:
    marks = face.marks
    middle = np.array([marks[27, 0], marks[27, 1], marks[[0, 16], 2].mean() + 0.02])
    above = [[0, 0.022, 0.02], [0, 0.016, 0], [0, 0.026, 0], [0, 0.016, 0], [0, 0.022, 0.02]]
    below = [[0, 0.004, 0.02], [-0.008, -0.02, 0], [0, -0.004, 0], [0.008, -0.02, 0], [0, 0.004, 0.02]]
    return outline_from(face, marks[[0, 18, 27, 25, 16]] + above, marks[[0, 41, 29, 46, 16]] + below, middle)


def net(face: Face, outline: Outline, bulge: float) -> np.ndarray:
    """(_ROWS, _COLUMNS, 3) points from the lower to the upper edge: off the skin, and smooth where it is not.

    bulge: metres by which a stiff shell stands off its middle.
    """
    middle, top, bottom = outline
    v = np.linspace(0.0, 1.0, _ROWS)[:, None, None]
    angles = bottom * (1.0 - v) + top * v
    across, up = angles[..., 0], angles[..., 1]
    directions = np.stack((np.sin(across) * np.cos(up), np.sin(up), np.cos(across) * np.cos(up)), axis=-1)
    reach = face.skin.outermost(middle, directions.reshape(-1, 3)).reshape(across.shape)
    reach = np.where(reach > 0.02, reach, np.median(reach))
    inner = np.zeros_like(reach)
    inner[1:-1, 1:-1] = 1.0
    floor = reach + _EDGE_GAP + (_GAP - _EDGE_GAP) * inner
    u = np.linspace(-1.0, 1.0, _COLUMNS)
    rise = 1.0 - np.square(2.0 * v[..., 0] - 1.0)
    stiff = floor + bulge * rise * (1.0 - np.abs(u)) ** 0.8
    taut = stiff.copy()
    for _ in range(_PASSES):
        taut[1:-1, 1:-1] = np.maximum(_mean_around(taut), floor[1:-1, 1:-1])
        for edge in (taut[0], taut[-1]):  # an edge is a little taut too
            edge[1:-1] = np.maximum(edge[1:-1], 0.5 * (edge[:-2] + edge[2:]) - 0.0002)
    if bulge > _STIFF:
        taut = np.maximum(taut, stiff)
        for _ in range(_PASSES // 6):
            taut[1:-1, 1:-1] = np.maximum(_mean_around(taut), floor[1:-1, 1:-1])
    return middle + taut[..., None] * directions


def _mean_around(net: np.ndarray) -> np.ndarray:
    """(R, C) -> (R - 2, C - 2) the mean of the four neighbours."""
    return (net[:-2, 1:-1] + net[2:, 1:-1] + net[1:-1, :-2] + net[1:-1, 2:]) / 4.0


def _loops(face: Face, points: np.ndarray) -> list[Solid]:
    """Bands from the mask's corners around the roots of the ears."""
    loops = []
    for side, ear, column in ((1.0, face.ears[0], -1), (-1.0, face.ears[1], 0)):
        high, low, back = ear[:, 1].max(), ear[:, 1].min(), ear[:, 2].min()
        root = ear[np.abs(ear[:, 0]).argmin(), 0]
        x = root - side * 0.002
        behind = [
            [x + side * 0.004, high - 0.002, ear[:, 2].max() - 0.006],
            [x, high - 0.006, back + 0.012],
            [x, (high + low) / 2.0, back + 0.004],
            [x, low + 0.012, back + 0.014],
        ]
        ends = points[-2, column], points[1, column]
        path = np.vstack(
            (
                ends[0],
                _between(face, ends[0], np.array(behind[0]), side),
                behind,
                _between(face, np.array(behind[-1]), ends[1], side),
                ends[1],
            )
        )
        loops.append(tube(path, 0.0013, 6))
    return loops


def _between(face: Face, start: np.ndarray, end: np.ndarray, side: float) -> np.ndarray:
    """(5, 3) points of a band from one place to another, on the skin."""
    t = np.linspace(0.15, 0.8, 6)[:, None]
    outward = np.array([side * 0.9, 0.0, 0.45], np.float32)
    return face.skin.pushed_out(start + (end - start) * t, outward / np.linalg.norm(outward), 0.0012)


def _with_eyes(points: np.ndarray, face: Face) -> Solid:
    """A half mask with openings for the eyes."""
    whole = surface(points)
    hole = np.zeros(len(whole.vertices), bool)
    for corner in (slice(36, 42), slice(42, 48)):
        eye = face.marks[corner]
        offset = (whole.vertices - eye.mean(axis=0))[:, :2]
        reach = np.ptp(eye[:, 0]) * 0.68, np.ptp(eye[:, 0]) * 0.46
        hole |= np.hypot(offset[:, 0] / reach[0], offset[:, 1] / reach[1]) < 1.0
    kept = ~hole[whole.triangles].all(axis=1)
    return Solid(whole.vertices, whole.triangles[kept], whole.uvs)


def _carnival(rng: np.random.Generator, placement: Placement) -> Plain | Fabric:
    if rng.random() < 0.5:
        return Fabric(Cloth.sample(rng, plain=0.4), placement)
    return Plain(any_colour(rng), 0.08, 40.0, "soft")


def _material(rng: np.random.Generator, kind: str, points: np.ndarray, placement: Placement) -> Pleats | Fabric | Plain:
    if kind == "cloth":
        cloth = Cloth.sample(rng, plain=0.45)
        return Fabric(cloth, placement)
    colour = _SURGICAL[rng.integers(len(_SURGICAL))] * np.exp(rng.normal(0.0, 0.12, 3)).astype(np.float32)
    if kind == "respirator":
        white = srgb(232, 232, 230) if rng.random() < 0.7 else srgb(40, 40, 44) if rng.random() < 0.6 else colour
        return Plain(white, 0.02, 10.0)
    u, v = np.meshgrid(np.linspace(0.0, 1.0, _COLUMNS), np.linspace(1.0, 0.0, _ROWS))
    up = unit((points[-1, _COLUMNS // 2] - points[0, _COLUMNS // 2])[None])[0]
    return Pleats(np.minimum(colour, 0.8), placement.rotation @ up, np.stack((u.ravel(), v.ravel()), axis=1))
