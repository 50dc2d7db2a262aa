"""Seats, tables, stands and pedestals, in world space.

Sizes are about those of common furniture, by eye.
"""

import numpy as np

from headsynth.people.looks import any_colour
from headsynth.rendering.materials import Plain
from headsynth.rendering.scene import Part
from headsynth.scenes.people import SEAT, Stance
from headsynth.scenes.world import SceneCamera
from headsynth.wear.fabrics import Cloth, Fabric
from headsynth.wear.solids import Solid, joined, part, revolved, tube

_WOODS = np.array([[0.34, 0.20, 0.11], [0.16, 0.09, 0.05], [0.55, 0.42, 0.27], [0.08, 0.05, 0.03]])
_SEATS = {"stool": 0.2, "chair": 0.45, "round chair": 0.25, "block": 0.1}
_TABLES = 0.3, 1.25  # metres, the heights of tables and pedestals
_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float64)
_FACES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])


def box(low: tuple[float, float, float], high: tuple[float, float, float]) -> Solid:
    """A box with flat sides between two corners, metres."""
    corners = np.array(low) + _CORNERS * (np.array(high) - np.array(low))
    vertices = corners[_FACES].reshape(-1, 3)
    starts = np.arange(6)[:, None] * 4
    triangles = np.concatenate((starts + np.array([0, 1, 2]), starts + np.array([0, 2, 3])))
    flat = np.tile(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]), (6, 1))
    return Solid(vertices, triangles, flat)


def chair(rng: np.random.Generator, height: float, scale: float = 1.0, kind: str = "") -> list[Solid]:
    """A seat whose top is at `height` metres, facing z, its middle above the origin."""
    kind = kind or str(rng.choice(list(_SEATS), p=list(_SEATS.values())))
    wide, deep = 0.23 * scale, 0.22 * scale
    if kind == "block":
        return [box((-wide * 1.4, 0.0, -deep), (wide * 1.4, height, deep * 1.1))]
    if kind == "stool":
        seat = revolved(np.array([[0.001, height - 0.05], [wide, height - 0.05], [wide, height], [0.001, height]]), 20)
        return [seat, tube(np.array([[0.0, 0.02, 0.0], [0.0, height - 0.04, 0.0]]), 0.03, 10), _foot(0.2)]
    found = [box((-wide, height - 0.05, -deep), (wide, height, deep))]
    for x in (-wide + 0.02, wide - 0.02):
        for z in (-deep + 0.02, deep - 0.02):
            found.append(box((x - 0.018, 0.0, z - 0.018), (x + 0.018, height - 0.04, z + 0.018)))
    top = height + float(rng.uniform(0.38, 0.62)) * scale
    if kind == "chair":
        return found + _straight_back(height, top, height + float(rng.uniform(0.0, 0.25)) * scale, wide, deep)
    return found + _round_back(height, top, wide, deep)


def _straight_back(seat: float, top: float, low: float, wide: float, deep: float) -> list[Solid]:
    """A board from `low` to `top` metres on two posts."""
    found = [box((-wide, low, -deep - 0.03), (wide, top, -deep))]
    for x in (-wide + 0.02, wide - 0.02):
        found.append(box((x - 0.015, seat - 0.04, -deep - 0.02), (x + 0.015, top - 0.01, -deep - 0.01)))
    return found


def _round_back(seat: float, top: float, wide: float, deep: float) -> list[Solid]:
    """Padded, round like a head on shoulders."""
    at = np.linspace(0.0, np.pi, 16)
    path = np.stack((wide * np.cos(at), seat + (top - seat) * np.sin(at) ** 0.6, np.full(16, -deep)), axis=1)
    disc = revolved(np.array([[0.001, -0.03], [0.92 * wide, -0.03], [0.92 * wide, 0.03], [0.001, 0.03]]), 20)
    upright = disc.vertices[:, [0, 2, 1]] * [1.0, 0.46 * (top - seat) / wide, -1.0]
    upright = upright + np.array([0.0, 0.5 * (seat + top), -deep])
    return [tube(path, 0.03, 10), Solid(upright, disc.triangles, disc.uvs, disc.uv_triangles)]


def seat_for(rng: np.random.Generator, stance: Stance, camera: SceneCamera) -> list[Part]:
    """What somebody sits on; nothing for those who stand."""
    if not stance.figure.sits:
        return []
    x, z = stance.place
    solids = chair(rng, SEAT * stance.build.scale, stance.build.scale)
    whole = joined(solids).moved(stance.upright, np.array([x, 0.0, z]))
    return [part("seat", [whole], camera.identity, furnished(rng))]


def furnished(rng: np.random.Generator) -> Plain | Fabric:
    """A material of furniture: wood, paint, metal or a cover."""
    draw = rng.random()
    if draw < 0.45:
        return Plain((_WOODS[rng.integers(len(_WOODS))] * np.exp(rng.normal(0.0, 0.2))).astype(np.float32), 0.04, 30.0)
    if draw < 0.75:
        return Plain(any_colour(rng), 0.05, 40.0)
    if draw < 0.85:
        return Plain(np.full(3, 0.35, np.float32), 0.4, 60.0, "soft")
    return Fabric(Cloth.sample(rng, plain=0.8))


def support(rng: np.random.Generator, under: np.ndarray, radius: float) -> list[Solid]:
    """From the ground up to a point (3,): a table, a pedestal or a pole, about as wide as what stands on it."""
    x, y, z = under.tolist()
    at = np.array([x, 0.0, z])
    kind = rng.choice(("pole", "pedestal", "table"), p=(0.3, 0.35, 0.35))
    if kind == "pole" or y > _TABLES[1] or (kind == "table" and y < _TABLES[0]):
        pole = tube(np.array([[0.0, 0.0, 0.0], [0.0, y, 0.0]]), max(0.09 * radius, 0.008), 8)
        return [solid.moved(np.eye(3), at) for solid in (pole, _foot(max(0.8 * radius, 0.08)))]
    turn = np.deg2rad(rng.uniform(0.0, 90.0))
    rotation = np.array([[np.cos(turn), 0.0, np.sin(turn)], [0.0, 1.0, 0.0], [-np.sin(turn), 0.0, np.cos(turn)]])
    if kind == "pedestal":
        wide = 1.1 * radius + 0.03
        return [box((-wide, 0.0, -wide), (wide, y, wide)).moved(rotation, at)]
    wide, deep = rng.uniform(0.3, 0.8), rng.uniform(0.25, 0.5)
    found = [box((-wide, y - 0.04, -deep), (wide, y, deep))]
    for a in (-wide + 0.03, wide - 0.03):
        found += [box((a - 0.02, 0.0, b - 0.02), (a + 0.02, y - 0.03, b + 0.02)) for b in (-deep + 0.03, deep - 0.03)]
    return [solid.moved(rotation, at) for solid in found]


def _foot(radius: float) -> Solid:
    return revolved(np.array([[0.001, 0.0], [radius, 0.0], [radius, 0.015], [0.02, 0.03], [0.001, 0.03]]), 18)
