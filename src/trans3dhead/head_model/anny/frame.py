"""The fixed pitch between Anny's frame and AFLW2000-3D's, from geometry."""

import json
from pathlib import Path

import numpy as np
import torch

from trans3dhead.geometry.matrices import Y_UP, axis_rotation
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR

INNER = slice(17, 68)  # brows, nose, eyes and lips


def pitch_matrix(degrees: float) -> np.ndarray:
    """(3, 3) the turn of head-space points that makes a head look up by so many degrees."""
    return axis_rotation("x", -degrees)


def mean_unrotated_landmarks(annotations: Path) -> np.ndarray:
    """(68, 3) the mean face of annotated heads in their own zero pose: head axes, inner 51 centred, of unit RMS size.

    annotations: the JSON list with `pose` (degrees) and `landmarks_68` (x right, y down, z towards the camera). Each
    head is un-rotated by its own pose, centred and scaled on the inner 51 points, and averaged with its mirror image.
    """
    faces = []
    for row in json.loads(annotations.read_text()):
        euler = torch.tensor([row["pose"][key] for key in ("pitch", "yaw", "roll")], dtype=torch.float64)
        towards_camera = Y_UP @ rotation_from_euler(euler).numpy()  # head -> y up, z towards the camera
        points = np.array(row["landmarks_68"]) * [1, -1, 1] @ towards_camera
        points = points - points[INNER].mean(axis=0)
        faces.append(points / np.sqrt((points[INNER] ** 2).sum(axis=1).mean()))
    mean = np.mean(faces, axis=0)
    return (mean + mean[list(LANDMARK_MIRROR)] * [-1, 1, 1]) / 2


def pitch_between(landmarks: np.ndarray, reference: np.ndarray) -> float:
    """Degrees by which `landmarks` must look up for their inner 51 to agree best with the reference's.

    Both (68, 3) in head axes, mirror-symmetric, any position and size; least squares about the x axis alone.
    """
    ours, theirs = landmarks[INNER], reference[INNER]
    ours, theirs = ours - ours.mean(axis=0), theirs - theirs.mean(axis=0)
    cosine = (ours[:, 1:] * theirs[:, 1:]).sum()
    sine = (ours[:, 2] * theirs[:, 1] - ours[:, 1] * theirs[:, 2]).sum()
    return float(np.rad2deg(np.arctan2(sine, cosine)))
