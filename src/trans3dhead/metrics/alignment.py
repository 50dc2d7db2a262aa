"""The metrics, one value for each sample, so that a mean is over samples and not over batches."""

import torch
from torch import Tensor

from trans3dhead.geometry.rotations import angle_between, equivalent_euler, euler_from_rotation, wrap_degrees


def nme(predicted: Tensor, target: Tensor, box: Tensor) -> Tensor:
    """Normalised mean error, percent: the mean distance of the points over the square root of the box's area.

    predicted, target: (B, N, 2) pixels; box: (B, 4) [x, y, w, h] pixels -> (B,).
    """
    distance = (predicted - target).norm(dim=-1).mean(dim=-1)
    return 100.0 * distance / box[:, 2:].prod(dim=-1).sqrt()


def tight_box(points: Tensor) -> Tensor:
    """(B, N, 2) pixels -> (B, 4) [x, y, w, h]: the box by which AFLW2000-3D's NME is normalised."""
    low, high = points.amin(dim=1), points.amax(dim=1)
    return torch.cat((low, high - low), dim=-1)


def euler_error(predicted: Tensor, target: Tensor) -> Tensor:
    """Absolute pitch, yaw, roll differences. (B, 3, 3) rotations against (B, 3) degrees -> (B, 3) degrees, wrapped."""
    return wrap_degrees(euler_from_rotation(predicted) - target).abs()


def nearer_triple_error(predicted: Tensor, target: Tensor) -> Tensor:
    """Absolute pitch, yaw, roll differences, wrapped, of the predicted angles or of their equivalent triple.

    (B, 3) degrees twice -> (B, 3) degrees, of the triple whose mean difference is smaller. Two triples name each
    rotation; near a profile, which of them a data set or a system writes down is a habit, and says nothing of the head.
    """
    as_given = wrap_degrees(predicted - target).abs()
    other = wrap_degrees(equivalent_euler(predicted) - target).abs()
    return torch.where(as_given.mean(dim=-1, keepdim=True) <= other.mean(dim=-1, keepdim=True), as_given, other)


def pose_error(predicted: Tensor, target: Tensor) -> Tensor:
    """DAD-3DHeads' pose error: the Frobenius norm of I - R_pred · R_gtᵀ. (B, 3, 3) twice -> (B,), 0 to 2·sqrt(2)."""
    identity = torch.eye(3, dtype=predicted.dtype, device=predicted.device)
    return (identity - predicted @ target.transpose(1, 2)).flatten(1).norm(dim=1)


def geodesic_error(predicted: Tensor, target: Tensor) -> Tensor:
    """The angle of the rotation between the two. (B, 3, 3) rotations twice -> (B,) degrees, 0 to 180."""
    return angle_between(predicted, target)


def vertex_error(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean distance of corresponding vertices. (B, V, 3) metres twice -> (B,) millimetres."""
    return 1000.0 * (predicted - target).norm(dim=-1).mean(dim=-1)
