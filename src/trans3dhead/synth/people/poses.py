"""Random poses and cameras, and the placement of a head in the frame."""

from dataclasses import dataclass

import numpy as np
import torch

from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.rotations import rotation_from_euler, rotation_to_direction

# Share, and how yaw is drawn in it. The last covers the whole sphere; nearly 80 % lie within 100 degrees.
YAW_MIXTURE = (("normal 25", 0.43), ("uniform 100", 0.38), ("uniform 180", 0.19))
_FOCAL = (1.0, 10.0)  # focal length over the picture's side, log-uniform: an arm's length to a long tele
_FILL = (0.46, 0.74)  # the longer side of the head's box over the picture's side
_OFFSET = 0.07  # standard deviation of the box's centre, of the picture's side


@dataclass(frozen=True)
class Placement:
    """Where a head is and what camera looks at it; see HeadAnnotation."""

    rotation: np.ndarray  # (3, 3) float64
    translation: np.ndarray  # (3,) float64 metres
    focal: float  # pixels
    principal_point: np.ndarray  # (2,) float64 pixels

    def to_camera(self, vertices: np.ndarray) -> np.ndarray:
        """(N, 3) head space -> (N, 3) camera space, metres."""
        return vertices @ self.rotation.T + self.translation

    def project(self, vertices: np.ndarray) -> np.ndarray:
        """(N, 3) head space -> (N, 2) pixels."""
        points = self.to_camera(vertices)
        return self.focal * points[:, :2] / points[:, 2:] + self.principal_point


@dataclass(frozen=True)
class View:
    """What is drawn before the head is known: pose relative to the ray, camera, and place in the frame."""

    euler: np.ndarray  # (3,) degrees: pitch, yaw, roll relative to the ray through the head
    focal: float  # pixels
    principal_point: np.ndarray  # (2,) pixels
    centre: np.ndarray  # (2,) pixels, of the head's box
    side: float  # pixels, the longer side of the head's box

    @property
    def towards_camera(self) -> tuple[float, float]:
        """Degrees to the head's left and up in which the camera lies, seen from the head."""
        back = _rotation(self.euler).T @ [0.0, 0.0, -1.0]
        across = np.rad2deg(np.arctan2(back[0], back[2]))
        return float(across), float(np.rad2deg(np.arcsin(np.clip(back[1], -1.0, 1.0))))


def sample_view(rng: np.random.Generator, size: int) -> View:
    """size: pixels, the side of the photograph."""
    focal = size * np.exp(rng.uniform(*np.log(_FOCAL)))
    principal_point = np.full(2, size / 2.0)
    if rng.random() < 0.3:  # a part cut from a larger photograph
        principal_point += rng.normal(0.0, 0.35 * size, size=2)
    centre = size * (0.5 + np.clip(rng.normal(0.0, _OFFSET, size=2), -0.15, 0.15))
    return View(_sample_euler(rng), focal, principal_point, centre, size * rng.uniform(*_FILL))


def _sample_euler(rng: np.random.Generator) -> np.ndarray:
    draw = rng.random()
    if draw < YAW_MIXTURE[0][1]:
        yaw = rng.normal(0.0, 25.0)
    elif draw < YAW_MIXTURE[0][1] + YAW_MIXTURE[1][1]:
        yaw = rng.uniform(-100.0, 100.0)
    else:
        yaw = rng.uniform(-180.0, 180.0)
    pitch = rng.normal(0.0, 13.0) if rng.random() < 0.6 else rng.uniform(-55.0, 55.0)
    roll = rng.normal(0.0, 10.0) if rng.random() < 0.7 else rng.uniform(-50.0, 50.0)
    return np.array([np.clip(pitch, -60.0, 60.0), yaw, roll])


def place(view: View, head: np.ndarray) -> Placement:
    """The rotation and translation that bring a head's box to the view's centre and size.

    head: (N, 3) metres, head space: the vertices of the subset `head`.
    """
    ray, depth = view.centre, view.focal * 0.25 / view.side
    for _ in range(3):
        x, y, w, h = bounds(_along(view, ray, depth).project(head))
        ray = ray + view.centre - [x + w / 2.0, y + h / 2.0]
        depth = depth * max(w, h) / view.side
    return _along(view, ray, depth)


def _along(view: View, ray: np.ndarray, depth: float) -> Placement:
    """The head's origin on the ray through a pixel, at a depth in metres, posed relative to that ray."""
    direction = np.append((ray - view.principal_point) / view.focal, 1.0)
    rotation = rotation_to_direction(torch.from_numpy(direction)).numpy() @ _rotation(view.euler)
    return Placement(rotation, depth * direction, view.focal, view.principal_point)


def sample_shoulders(rng: np.random.Generator, view: View) -> np.ndarray:
    """(3, 3) the rotation of the shoulders relative to the head, head space, at most 50 degrees."""
    _, yaw, roll = view.euler
    relative = np.clip(rng.normal(0.0, 15.0) + 0.45 * _wrap(yaw) * (abs(yaw) < 90), -50.0, 50.0)
    upright = np.array([rng.normal(0.0, 5.0), yaw - relative, np.clip(roll, -90, 90) * 0.35 + rng.normal(0.0, 4.0)])
    turn = _rotation(view.euler).T @ _rotation(upright)
    angle = np.arccos(np.clip((np.trace(turn) - 1.0) / 2.0, -1.0, 1.0))
    return _shortened(turn, angle, min(angle, np.deg2rad(50.0)))


def _shortened(rotation: np.ndarray, angle: float, wanted: float) -> np.ndarray:
    if angle < 1e-5:
        return np.eye(3)
    skew = (rotation - rotation.T) / (2.0 * np.sin(angle))
    return np.eye(3) + np.sin(wanted) * skew + (1.0 - np.cos(wanted)) * skew @ skew


def _rotation(euler: np.ndarray) -> np.ndarray:
    return rotation_from_euler(torch.from_numpy(np.asarray(euler, dtype=np.float64))).numpy()


def _wrap(degrees: float) -> float:
    return (degrees + 180.0) % 360.0 - 180.0
