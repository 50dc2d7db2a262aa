"""Shaded pictures of a head with its landmarks or subsets drawn on it, for the documentation and for judging by eye."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from trans3dhead.geometry.matrices import axis_rotation
from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.images import draw_dots

_SKIN = np.array([205.0, 190.0, 180.0])
_LIGHTS = np.array([[0.35, 0.5, 0.8], [-0.7, 0.2, 0.4]])  # in the camera's axes: x right, y up, z towards the camera
_STRENGTHS = np.array([0.7, 0.25])
_AMBIENT = 0.18


@dataclass(frozen=True)
class View:
    """An orthographic camera turned about the head: yaw > 0 shows its left side, pitch > 0 looks from below."""

    yaw: float = 0.0  # degrees
    pitch: float = 0.0  # degrees
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)  # metres, head space
    height: float = 0.30  # metres that the picture spans
    size: int = 500  # pixels

    @property
    def rotation(self) -> np.ndarray:
        """(3, 3) head space -> camera axes x right, y up, z towards the camera."""
        return axis_rotation("x", -self.pitch) @ axis_rotation("y", -self.yaw)

    def project(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) metres, head space -> (..., 3): pixels x, y, and depth towards the camera in metres."""
        turned = (points - np.asarray(self.centre)) @ self.rotation.T
        zoom = self.size / self.height
        x, y = self.size / 2 + zoom * turned[..., 0], self.size / 2 - zoom * turned[..., 1]
        return np.stack((x, y, turned[..., 2]), axis=-1)


def shade(vertices: np.ndarray, triangles: np.ndarray, view: View, colours: np.ndarray | None = None) -> np.ndarray:
    """Ray-cast picture of a mesh, (size, size, 3) uint8 RGB on white; colours: (V, 3) 0..255."""
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    colours = np.broadcast_to(_SKIN, vertices.shape) if colours is None else colours
    turned = view.project(vertices).astype(np.float32)
    scene = EmbreeScene()
    TriangleMesh(scene, np.ascontiguousarray(turned[triangles]))
    rows, columns = np.mgrid[0 : view.size, 0 : view.size] + 0.5
    origins = np.stack((columns.ravel(), rows.ravel(), np.full(rows.size, 1.0)), axis=1).astype(np.float32)
    hits = scene.run(origins, np.tile(np.array([0, 0, -1], dtype=np.float32), (len(origins), 1)), output=1)
    seen = np.flatnonzero(hits["primID"] >= 0)
    corners = triangles[hits["primID"][seen]]
    weights = np.stack((1 - hits["u"] - hits["v"], hits["u"], hits["v"]), axis=1)[seen, :, None]
    normals = (vertex_normals(vertices, triangles)[corners] * weights).sum(axis=1) @ view.rotation.T
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    lights = _LIGHTS / np.linalg.norm(_LIGHTS, axis=1, keepdims=True)
    light = _AMBIENT + np.clip(normals @ lights.T, 0, None) @ _STRENGTHS
    picture = np.full((rows.size, 3), 255.0)
    picture[seen] = (colours[corners] * weights).sum(axis=1) * light[:, None]
    return np.clip(picture, 0, 255).astype(np.uint8).reshape(view.size, view.size, 3)


def draw_points(
    picture: np.ndarray,
    points: np.ndarray,
    view: View,
    colour: tuple[int, int, int],
    numbers: Sequence[int] | None = None,
) -> None:
    """Draw (N, 3) points of head space on a picture, in place, hidden ones too, each with its number if given."""
    for index, (x, y, _) in enumerate(view.project(points)):
        draw_dots(picture, np.array([[x, y]]), colour, radius=2.5)
        if numbers is not None:
            place = (int(x) + 4, int(y) - 3)
            cv2.putText(picture, str(numbers[index]), place, cv2.FONT_HERSHEY_SIMPLEX, 0.33, colour, 1, cv2.LINE_AA)
