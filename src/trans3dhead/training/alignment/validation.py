"""What validation measures: pure functions of a prediction and its targets, one value for each head."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from trans3dhead.data.targets import Targets
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.rotations import euler_from_rotation, rotation_from_6d
from trans3dhead.head_model import HeadModel
from trans3dhead.metrics.alignment import euler_error, geodesic_error, nme, pose_error, vertex_error
from trans3dhead.networks.alignment import Prediction


@dataclass(frozen=True)
class HeadMetrics:
    """(B,) each; errors of a batch of heads against their labels."""

    nme: Tensor  # percent of the root of the head box's area: the landmark branch, or the mesh where there is none
    nme_mesh: Tensor  # percent: the landmarks of the predicted mesh, projected
    pose_error: Tensor  # Frobenius norm of I - R_pred · R_gtᵀ
    geodesic: Tensor  # degrees
    pitch: Tensor  # degrees, absolute, wrapped
    yaw: Tensor
    roll: Tensor
    vertices: Tensor  # millimetres, mean over the mesh, head space
    expression: Tensor  # mean absolute error of the coefficients, clamped to their bounds
    true_yaw: Tensor  # degrees

    def cpu(self) -> "HeadMetrics":
        """The same errors on the CPU."""
        return HeadMetrics(*(getattr(self, entry.name).cpu() for entry in fields(self)))


def head_metrics(prediction: Prediction, targets: Targets, head_model: HeadModel) -> HeadMetrics:
    """All metrics of a batch, in float32."""
    parameters = head_model.clamp(head_model.layout.unpack(prediction.parameters.float()))
    rotation = rotation_from_6d(parameters.rotation)
    vertices = head_model.vertices(parameters)
    projected = WeakPerspective(rotation, parameters.translation, parameters.scale).project(vertices)
    mesh_landmarks = head_model.landmarks(projected)
    landmarks = mesh_landmarks if prediction.landmarks is None else prediction.landmarks.float()
    box = torch.stack((*(torch.zeros_like(targets.box_size),) * 2, targets.box_size, targets.box_size), dim=-1)
    truth = euler_from_rotation(targets.rotation)
    pitch, yaw, roll = euler_error(rotation, truth).unbind(-1)
    return HeadMetrics(
        nme=nme(landmarks, targets.landmarks, box),
        nme_mesh=nme(mesh_landmarks, targets.landmarks, box),
        pose_error=pose_error(rotation, targets.rotation),
        geodesic=geodesic_error(rotation, targets.rotation),
        pitch=pitch,
        yaw=yaw,
        roll=roll,
        vertices=vertex_error(vertices, targets.vertices),
        expression=(parameters.expression - targets.expression).abs().mean(dim=-1),
        true_yaw=truth[:, 1],
    )


# Groups of heads by the size of their yaw, degrees.
YAW_GROUPS = {"frontal": (0.0, 30.0), "half": (30.0, 60.0), "profile": (60.0, 99.0), "behind": (99.0, 181.0)}


def summarise(parts: Sequence[HeadMetrics]) -> dict[str, float]:
    """Means over all heads, under the names of the fields; pose and NME by groups of yaw too (NaN: no such head)."""
    whole = HeadMetrics(*(torch.cat([getattr(p, f.name) for p in parts]) for f in fields(HeadMetrics)))
    means = {f.name: getattr(whole, f.name).mean().item() for f in fields(HeadMetrics) if f.name != "true_yaw"}
    means["euler"] = (means["pitch"] + means["yaw"] + means["roll"]) / 3
    for group, (low, high) in YAW_GROUPS.items():
        chosen = (whole.true_yaw.abs() >= low) & (whole.true_yaw.abs() < high)
        means[f"geodesic_{group}"] = whole.geodesic[chosen].mean().item()
        means[f"nme_{group}"] = whole.nme[chosen].mean().item()
    return means
