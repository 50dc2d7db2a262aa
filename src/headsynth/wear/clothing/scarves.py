"""Scarves in loops around the neck, neck gaiters drawn up over chin and nose, and collars of coats that stand up.

Shares and measures are by eye.
"""

from typing import Any

import numpy as np

from headsynth.people.base_mesh import BaseMesh
from headsynth.rendering.placement import Placement
from headsynth.shares import one_of
from headsynth.wear.accessory import Accessory
from headsynth.wear.clothing.tailoring import AROUND, body_normals, neck_rings
from headsynth.wear.fabrics import Cloth, Fabric
from headsynth.wear.masks import Face, net, outline_from
from headsynth.wear.solids import Solid, part, surface
from trans3dhead.geometry.vectors import unit

# Shares among scarves.
KINDS = {"scarf": 0.62, "gaiter": 0.16, "standing collar": 0.22}
_SECTION = 18  # corners of a scarf's section


def distribution() -> dict[str, Any]:
    """The shares of kinds of scarves."""
    return dict(KINDS)


def make_scarf(
    rng: np.random.Generator,
    mesh: BaseMesh,
    bent: np.ndarray,
    face: Face,
    placement: Placement,
    coat: Cloth | None,
    gaiter: bool = True,
) -> Accessory:
    """One that lies about the neck, and as a gaiter on the face.

    bent: (V, 3) the base mesh, its shoulders bent, metres, head space; coat: what a standing collar belongs to;
    gaiter: whether the face is free for one.
    """
    shares = [share if gaiter or kind != "gaiter" else 0.0 for kind, share in KINDS.items()]
    kind = one_of(rng, list(KINDS), shares)
    cloth = Cloth.sample(rng, plain=0.5)
    if kind == "standing collar" and coat is not None:
        cloth = coat
    rings, normals = neck_rings(mesh), body_normals(mesh, bent)
    skin, out = rings.on(bent), rings.on(normals)
    out /= np.linalg.norm(out, axis=2, keepdims=True)
    if kind == "scarf":
        solids = _loops(rng, skin, out)
        if rng.random() < 0.5:
            solids.append(_end(rng, mesh, bent, normals, skin))
    elif kind == "gaiter":
        solids = _gaiter(rng, face, skin, out)
    else:
        solids = [_standing(rng, skin, out)]
    scarf = part(kind, solids, placement, Fabric(cloth, placement))
    return Accessory(kind, (scarf,), on_face=kind == "gaiter")


def _loops(rng: np.random.Generator, skin: np.ndarray, out: np.ndarray) -> list[Solid]:
    """One to three turns, thick and creased along their way; the uppermost may reach the chin."""
    thick = rng.uniform(0.017, 0.028)
    turns, start = int(rng.integers(1, 4)), rng.uniform(0.4, 1.6)
    angle = np.arange(AROUND) * (2.0 * np.pi / AROUND)
    solids = []
    for number in range(turns):
        ring = start + number * rng.uniform(1.1, 1.9) + 0.7 * np.sin(angle + rng.uniform(0.0, 2.0 * np.pi))
        ring = np.clip(ring, 0.0, len(skin) - 1.001)
        low, column = ring.astype(int), np.arange(AROUND)
        share = (ring - low)[:, None]
        path = skin[low, column] * (1.0 - share) + skin[low + 1, column] * share
        away = out[low, column] * [1.0, 0.35, 1.0]
        swell = 0.18 * np.sin(2.0 * angle + rng.uniform(0, 6)) + 0.1 * np.sin(5.0 * angle + rng.uniform(0, 6))
        radius = thick * (1.0 + swell)
        path = path + away * (0.72 * radius + 0.002)[:, None]
        for _ in range(3):
            path = 0.5 * path + 0.25 * (np.roll(path, 1, axis=0) + np.roll(path, -1, axis=0))
        solids.append(_creased(rng, path, away, radius))
    return solids


def _creased(rng: np.random.Generator, path: np.ndarray, away: np.ndarray, radius: np.ndarray) -> Solid:
    """A closed tube whose section has creases that run along it and wander around it."""
    along = unit(np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0))
    first = unit(away - along * np.einsum("nc,nc->n", away, along)[:, None])
    second = np.cross(along, first)
    around = np.arange(_SECTION) * (2.0 * np.pi / _SECTION)
    turn = np.arange(len(path)) * (2.0 * np.pi / len(path))
    creases = 1.0 + 0.10 * np.sin(4.0 * around + 2.0 * np.sin(turn[:, None] * 2.0 + rng.uniform(0, 6)))
    creases += 0.06 * np.sin(7.0 * around - np.rint(rng.uniform(1, 4)) * turn[:, None] + rng.uniform(0, 6))
    reach = radius[:, None] * creases
    flat = rng.uniform(0.62, 0.85)  # wider along the neck than away from it
    away_from, along_neck = (flat * reach * np.cos(around))[..., None], (reach * np.sin(around))[..., None]
    points = path[:, None] + away_from * first[:, None] + along_neck * second[:, None]
    return surface(np.concatenate((points, points[:1])), around=True)


def _end(rng: np.random.Generator, mesh: BaseMesh, bent: np.ndarray, normals: np.ndarray, skin: np.ndarray) -> Solid:
    """A flat end that hangs down the chest at one side."""
    side = rng.choice([-1.0, 1.0]) * rng.uniform(0.02, 0.06)
    rest = mesh.template
    heights = np.linspace(mesh.neck.pivot[1] - 0.075, mesh.neck.pivot[1] - 0.30, 9)
    rows = [
        int(np.where((rest[:, 2] > -0.02) & (mesh.neck.weights > 0.3),
                     np.hypot(rest[:, 0] - side, rest[:, 1] - height), 1.0).argmin())
        for height in heights
    ]  # fmt: skip
    path = bent[rows] + normals[rows] * 0.022
    path = np.vstack((skin[1, 3 if side > 0 else AROUND - 3] + normals[rows[0]] * 0.02, path))
    for _ in range(2):
        path[1:-1] = 0.5 * path[1:-1] + 0.25 * (path[:-2] + path[2:])
    along = unit(np.gradient(path, axis=0))
    ahead = unit(normals[rows].mean(axis=0)[None])[0]
    across = unit(np.cross(along, ahead))
    width = rng.uniform(0.035, 0.06)
    u = np.linspace(-1.0, 1.0, 13)
    fold = 0.006 * np.sin(u * rng.uniform(5, 9) + rng.uniform(0, 6)) + 0.004 * (1.0 - u * u)
    points = path[:, None] - across[:, None] * (u * width)[:, None] + ahead * fold[:, None]
    return surface(points[::-1])


def _gaiter(rng: np.random.Generator, face: Face, skin: np.ndarray, out: np.ndarray) -> list[Solid]:
    """A tube of cloth around the neck, and its front drawn up over the chin, the mouth or the nose."""
    tube = skin[1:] + out[1:] * (0.006 + 0.004 * np.sin(np.arange(AROUND) * 0.9 + rng.uniform(0, 6)))[:, None]
    marks = face.marks
    reach = rng.choice(3)  # chin, mouth, nose
    top = (marks[8] + [0.0, 0.018, 0.0], marks[51] + [0.0, 0.004, 0.0], marks[29])[reach]
    side = marks[[3, 13]] if reach == 0 else marks[[2, 14]]
    cheek = (top + side) / 2.0 + [0.0, 0.0, 0.03]
    low = np.stack((skin[5, 36], skin[5, 42], skin[5, 0], skin[5, 6], skin[5, 12]))
    high = np.stack((side[0], cheek[0], top, cheek[1], side[1]))
    return [surface(tube, around=True), surface(net(face, outline_from(face, high, low), 0.002))]


def _standing(rng: np.random.Generator, skin: np.ndarray, out: np.ndarray) -> Solid:
    """A coat's collar: stands off the neck, higher behind, open in front."""
    opening = rng.uniform(0.15, 0.6)
    angle = np.linspace(opening, 2.0 * np.pi - opening, 48)
    column = angle / (2.0 * np.pi) * AROUND
    at = np.arange(AROUND + 1)

    def around(ring: np.ndarray) -> np.ndarray:
        closed = np.vstack((ring, ring[:1]))
        return np.stack([np.interp(column, at, closed[:, axis]) for axis in range(3)], axis=1)

    low, top, away = around(skin[0]), around(skin[6]), around(out[2])
    up = unit(top - low)
    behind = (0.5 - 0.5 * np.cos(angle))[:, None]
    height, off = rng.uniform(0.055, 0.085) * (0.8 + 0.35 * behind), rng.uniform(0.014, 0.026)
    rows = [low + away * 0.008]
    rows += [low + up * height * t + away * (off + 0.010 * t) for t in (0.25, 0.5, 0.75, 1.0)]
    rows += [rows[-1] + away * 0.004 + up * 0.001]
    rows += [low + up * height * t + away * (off + 0.010 * t + 0.006) for t in (0.9, 0.5, 0.0)]
    rows += [low + away * (off + 0.02) - up * 0.03]
    return surface(np.stack(rows)[:, ::-1])
