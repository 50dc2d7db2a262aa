"""A batch of aligned heads in their crops, as arrays."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.matrices import euler_from_matrix, matrix_from_6d
from trans3dhead.head_model import NumpyHeadModel


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network says of a batch of crops. Crop units: pixels of the crop over its side, (0, 0) its corner."""

    landmarks: np.ndarray | None  # (B, 68, 2) crop units; None: the network has no landmark branch
    spread: np.ndarray | None  # (B, 68) crop units, the standard deviation of x and of y; None: not said
    parameters: np.ndarray  # (B, P) in the order of the layout, the expression inside its bounds


@dataclass(frozen=True, eq=False)
class AlignedHeads:
    """What is known of each head of a batch. Crop units: pixels of the crop over its side, (0, 0) its corner."""

    landmarks: np.ndarray  # (B, 68, 2) crop units
    spread: np.ndarray | None  # (B, 68) crop units, the standard deviation of x and of y; None: not said
    parameters: np.ndarray  # (B, P) in the order of the layout, the expression inside its bounds
    rotation: np.ndarray  # (B, 3, 3) head space -> camera space
    euler: np.ndarray  # (B, 3) degrees: pitch, yaw, roll
    vertices: np.ndarray  # (B, V, 3) metres, head space
    projected: np.ndarray  # (B, V, 2) crop units
    box: np.ndarray  # (B, 4) crop units, [x, y, w, h]: the bounds of the projected head


def posed(
    head_model: NumpyHeadModel, landmarks: np.ndarray | None, spread: np.ndarray | None, parameters: np.ndarray
) -> AlignedHeads:
    """The heads of (B, P) parameters, as a network answers them; `CropNetwork` is the same in a graph.

    landmarks: (B, 68, 2) crop units; None: those of the mesh.
    """
    parameters = head_model.clamped(parameters)
    parts = head_model.layout.split(parameters)
    vertices = head_model.vertices(parameters)
    rotation = np.array([matrix_from_6d(six) for six in parts["rotation"]]).reshape(-1, 3, 3).astype(vertices.dtype)
    projected = WeakPerspective(rotation, parts["translation"], parts["scale"]).project(vertices)
    euler = np.array([euler_from_matrix(matrix) for matrix in rotation]).reshape(-1, 3)
    if landmarks is None:
        landmarks = head_model.landmarks(projected)
    box = bounds(projected[:, head_model.subsets["head"]])
    return AlignedHeads(landmarks, spread, parameters, rotation, euler, vertices, projected, box)
