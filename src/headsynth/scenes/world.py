"""The space that a scene's people share, and the one camera in it.

World: metres, x to the picture's right, y up from the ground, z towards the camera's side; the camera stands above the
origin and looks along -z. A person of yaw 0 faces the camera's side.
"""

from dataclasses import dataclass

import numpy as np

from headsynth.rendering.placement import Placement
from trans3dhead.geometry.cameras import project_pinhole


@dataclass(frozen=True)
class SceneCamera:
    """A pinhole camera above the world's origin."""

    rotation: np.ndarray  # (3, 3) world -> camera space (x right, y down, z away)
    height: float  # metres above the ground
    focal: float  # pixels
    principal_point: np.ndarray  # (2,) pixels

    @classmethod
    def held(cls, height: float, pitch: float, roll: float, focal: float, principal_point: np.ndarray) -> "SceneCamera":
        """pitch: degrees downwards; roll: degrees, clockwise in the picture."""
        p, r = np.deg2rad([pitch, roll])
        level = np.array([[1.0, 0.0, 0.0], [0.0, -np.cos(p), np.sin(p)], [0.0, -np.sin(p), -np.cos(p)]])
        about = np.array([[np.cos(r), -np.sin(r), 0.0], [np.sin(r), np.cos(r), 0.0], [0.0, 0.0, 1.0]])
        return cls(about @ level, height, focal, principal_point)

    @property
    def position(self) -> np.ndarray:
        """(3,) metres, world: where the camera stands."""
        return np.array([0.0, self.height, 0.0])

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) world -> (N, 3) camera space, metres."""
        return (points - self.position) @ self.rotation.T

    def project(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) world, before the camera -> (N, 2) pixels."""
        return project_pinhole(self.to_camera(points), self.focal, self.principal_point)

    def placed(self, rotation: np.ndarray, origin: np.ndarray) -> Placement:
        """The placement of something that is turned by (3, 3) and put to (3,) metres of the world."""
        return Placement(self.rotation @ rotation, self.to_camera(origin[None])[0], self.focal, self.principal_point)

    @property
    def identity(self) -> Placement:
        """The placement of things whose vertices are in world space already."""
        return self.placed(np.eye(3), np.zeros(3))

    def directions(self, size: int, side: int) -> np.ndarray:
        """(side · side, 3) float32 world directions, of depth one, through a picture of size pixels seen as `side`."""
        line = (np.arange(side, dtype=np.float32) + 0.5) * np.float32(size / side)
        x, y = np.meshgrid(line, line)
        rays = np.stack((x - self.principal_point[0], y - self.principal_point[1], np.full_like(x, self.focal)), -1)
        return (rays.reshape(-1, 3) / self.focal).astype(np.float32) @ self.rotation.astype(np.float32)
