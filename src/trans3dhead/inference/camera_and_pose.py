"""How a head stands before the camera, and the numbers that the network says of it, as numpy values."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.matrices import euler_from_matrix
from trans3dhead.head_model.layout import ParametersLayout


@dataclass(frozen=True, eq=False)
class Pose:
    """Where the head looks, seen from the camera."""

    pitch: float  # degrees, > 0 looks up
    yaw: float  # degrees, > 0 turns the face to the image's left
    roll: float  # degrees, > 0 is clockwise in the image
    rotation: np.ndarray  # (3, 3) head space -> camera space (x right, y down, z away from the camera)

    @classmethod
    def of(cls, rotation: np.ndarray) -> "Pose":
        """The pose whose rotation this is, (3, 3)."""
        pitch, yaw, roll = euler_from_matrix(rotation).tolist()
        return cls(pitch, yaw, roll, rotation)


@dataclass(frozen=True, eq=False)
class Camera:
    """The weak-perspective camera that puts the mesh on the photograph: p = scale · (R v)_xy + translation."""

    scale: float  # pixels of the photograph for each metre
    translation: np.ndarray  # (2,) pixels of the photograph: where the origin of head space falls

    @classmethod
    def of(cls, parameters: "Parameters", crop: Crop) -> "Camera":
        """The camera that a network says of a crop, in pixels of the photograph."""
        translation, scale = (part.astype(np.float64)[None] for part in (parameters.translation, parameters.scale))
        camera = WeakPerspective(np.eye(3)[None], translation, scale)  # the turn does not matter here
        pixels = crop.size / crop.zoom  # of the photograph in a crop unit
        return cls(float(camera.metre[0]) * pixels, crop.to_photograph(camera.origin[0] * crop.size))

    @classmethod
    def fitted(cls, points: np.ndarray, projected: np.ndarray) -> "Camera":
        """The camera that brings points nearest to where they are seen, least squares.

        points: (N, 3) metres, camera axes, as the pose's rotation turns them; projected: (N, 2) pixels.
        """
        flat, middle = points[:, :2] - points[:, :2].mean(axis=0), projected.mean(axis=0)
        scale = float((flat * (projected - middle)).sum() / (flat**2).sum())
        return cls(scale, middle - scale * points[:, :2].mean(axis=0))

    def in_crop(self, crop: Crop) -> tuple[np.ndarray, np.ndarray]:
        """The translation (2,) and scale (1,) that a network says of it in a crop; the inverse of `of`."""
        origin = crop.to_crop(self.translation) / crop.size
        return 2.0 * origin - 1.0, np.array([2.0 * self.scale * crop.zoom / crop.size - 1.0])

    def project(self, points: np.ndarray, rotation: np.ndarray) -> np.ndarray:
        """(..., 3) metres, head space; (3, 3) the pose's rotation -> (..., 2) pixels of the photograph."""
        return self.scale * points @ rotation[:2].T + self.translation


@dataclass(frozen=True, eq=False)
class Parameters:
    """The network's parameters of one head by name, as numpy arrays; the expression inside its bounds."""

    shape: np.ndarray  # (S,) standard deviations of the head model's components
    expression: np.ndarray  # (E,) coefficients of the head model's expressions
    jaw: np.ndarray  # (3,) axis-angle, radians, or (0,) for a head model without a jaw joint
    rotation: np.ndarray  # (6,) 6D, see geometry.rotations
    translation: np.ndarray  # (3,) in halves of the crop's side; `Camera` has it in pixels of the photograph
    scale: np.ndarray  # (1,) likewise

    @classmethod
    def of(cls, vector: np.ndarray, layout: ParametersLayout) -> "Parameters":
        """The parameters of a head model's vector, (P,), as copies; the inverse of `vector`."""
        return cls(**{name: part.copy() for name, part in layout.split(vector).items()})

    def vector(self, layout: ParametersLayout) -> np.ndarray:
        """(P,) float32, in the order of the head model's layout; the inverse of `of`."""
        vector = np.zeros(layout.size, np.float32)
        for name, part in layout.split(vector).items():
            part[:] = getattr(self, name)
        return vector
