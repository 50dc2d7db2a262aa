"""Random poses and cameras, and the placement of a head in the frame.

Shares, ranges and the neck's limits are by eye.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from headsynth.rendering.placement import Placement
from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.matrices import (
    angles_seen,
    axis_rotation,
    euler_from_matrix,
    matrix_from_angles_seen,
    matrix_from_euler,
    matrix_to_direction,
    shortened,
)


@dataclass(frozen=True)
class Angle:
    """How an angle is drawn, degrees: "normal" of deviation high; "uniform" within ±high; "sides": low to high, ±."""

    kind: str
    high: float
    low: float = 0.0

    def sample(self, rng: np.random.Generator) -> float:
        """One angle, degrees."""
        if self.kind == "normal":
            return float(rng.normal(0.0, self.high))
        if self.kind == "uniform":
            return float(rng.uniform(-self.high, self.high))
        return float(rng.uniform(self.low, self.high) * rng.choice((-1.0, 1.0)))

    def __str__(self) -> str:
        return f"sides {self.low:g} to {self.high:g}" if self.kind == "sides" else f"{self.kind} {self.high:g}"


# Name: share, pitch, yaw, roll of what the camera sees: yaw about the body's upright axis, then pitch about the
# picture's horizontal (> 0: seen from below), then roll in the picture. The head's own nod and tilt come before them.
# Euler angles would not do: in profile their pitch and roll are the same tilt.
POSES: dict[str, tuple[float, Angle, Angle, Angle]] = {
    "frontal": (0.285, Angle("normal", 9.0), Angle("normal", 20.0), Angle("normal", 5.0)),
    "turned": (0.33, Angle("normal", 13.0), Angle("uniform", 100.0), Angle("normal", 9.0)),
    "steep": (0.095, Angle("uniform", 60.0), Angle("uniform", 100.0), Angle("normal", 15.0)),
    "profile": (0.10, Angle("normal", 12.0), Angle("sides", 110.0, 50.0), Angle("normal", 9.0)),
    "steep profile": (
        0.055,
        Angle("sides", 60.0, 20.0),
        Angle("sides", 115.0, 55.0),
        Angle("normal", 15.0),
    ),
    "tilted": (0.05, Angle("normal", 18.0), Angle("uniform", 90.0), Angle("uniform", 60.0)),
    "lying": (0.03, Angle("normal", 20.0), Angle("uniform", 100.0), Angle("sides", 100.0, 60.0)),
    "from behind": (0.05, Angle("normal", 13.0), Angle("sides", 180.0, 100.0), Angle("normal", 9.0)),
    "upside down": (0.005, Angle("normal", 20.0), Angle("uniform", 100.0), Angle("sides", 180.0, 140.0)),
}
_PITCH_LIMIT = 60.0  # degrees
_NOD, _TILT = 8.0, 6.0  # degrees, deviations: of the head on its neck
# Name: share, metres from the camera to the middle of the head, log-uniform; a face is some 10 cm nearer.
DISTANCES: dict[str, tuple[float, float, float]] = {
    "selfie": (0.20, 0.34, 0.55),
    "across a table": (0.40, 0.55, 1.5),
    "across a room": (0.28, 1.5, 4.0),
    "tele": (0.12, 4.0, 12.0),
}
_HEAD = 0.25  # metres, about the longer side of a head's box
_FILL = (0.46, 0.74)  # the longer side of the head's box over the picture's side
_OFFSET, _OFFSET_LIMIT = 0.07, 0.15  # deviation and limit of the box's centre, of the picture's side
_CUT = 0.07  # share of heads that the frame cuts
_CUT_OFF = (0.08, 0.35)  # how much of the box's side lies outside then
_ENOUGH = 800  # vertices give the bounds of a head well enough to place it; its label takes them all
_FROM_LARGER, _FROM_LARGER_OFFSET = (
    0.3,
    0.35,
)  # share cut from larger photographs; the principal point's shift
# What the neck takes of pitch and roll, the rest is the torso's, which stands upright as far as the neck can.
_NECK_PITCH, _NECK_ROLL, _NECK_YAW = 32.0, 28.0, 50.0  # degrees at most
_NECK_LIMIT = 50.0  # degrees, of all together


def distribution() -> dict[str, Any]:
    """The poses, distances and places that `sample_view` draws, as plain data."""
    return {
        "poses": {
            name: {"share": share, "pitch": str(pitch), "yaw": str(yaw), "roll": str(roll)}
            for name, (share, pitch, yaw, roll) in POSES.items()
        },
        "nod_and_tilt": [str(Angle("normal", _NOD)), str(Angle("normal", _TILT))],
        "distance_metres": {
            name: {"share": share, "log_uniform": [low, high]} for name, (share, low, high) in DISTANCES.items()
        },
        "box_side": list(_FILL),
        "centre_deviation": _OFFSET,
        "cut": _CUT,
        "part_of_larger_photograph": _FROM_LARGER,
    }


@dataclass(frozen=True)
class View:
    """What is drawn before the head is known: pose relative to the ray, camera, and place in the frame."""

    euler: np.ndarray  # (3,) degrees: pitch, yaw, roll relative to the ray through the head, AFLW2000-3D's convention
    focal: float  # pixels
    principal_point: np.ndarray  # (2,) pixels
    centre: np.ndarray  # (2,) pixels, of the head's box
    side: float  # pixels, the longer side of the head's box

    @property
    def towards_camera(self) -> tuple[float, float]:
        """Degrees to the head's left and up in which the camera lies, seen from the head."""
        back = matrix_from_euler(self.euler).T @ [0.0, 0.0, -1.0]
        across = np.rad2deg(np.arctan2(back[0], back[2]))
        return float(across), float(np.rad2deg(np.arcsin(np.clip(back[1], -1.0, 1.0))))


def sample_view(rng: np.random.Generator, size: int) -> View:
    """Pose, camera and place of a head in a photograph of size × size pixels."""
    fill = rng.uniform(*_FILL)
    low, high = _one(rng, DISTANCES)
    focal = size * fill / _HEAD * np.exp(rng.uniform(np.log(low), np.log(high)))
    principal_point = np.full(2, size / 2.0)
    if rng.random() < _FROM_LARGER:
        principal_point += rng.normal(0.0, _FROM_LARGER_OFFSET * size, size=2)
    offset = np.clip(rng.normal(0.0, _OFFSET, size=2), -_OFFSET_LIMIT, _OFFSET_LIMIT)
    if rng.random() < _CUT:
        outside = rng.choice((-1.0, 1.0)) * (0.5 - fill * (0.5 - rng.uniform(*_CUT_OFF)))
        offset[rng.integers(2)] = outside
    return View(_sample_euler(rng), focal, principal_point, size * (0.5 + offset), size * fill)


def _one(rng: np.random.Generator, table: dict[str, Any]) -> Any:
    """One row of a table whose first column is its share, without that column."""
    rows = list(table.values())
    return rows[rng.choice(len(rows), p=[row[0] for row in rows])][1:]


def _sample_euler(rng: np.random.Generator) -> np.ndarray:
    pitch, yaw, roll = (angle.sample(rng) for angle in _one(rng, POSES))
    pitch = np.clip(pitch, -_PITCH_LIMIT, _PITCH_LIMIT)
    own = axis_rotation("x", -rng.normal(0.0, _NOD)) @ axis_rotation("z", -rng.normal(0.0, _TILT))
    return euler_from_matrix(matrix_from_angles_seen(pitch, yaw, roll) @ own)


def place(view: View, head: np.ndarray) -> Placement:
    """The rotation and translation that bring a head's box to the view's centre and size.

    head: (N, 3) metres, head space: the vertices of the subset `head`.
    """
    head = head[:: max(len(head) // _ENOUGH, 1)]
    pose = matrix_from_euler(view.euler)
    ray, depth = view.centre, view.focal * _HEAD / view.side
    for _ in range(4):  # near the camera the box does not shrink as one over the distance
        x, y, w, h = bounds(_along(view, pose, ray, depth).project(head))
        ray = ray + view.centre - [x + w / 2.0, y + h / 2.0]
        depth = depth * max(w, h) / view.side
    return _along(view, pose, ray, depth)


def _along(view: View, pose: np.ndarray, ray: np.ndarray, depth: float) -> Placement:
    """The head's origin on the ray through a pixel, at a depth in metres, with a (3, 3) pose relative to that ray."""
    direction = np.append((ray - view.principal_point) / view.focal, 1.0)
    rotation = matrix_to_direction(direction) @ pose
    return Placement(rotation, depth * direction, view.focal, view.principal_point)


def sample_shoulders(rng: np.random.Generator, view: View) -> np.ndarray:
    """(3, 3) the rotation of the shoulders relative to the head, head space, at most 50 degrees.

    The torso stands upright as far as the neck reaches, and lies or hangs with the head beyond that.
    """
    rotation = matrix_from_euler(view.euler)
    pitch, yaw, roll = angles_seen(rotation)
    turned = np.clip(rng.normal(0.0, 15.0) + 0.45 * yaw * (abs(yaw) < 90), -_NECK_YAW, _NECK_YAW)
    nodded = np.clip(rng.uniform(0.3, 0.9) * pitch + rng.normal(0.0, 5.0), -_NECK_PITCH, _NECK_PITCH)
    tilted = np.clip(rng.uniform(0.4, 0.8) * roll + rng.normal(0.0, 4.0), -_NECK_ROLL, _NECK_ROLL)
    turn = rotation.T @ matrix_from_angles_seen(pitch - nodded, yaw - turned, roll - tilted)
    return shortened(turn, _NECK_LIMIT)
