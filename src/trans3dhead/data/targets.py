"""From compact annotations to what losses and metrics see, for a whole batch at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trans3dhead.data.annotations import HeadAnnotation, Visibility
from trans3dhead.data.batches import TensorBatch
from trans3dhead.geometry.cameras import Pinhole, fit_weak_perspective
from trans3dhead.geometry.rotations import rotation_to_6d, rotation_to_direction
from trans3dhead.head_model import HeadModel, HeadParameters


@dataclass(frozen=True)
class AnnotatedBatch(TensorBatch):
    """Crops and the compact labels of the heads in them; float32 but for the crops and the flags."""

    crops: Tensor  # (B, 3, S, S) uint8 RGB
    shape: Tensor  # (B, S) coefficients
    expression: Tensor  # (B, E) coefficients
    rotation: Tensor  # (B, 3, 3) head space -> camera space of the photograph
    translation: Tensor  # (B, 3) metres, camera space of the photograph
    focal: Tensor  # (B,) pixels of the photograph
    principal_point: Tensor  # (B, 2) pixels of the photograph
    box: Tensor  # (B, 4) [x, y, w, h] pixels of the photograph
    affine: Tensor  # (B, 2, 3) pixels of the photograph -> crop units
    landmark_visibility: Tensor  # (B, 68) uint8 of Visibility, before augmentation; VISIBLE where it is not known


@dataclass(frozen=True)
class MeshBatch(TensorBatch):
    """Crops and the meshes of the heads in them, as DAD-3DHeads has them; float32 but for the crops."""

    crops: Tensor  # (B, 3, S, S) uint8 RGB
    vertices: Tensor  # (B, V, 3) metres, head space
    rotation: Tensor  # (B, 3, 3) head space -> camera space of the photograph
    projection: Tensor  # (B, 3, 4) head space -> homogeneous crop units
    box: Tensor  # (B, 4) [x, y, w, h] pixels of the photograph
    affine: Tensor  # (B, 2, 3) pixels of the photograph -> crop units


Batch = AnnotatedBatch | MeshBatch


@dataclass(frozen=True)
class Targets:
    """The labels of a batch of crops; crop units are pixels / S, [0, 1] inside."""

    vertices: Tensor  # (B, V, 3) metres, head space, zero rotation
    rotation: Tensor  # (B, 3, 3) head space -> camera that looks at the face (of a MeshBatch: the photograph's own
    # camera), turned as the crop is
    projected: Tensor  # (B, V, 2) crop units: the true perspective projections
    landmarks: Tensor  # (B, 68, 2) crop units
    landmark_mask: Tensor  # (B, 68) bool: inside the crop
    landmark_visibility: Tensor  # (B, 68) uint8 of Visibility, in the photograph, as AnnotatedBatch has it
    shape: Tensor  # (B, S) coefficients
    expression: Tensor  # (B, E) coefficients
    has_coefficients: Tensor  # (B,) bool: shape and expression are known
    parameters: Tensor  # (B, P) the whole vector in the order of ParametersLayout, with the best weak-perspective s, t
    box_size: Tensor  # (B,) crop units: the root of the head box's area, by which NME is divided

    def __len__(self) -> int:
        return len(self.rotation)


def crop_rotation(camera: Pinhole, affine: Tensor, face: Tensor) -> Tensor:
    """(B, 2, 3) photograph pixels -> crop units; (B, 3, 3) camera space -> the space of the crop's own camera.

    The crop's camera looks along the ray through `face`, (B, 2) pixels of the photograph, turned there by the smallest
    rotation, then about its axis as the crop is turned in the photograph's plane: Rz(roll) · R_rayᵀ. Something small
    at `face` then projects into the crop by scale and translation alone, up to terms of second order in the ray's
    angle. Labels look at the middle of the 68 landmarks: the rotation is then, to a third of a degree on average, that
    of the weak-perspective camera which fits the landmarks best, as annotated poses of photographs are found. The
    middle of the head is 2.4 degrees higher from a metre away.
    """
    return _turn(affine) @ rotation_to_direction(camera.ray(face)).transpose(1, 2)


def rotations_towards(heads: Sequence[HeadAnnotation], faces: np.ndarray) -> np.ndarray:
    """The rotations of heads relative to cameras that look at their faces, as the labels of a crop have them.

    faces: (N, 2) pixels of the photographs -> (N, 3, 3) float64, head space -> those cameras, which are not turned
    about their axes: see `crop_rotation`.
    """
    focal, principal, rotations = (
        torch.from_numpy(np.array([getattr(head, name) for head in heads], dtype=np.float64))
        for name in ("focal", "principal_point", "rotation")
    )
    upright = torch.eye(2, 3, dtype=torch.float64).expand(len(heads), 2, 3)
    turn = crop_rotation(Pinhole(focal, principal), upright, torch.from_numpy(faces))
    return (turn @ rotations).numpy()


@torch.no_grad()
def targets_from_annotations(batch: Batch, head_model: HeadModel) -> Targets:
    """The labels of a batch: vertices, true projections, and the best weak-perspective camera of each crop."""
    return _from_meshes(batch, head_model) if isinstance(batch, MeshBatch) else _from_parameters(batch, head_model)


def _from_parameters(batch: AnnotatedBatch, head_model: HeadModel) -> Targets:
    """The labels of heads whose coefficients and pinhole camera are known."""
    camera = Pinhole(batch.focal, batch.principal_point)
    vertices = head_model(batch.shape, batch.expression)
    turned = vertices @ batch.rotation.transpose(1, 2) + batch.translation[:, None]
    projected = _to_crop(camera.project(turned), batch.affine)
    landmarks = camera.project(head_model.landmarks(turned))
    rotation = crop_rotation(camera, batch.affine, landmarks.mean(dim=1)) @ batch.rotation
    landmarks = _to_crop(landmarks, batch.affine)
    return Targets(
        vertices=vertices,
        rotation=rotation,
        projected=projected,
        landmarks=landmarks,
        landmark_mask=_inside(landmarks),
        landmark_visibility=batch.landmark_visibility,
        shape=batch.shape,
        expression=batch.expression,
        has_coefficients=torch.ones(len(batch), dtype=torch.bool, device=batch.shape.device),
        parameters=_whole_vector(batch.shape, batch.expression, vertices, rotation, projected, head_model),
        box_size=_box_size(batch),
    )


def _from_meshes(batch: MeshBatch, head_model: HeadModel) -> Targets:
    """The labels of heads of which the mesh is known, and no coefficients."""
    vertices, layout = batch.vertices, head_model.layout
    projected, landmarks = (
        _dehomogenised(points @ batch.projection[:, :, :3].transpose(1, 2) + batch.projection[:, None, :, 3])
        for points in (vertices, head_model.landmarks(vertices))
    )
    rotation = _turn(batch.affine) @ batch.rotation
    shape, expression = (vertices.new_zeros(len(batch), width) for width in (layout.shape, layout.expression))
    mask = _inside(landmarks)
    return Targets(
        vertices=vertices,
        rotation=rotation,
        projected=projected,
        landmarks=landmarks,
        landmark_mask=mask,
        landmark_visibility=torch.full_like(mask, Visibility.VISIBLE, dtype=torch.uint8),
        shape=shape,
        expression=expression,
        has_coefficients=torch.zeros(len(batch), dtype=torch.bool, device=vertices.device),
        parameters=_whole_vector(shape, expression, vertices, rotation, projected, head_model),
        box_size=_box_size(batch),
    )


def _whole_vector(
    shape: Tensor, expression: Tensor, vertices: Tensor, rotation: Tensor, projected: Tensor, head_model: HeadModel
) -> Tensor:
    """(B, P) with the weak-perspective camera that brings the head nearest to its true projection."""
    head = head_model.subsets["head"]
    weak = fit_weak_perspective(vertices[:, head], rotation, projected[:, head])
    jaw = shape.new_zeros(len(shape), head_model.layout.jaw)
    return head_model.layout.pack(
        HeadParameters(shape, expression, jaw, rotation_to_6d(rotation), weak.translation, weak.scale)
    )


def _turn(affine: Tensor) -> Tensor:
    """(B, 2, 3) photograph pixels -> crop units; (B, 3, 3) how the crop is turned in the photograph's plane."""
    linear = affine[:, :, :2]
    turn = torch.zeros_like(affine[:, :1, :1]).repeat(1, 3, 3)
    turn[:, :2, :2] = linear / torch.linalg.det(linear).sqrt()[:, None, None]
    turn[:, 2, 2] = 1.0
    return turn


def _inside(landmarks: Tensor) -> Tensor:
    """(B, N, 2) crop units -> (B, N) bool: inside the crop."""
    return ((landmarks >= 0) & (landmarks <= 1)).all(dim=-1)


def _box_size(batch: Batch) -> Tensor:
    """(B,) crop units: the root of the head box's area."""
    return torch.linalg.det(batch.affine[:, :, :2]).sqrt() * batch.box[:, 2:].prod(dim=-1).sqrt()


def _dehomogenised(points: Tensor) -> Tensor:
    """(..., 3) homogeneous coordinates -> (..., 2)."""
    return points[..., :2] / points[..., 2:]


def _to_crop(pixels: Tensor, affine: Tensor) -> Tensor:
    """(B, N, 2) pixels of the photographs, (B, 2, 3) -> (B, N, 2) crop units."""
    return pixels @ affine[:, :, :2].transpose(1, 2) + affine[:, None, :, 2]
