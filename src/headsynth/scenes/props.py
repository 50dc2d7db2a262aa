"""Things that look like heads and are none: where they are, and how often.

Shares, sizes and distances are by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headsynth.rendering.scene import Part
from headsynth.scenes import things
from headsynth.scenes.composition import ScenePlan
from headsynth.scenes.furniture import furnished, support
from headsynth.scenes.statues import statue
from headsynth.scenes.world import SceneCamera
from headsynth.wear.solids import joined, part, tube
from headsynth.wear.wardrobe import Wardrobe
from trans3dhead.geometry.matrices import axis_rotation

_SOME = 0.42  # share of scenes with people that have things too
_MOST = 4  # of them
_IN_EMPTY = (2, 7)  # things in a scene without people
_DEPTH = (0.6, 9.0)  # metres from the camera, log-uniform
_PIXELS = (0.03, 0.55)  # of the picture's side: sizes on it that a thing may have
_STATUE, _ARM = 0.16, 0.14  # shares of things
_STATUE_PIXELS = 42.0  # of the longer side of its head; smaller ones could be taken for people
_CLEAR = 0.45  # metres between the middles of a thing and a person
_CEILING = 2.3  # metres, above which things hang


@dataclass(frozen=True)
class Props:
    """Parts in camera space, and what of them stands on the ground."""

    parts: list[Part] = field(default_factory=list)
    standing: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))  # (N, 4) x, z, radius, height, metres


def distribution() -> dict[str, Any]:
    """The shares of scenes with things, of statues and bare arms among them, and of the other kinds."""
    return {"with_people": _SOME, "statues": _STATUE, "arms": _ARM, "others": dict(things.SHARES)}


def make_props(
    rng: np.random.Generator,
    plan: ScenePlan,
    camera: SceneCamera,
    size: int,
    places: Sequence[np.ndarray],
    wardrobe: Wardrobe,
) -> Props:
    """The props of one scene. places: (2,) metres each, where on the ground people are; size: pixels."""
    if plan.figures:
        count = int(rng.integers(1, _MOST + 1)) if rng.random() < _SOME else 0
    else:
        count = int(rng.integers(_IN_EMPTY[0], _IN_EMPTY[1] + 1))
    parts: list[Part] = []
    standing: list[tuple[float, float, float, float]] = []
    taken = [np.asarray(place) for place in places]
    for _ in range(count):
        kind = rng.random()
        if kind < _ARM:
            parts += things.arm(rng, camera, size)
            continue
        found = _statue(rng, camera, size, wardrobe) if kind < _ARM + _STATUE else _thing(rng, camera, size)
        if found is None:
            continue
        more, spot, radius, height = found
        if taken and min(float(np.linalg.norm(spot - other)) for other in taken) < _CLEAR + radius:
            continue
        parts += more
        taken.append(spot)
        standing.append((spot[0], spot[1], radius, height))
    return Props(parts, np.array(standing).reshape(-1, 4))


_Found = tuple[list[Part], np.ndarray, float, float]  # parts, place on the ground, radius, height


def _thing(rng: np.random.Generator, camera: SceneCamera, size: int) -> _Found | None:
    """One at a random place of the picture, on what holds it."""
    thing = things.sample(rng)
    spot = _spot(rng, camera, size, thing.radius)
    if spot is None:
        return None
    bottom = spot - np.array([0.0, thing.middle, 0.0])
    hangs = thing.hangs or (bottom[1] > _CEILING)
    if thing.lies or bottom[1] < 0.08:
        bottom[1], hangs = 0.0, False
    turn = axis_rotation("y", rng.uniform(-180.0, 180.0))
    parts = [
        part(thing.name, [joined(solids).moved(turn, bottom)], camera.identity, material)
        for solids, material in thing.pieces
    ]
    if hangs:
        top = bottom + np.array([0.0, 2.0 * thing.middle, 0.0])
        string = tube(np.outer((-0.02, 2.5), (0.0, 1.0, 0.0)) + top, 0.004, 5)
        parts.append(part("string", [string], camera.identity, furnished(rng)))
    elif bottom[1] > 0.0:
        parts.append(part("support", support(rng, bottom, thing.radius), camera.identity, furnished(rng)))
    return parts, bottom[[0, 2]], thing.radius if bottom[1] < 1.0 else 0.1, float(bottom[1] + 2.0 * thing.middle)


def _spot(rng: np.random.Generator, camera: SceneCamera, size: int, radius: float) -> np.ndarray | None:
    """(3,) metres, world: the middle of a thing that is seen at a fair size; None below the ground."""
    low = max(_DEPTH[0], 2.0 * radius * camera.focal / (_PIXELS[1] * size))
    high = min(_DEPTH[1], 2.0 * radius * camera.focal / (_PIXELS[0] * size))
    if high <= low:
        return None
    pixel = size * rng.uniform(0.04, 0.96, 2)
    x, y = (pixel - camera.principal_point) / camera.focal
    depth = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    point = camera.rotation.T @ (depth * np.array([x, y, 1.0])) + camera.position
    if point[1] < radius:  # on the ground, where the ray meets it
        way = point - camera.position
        point = camera.position + way * (camera.height - radius) / max(camera.height - point[1], 1e-6)
        if camera.height < radius or camera.to_camera(point[None])[0, 2] < 0.4:
            return None
    return point


def _statue(rng: np.random.Generator, camera: SceneCamera, size: int, wardrobe: Wardrobe) -> _Found | None:
    """A bust or a mannequin's head on a pedestal."""
    largest = 0.24 * camera.focal / _STATUE_PIXELS
    depth = min(float(np.exp(rng.uniform(np.log(0.8), np.log(6.0)))), largest)
    x, y = (size * rng.uniform(0.08, 0.92, 2) - camera.principal_point) / camera.focal
    point = camera.rotation.T @ (depth * np.array([x, y, 1.0])) + camera.position
    solids, material, low = statue(rng, wardrobe.head, wardrobe.mesh)
    point[1] = np.clip(point[1], -low + 0.05, 3.0)
    if camera.to_camera(point[None])[0, 2] < 0.5:
        return None
    turn = axis_rotation("y", rng.uniform(-180.0, 180.0))
    parts = [part("statue", [solid.moved(turn, point) for solid in solids], camera.identity, material)]
    under = point + np.array([0.0, low, 0.0])
    parts.append(part("support", support(rng, under, 0.13), camera.identity, furnished(rng)))
    return parts, point[[0, 2]], 0.14, float(point[1] + 0.12)
