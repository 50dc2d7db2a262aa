"""What the user gets for each head of a photograph."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trans3dhead.geometry.boxes import iou
from trans3dhead.head_model import HeadModel

DOUBTFUL_ANGLE = 60.0  # degrees between the network's rotation and the detector's from which a head is doubtful
DOUBTFUL_FACTOR = 0.5  # of its score: a doubtful head ranks behind every one that the detector is half as sure of
LEAST_AGREEMENT = 0.3  # of a result that is believed; what it parts is measured in docs/using.md
CONFIRMING_AGREEMENT = 0.4  # of a result that makes a head of a box of which the detector is not certain
_TOLERANCE = 0.05  # distance of the two sets of landmarks, in units of the box's size, at which agreement is 1/e


@dataclass(frozen=True, eq=False)
class Pose:
    """Where the head looks, seen from the camera."""

    pitch: float  # degrees, > 0 looks up
    yaw: float  # degrees, > 0 turns the face to the image's left
    roll: float  # degrees, > 0 is clockwise in the image
    rotation: np.ndarray  # (3, 3) head space -> camera space (x right, y down, z away from the camera)


@dataclass(frozen=True, eq=False)
class Camera:
    """The weak-perspective camera that puts the mesh on the photograph: p = scale · (R v)_xy + translation."""

    scale: float  # pixels of the photograph for each metre
    translation: np.ndarray  # (2,) pixels of the photograph: where the origin of head space falls

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


@dataclass(frozen=True, eq=False)
class Head:
    """One head of a photograph. Image coordinates: pixels of the photograph, (0, 0) the corner of its first pixel."""

    box: np.ndarray  # (4,) [x, y, w, h] pixels: the bounds of the projected head, without neck and hair
    score: float  # the detector's, 0..1, times DOUBTFUL_FACTOR where it is doubtful; 1 for a box that was given
    landmarks: np.ndarray  # (68, 2) pixels, iBUG order, from the network's landmark branch
    vertices: np.ndarray  # (V, 3) metres, head space, zero rotation
    projected: np.ndarray  # (V, 2) pixels: the vertices on the photograph
    pose: Pose
    camera: Camera
    parameters: Parameters
    head_model: HeadModel = field(repr=False)
    landmark_spread: np.ndarray | None = None  # (68,) pixels: the standard deviation of x and of y; None: not said
    rotation_check: float | None = None  # degrees from the pose to the detector's coarse rotation; None: it gave none

    @property
    def doubtful(self) -> bool:
        """Whether network and detector see the head turned too differently for both to be right."""
        return self.rotation_check is not None and self.rotation_check > DOUBTFUL_ANGLE

    @property
    def blendshapes(self) -> dict[str, float]:
        """Expression weights by name, 0..1: ARKit's 52 for the default head model; empty where they have no names."""
        names = self.head_model.expression_names
        return dict(zip(names, self.parameters.expression.tolist(), strict=True)) if names else {}

    def save(self, path: str | Path) -> None:
        """Write the mesh in head space (metres, y up), in the format of the suffix: .glb, .obj, .ply or .npz.

        See `trans3dhead.inference.output.mesh_files` for what each holds. Raises ValueError for another suffix.
        """
        from trans3dhead.inference.output.mesh_files import save_head

        save_head(self, Path(path))

    def to_json(self) -> dict[str, Any]:
        """Everything but the mesh as plain numbers: pixels of the photograph, degrees."""
        pose = {"pitch": self.pose.pitch, "yaw": self.pose.yaw, "roll": self.pose.roll}
        camera = {"type": "weak_perspective", "scale": self.camera.scale}
        spread = {} if self.landmark_spread is None else {"landmark_spread": self.landmark_spread.tolist()}
        check = {"rotation_check": self.rotation_check, "doubtful": self.doubtful}
        return {
            "box": self.box.tolist(),
            "score": self.score,
            **({} if self.rotation_check is None else check),
            "landmarks_2d": self.landmarks.tolist(),
            **spread,
            "pose": pose | {"rotation_matrix": self.pose.rotation.tolist()},
            "camera": camera | {"translation": self.camera.translation.tolist()},
            "parameters": {f.name: getattr(self.parameters, f.name).tolist() for f in fields(self.parameters)},
            "blendshapes": self.blendshapes,
        }


def agreement(head: Head, box: np.ndarray) -> float:
    """How well a result agrees with itself and with the box (4,) [x, y, w, h] that it was given, 0..1.

    The overlap (IoU) of that box with the one that the result implies, times exp(-d / 0.05): d is the mean distance
    between the landmark branch's points and those of the projected mesh, over the root of the box's area. The network
    says both independently; where there is no head they part.
    """
    mesh = head.head_model.landmarks(torch.from_numpy(head.projected)[None].float())[0].cpu().double().numpy()
    distance = np.linalg.norm(mesh - head.landmarks, axis=1).mean() / np.sqrt(max(head.box[2:].prod(), 1e-9))
    return float(iou(box, head.box) * np.exp(-distance / _TOLERANCE))
