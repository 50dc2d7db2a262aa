"""Who is in a scene and where: kinds of scenes, the camera, places on the ground, and how people stand and look.

Shares, distances and angles are by eye.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from headsynth.scenes.figures import Arm
from headsynth.scenes.world import SceneCamera
from headsynth.shares import log_uniform, one_of

Range = tuple[float, float]


@dataclass(frozen=True)
class _Kind:
    """A kind of scene. Lengths of heads are those of the nearest planned one, shares of the picture's side."""

    share: float
    people: tuple[int, int]  # fewest and most
    head: Range  # log-uniform
    places: tuple[str, ...] = ("loose",)  # how the others stand, evenly likely


KINDS = {
    "empty": _Kind(0.15, (0, 0), (0.04, 0.5)),
    "close": _Kind(0.19, (1, 1), (0.24, 1.35)),
    "single": _Kind(0.14, (1, 2), (0.04, 0.30), ("loose", "walking")),
    "pair": _Kind(0.17, (2, 3), (0.08, 0.50), ("side by side", "circle", "loose", "behind")),
    "group": _Kind(0.18, (3, 9), (0.05, 0.24), ("row", "rows", "circle", "side by side", "queue")),
    "crowd": _Kind(0.17, (5, 12), (0.035, 0.30), ("loose", "walking", "audience", "loose")),
}
_HEAD = 0.24  # metres, about the longer side of a head's box
_FIELD = (22.0, 78.0)  # degrees, log-uniform: the picture's field of view
# Share, and degrees by which the camera lies above the nearest planned head.
_HEIGHTS = {"level": (0.62, (-6.0, 12.0)), "above": (0.24, (12.0, 55.0)), "below": (0.14, (-38.0, -6.0))}
_LOWEST, _HIGHEST = 0.12, 9.0  # metres, of the camera
_ROLL, _ROLLED = 3.0, (0.08, 25.0)  # degrees, deviation; share of strongly rolled cameras and their deviation
_SITTING = 0.22  # share of people
_TO_CAMERA = 0.28  # share of scenes whose people face the camera
_NEAREST = 0.42  # metres between the middles of two people
_IN_FRONT = 0.34  # metres from the camera to the middle of a head at least
_ARMS = {
    "hanging": (0.44, Arm(27.0, 4.0, (0.06, -0.96, 0.22))),
    "folded": (0.16, Arm(24.0, 22.0, (-0.86, 0.02, 0.50))),
    "gesture": (0.12, Arm(20.0, 25.0, (0.10, 0.35, 0.93))),
    "akimbo": (0.08, Arm(2.0, -8.0, (-0.62, -0.62, 0.45))),
    "pocket": (0.12, Arm(18.0, -10.0, (-0.12, -0.86, 0.48))),
    "raised": (0.05, Arm(-75.0, 10.0, (-0.05, 0.98, 0.12))),
    "before": (0.03, Arm(22.0, 60.0, (-0.2, 0.25, 0.95))),
}
_LAP = Arm(24.0, 26.0, (-0.25, -0.25, 0.92))


def distribution() -> dict[str, Any]:
    """The shares of kinds of scenes, of cameras' heights, of arms, and of people who sit."""
    return {
        "kinds": {name: {"share": kind.share, "people": list(kind.people)} for name, kind in KINDS.items()},
        "camera": {name: share for name, (share, _) in _HEIGHTS.items()},
        "arms": {name: share for name, (share, _) in _ARMS.items()},
        "sitting": _SITTING,
        "facing_the_camera": _TO_CAMERA,
    }


@dataclass(frozen=True)
class Figure:
    """How one person stands or sits."""

    place: np.ndarray  # (2,) metres: x and z on the ground
    yaw: float  # degrees of the torso; 0 faces the camera's side
    turn: np.ndarray  # (3,) degrees of the head on it: nod down, to the left, tilt
    lean: float  # degrees of the torso, forwards
    sits: bool
    arms: tuple[Arm, Arm]


@dataclass(frozen=True)
class ScenePlan:
    """What a scene is to be before its people are known."""

    kind: str
    places: str  # how they stand
    head: float  # pixels, of the nearest planned head
    focal: float  # pixels
    elevation: float  # degrees by which the camera is above that head
    roll: float  # degrees
    target: np.ndarray  # (2,) pixels where that head is to be
    principal_point: np.ndarray  # (2,) pixels
    figures: tuple[Figure, ...]  # relative to the first, who is at the origin

    @property
    def distance(self) -> float:
        """Metres from the camera to the nearest planned head."""
        return max(self.focal * _HEAD / self.head, _IN_FRONT)

    def camera(self, height: float) -> tuple[SceneCamera, np.ndarray]:
        """For a first head at `height` metres: the camera, and (2,) where on the ground the first person is."""
        elevation = np.deg2rad(self.elevation)
        up = float(np.clip(height + self.distance * np.sin(elevation), _LOWEST, _HIGHEST))
        elevation = np.arcsin(np.clip((up - height) / self.distance, -0.9, 0.9))
        x, y = (self.target - self.principal_point) / self.focal
        pitch = np.rad2deg(elevation - np.arctan(y))
        camera = SceneCamera.held(up, pitch, self.roll, self.focal, self.principal_point)
        return camera, np.array([self.distance * x / np.hypot(1.0, y), -self.distance * np.cos(elevation)])


def sample_plan(rng: np.random.Generator, size: int) -> ScenePlan:
    """Draw what a scene of size × size pixels is to be."""
    names = list(KINDS)
    name = one_of(rng, names, [KINDS[name].share for name in names])
    kind = KINDS[name]
    head = size * log_uniform(rng, kind.head)
    field = log_uniform(rng, _FIELD)
    focal = 0.5 * size / np.tan(np.deg2rad(field) / 2.0)
    _, above = one_of(rng, list(_HEIGHTS.values()), [share for share, _ in _HEIGHTS.values()])
    rolled = rng.random() < _ROLLED[0]
    roll = float(rng.normal(0.0, _ROLLED[1] if rolled else _ROLL))
    centre = np.full(2, size / 2.0) + (rng.random() < 0.2) * rng.normal(0.0, 0.2 * size, 2)
    count = int(rng.integers(kind.people[0], kind.people[1] + 1))
    places = one_of(rng, kind.places, np.ones(len(kind.places)))
    figures = _figures(rng, places, count) if count else ()
    return ScenePlan(name, places, head, focal, rng.uniform(*above), roll, _target(rng, head, size), centre, figures)


def _target(rng: np.random.Generator, head: float, size: int) -> np.ndarray:
    """(2,) pixels: anywhere for small heads, some at the frame's edge; large ones nearer to the middle."""
    spread = float(np.clip(1.0 - 0.75 * head / size, 0.35, 0.95))
    x = 0.5 + spread * rng.uniform(-0.5, 0.5)
    y = 0.42 + spread * rng.uniform(-0.42, 0.42)
    return size * np.array([x, y])


def _figures(rng: np.random.Generator, places: str, count: int) -> tuple[Figure, ...]:
    spots, yaws = _PLACES[places](rng, count)
    seated = places == "audience" or rng.random() < 0.3  # people of one scene do alike
    to_camera, common = rng.random() < _TO_CAMERA, rng.uniform(-180.0, 180.0)
    if places == "walking":
        yaws = np.full(count, common) + rng.normal(0.0, 22.0, count)
    elif to_camera and places != "circle":
        yaws = rng.normal(0.0, 22.0, count)
    if count > 2 and rng.random() < 0.7:  # the group in the middle rather than its first
        spots = spots - [spots[:, 0].mean(), 0.0]
    figures: list[Figure] = []
    for spot, yaw in zip(spots, yaws, strict=True):
        if figures and min(float(np.linalg.norm(spot - other.place)) for other in figures) < _NEAREST:
            continue
        sits = rng.random() < (0.75 if seated else 0.04)
        figures.append(_figure(rng, spot, float(yaw), sits))
    return tuple(figures)


def _figure(rng: np.random.Generator, spot: np.ndarray, yaw: float, sits: bool) -> Figure:
    wide = rng.random() < 0.2
    turn = rng.normal((4.0, 0.0, 0.0), (14.0, 32.0, 8.0) if wide else (8.0, 14.0, 5.0))
    turn = np.clip(turn, (-28.0, -48.0, -18.0), (32.0, 48.0, 18.0))
    names = list(_ARMS)
    first = one_of(rng, names, [share for share, _ in _ARMS.values()])
    second = first if rng.random() < 0.65 else one_of(rng, names, [share for share, _ in _ARMS.values()])
    arms = tuple(_LAP if sits and rng.random() < 0.7 else _ARMS[name][1] for name in (first, second))
    lean = rng.normal(4.0 if sits else 1.0, 6.0 if sits else 3.0)
    return Figure(spot, yaw, turn, float(lean), sits, (_varied(rng, arms[0]), _varied(rng, arms[1])))


def _varied(rng: np.random.Generator, arm: Arm) -> Arm:
    direction = np.array(arm.forearm) + rng.normal(0.0, 0.10, 3)
    x, y, z = (direction / np.linalg.norm(direction)).tolist()
    return Arm(arm.lowered + rng.normal(0.0, 4.0), arm.ahead + rng.normal(0.0, 6.0), (x, y, z))


def _anyhow(rng: np.random.Generator, count: int) -> np.ndarray:
    """(N,) degrees: yaws that have nothing to do with each other."""
    return rng.uniform(-180.0, 180.0, count)


def _loose(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Behind the first, ever wider; few before them."""
    deep = np.exp(rng.uniform(np.log(0.4), np.log(7.0), count)) - 0.4
    spots = np.stack((rng.normal(0.0, 0.45 + 0.4 * deep), -deep), axis=1)
    before = rng.random(count) < 0.15
    spots[before, 1] = rng.uniform(0.2, 1.2, before.sum())
    spots[0] = 0.0
    return spots, _anyhow(rng, count)


def _row(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Side by side on a line, from close together to apart, seen at any slant."""
    step = rng.uniform(0.43, 0.85)
    along = (np.arange(count) - rng.integers(count)) * step + rng.normal(0.0, 0.05 * step, count)
    slant = np.deg2rad(rng.normal(0.0, 22.0))
    spots = np.stack((along * np.cos(slant), along * np.sin(slant) + rng.normal(0.0, 0.06, count)), axis=1)
    order = np.argsort(np.abs(along), kind="stable")
    return spots[order], _anyhow(rng, 1)[0] + rng.normal(0.0, 18.0, count)


def _rows(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Two or three rows one behind the other."""
    step, deep, rows = rng.uniform(0.44, 0.7), rng.uniform(0.45, 0.9), 2 + (count > 6)
    number = np.arange(count)
    row, column = number % rows, number // rows
    across = (column - (count // rows) / 2.0 + 0.5 * (row % 2)) * step
    spots = np.stack((across, -row * deep), axis=1) + rng.normal(0.0, 0.04, (count, 2))
    facing = 0.0 if rng.random() < 0.6 else rng.uniform(-180.0, 180.0)
    return spots - spots[0], facing + rng.normal(0.0, 14.0, count)


def _audience(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows with room for seats, seen from in front, from the side or from behind."""
    spots, _ = _rows(rng, count)
    facing = rng.choice((0.0, 180.0, 180.0, rng.uniform(-180.0, 180.0)))
    return spots * [1.25, 1.7], facing + rng.normal(0.0, 8.0, count)


def _side_by_side(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Close together, towards the camera or away from it."""
    spots, _ = _row(rng, count)
    facing = rng.choice((0.0, 180.0, rng.uniform(-180.0, 180.0)))
    return spots * [rng.uniform(0.75, 1.0), 1.0], facing + rng.normal(0.0, 20.0, count)


def _circle(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """People in a circle who face each other."""
    radius = max(0.30 * count / np.pi * rng.uniform(1.0, 1.8), 0.36)
    angle = rng.uniform(0.0, 2.0 * np.pi) + np.arange(count) * 2.0 * np.pi / count + rng.normal(0.0, 0.12, count)
    spots = radius * np.stack((np.sin(angle), np.cos(angle)), axis=1)
    order = np.argsort(-spots[:, 1], kind="stable")
    spots, yaws = spots[order], np.rad2deg(angle[order]) + 180.0 + rng.normal(0.0, 12.0, count)
    return spots - spots[0], yaws


def _behind(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """One behind the other, partly hidden."""
    spots = np.stack((rng.normal(0.0, 0.22, count), -np.arange(count) * rng.uniform(0.45, 1.5)), axis=1)
    return spots - spots[0], _anyhow(rng, count)


def _queue(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """One behind the other, all looking along the queue."""
    step, slant = rng.uniform(0.5, 1.0), np.deg2rad(rng.uniform(0.0, 360.0))
    along = np.arange(count) * step
    if np.cos(slant) > 0.0:
        slant += np.pi  # away from the camera
    spots = np.stack((along * np.sin(slant), along * np.cos(slant)), axis=1) + rng.normal(0.0, 0.05, (count, 2))
    facing = np.rad2deg(slant) + (180.0 if rng.random() < 0.5 else 0.0)
    return spots - spots[0], facing + rng.normal(0.0, 15.0, count)


_PLACES = {
    "loose": _loose, "walking": _loose, "audience": _audience, "row": _row, "rows": _rows, "circle": _circle,
    "side by side": _side_by_side, "behind": _behind, "queue": _queue,
}  # fmt: skip
