"""What follows from a head's parameters, rotation and camera through the head model."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.matrices import euler_from_matrix
from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.camera_and_pose import Camera, Parameters, Pose


@dataclass(frozen=True, eq=False)
class PosedMesh:
    """A head's mesh on a photograph, as `Head` has it."""

    vertices: np.ndarray  # (V, 3) metres, head space
    projected: np.ndarray  # (V, 2) pixels
    box: np.ndarray  # (4,) [x, y, w, h] pixels: the bounds of the projected head
    pose: Pose

    @classmethod
    def of(
        cls, head_model: NumpyHeadModel, parameters: Parameters, rotation: np.ndarray, camera: Camera
    ) -> "PosedMesh":
        """rotation: (3, 3) head space -> camera space, which counts in place of the parameters' own."""
        vector = np.zeros((1, head_model.layout.size), np.float32)
        for name, part in head_model.layout.split(vector).items():
            part[0] = getattr(parameters, name)
        vertices = head_model.vertices(vector)[0]
        projected = camera.project(vertices, rotation)
        pitch, yaw, roll = euler_from_matrix(rotation).tolist()
        return cls(vertices, projected, bounds(projected[head_model.subsets["head"]]), Pose(pitch, yaw, roll, rotation))
