"""A head before a pinhole camera, in metres, from how a weak-perspective camera sees it."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.geometry.cameras import project_pinhole
from trans3dhead.geometry.matrices import matrix_to_direction
from trans3dhead.inference.camera_and_pose import Camera
from trans3dhead.inference.lens import Lens

_STEPS, _PRECISION = 50, 1e-8  # at most; of the distance, relative
_CLOSER = 0.5  # a step leaves so much of the way from the camera to the head's nearest point, at least


@dataclass(frozen=True, eq=False)
class PerspectiveCamera:
    """The camera that sees the head: p = focal length · (x, y) / z + principal point, of R v + T."""

    lens: Lens
    rotation: np.ndarray  # (3, 3) head space -> camera space; to the camera's own axis, not to the line of sight
    translation: np.ndarray  # (3,) metres, camera space: where the origin of head space is

    @property
    def distance(self) -> float:
        """Metres from the camera to the origin of head space, inside the skull."""
        return float(np.linalg.norm(self.translation))

    def in_camera_space(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) metres, head space -> (..., 3) metres, camera space: x right, y down, z away from the camera."""
        return points @ self.rotation.T + self.translation

    def project(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) metres, head space -> (..., 2) pixels of the photograph."""
        return project_pinhole(self.in_camera_space(points), self.lens.focal_length, self.lens.principal_point)


def in_perspective(
    vertices: np.ndarray, seen: np.ndarray, camera: Camera, face: np.ndarray, lens: Lens
) -> PerspectiveCamera:
    """The place of a head before a lens from which a weak-perspective camera fits it as `camera` does.

    vertices: (N, 3) metres, head space, those of the subset "head"; seen: (3, 3) the rotation relative to the line of
    sight through the face, as `Pose` has it; face: (2,) pixels, the middle of the 68 landmarks. Networks are taught the
    least-squares fit to the true projections, so this is the inverse of how their labels are made.
    """
    vertices, seen = vertices.astype(np.float64), seen.astype(np.float64)
    ray = np.append((face - lens.principal_point) / lens.focal_length, 1.0)
    rotation = matrix_to_direction(ray) @ seen
    turned, flat = vertices @ rotation.T, vertices @ seen[:2].T
    nearest = -float(turned[:, 2].min())  # metres from the head's origin towards the camera
    depth = nearest + lens.focal_length / camera.scale
    place = np.append((camera.translation - lens.principal_point) / camera.scale, depth)
    for _ in range(_STEPS):
        fitted = Camera.fitted(flat, project_pinhole(turned + place, lens.focal_length, lens.principal_point))
        depth = max(place[2] * fitted.scale / camera.scale, nearest + _CLOSER * (place[2] - nearest))
        shift = (camera.translation - fitted.translation) * place[2] / lens.focal_length
        step = np.append(shift, depth - place[2])
        place = place + step
        if np.abs(step).max() < _PRECISION * place[2]:
            break
    return PerspectiveCamera(lens, rotation, place)
