"""Linear blend skinning with pose correctives: pure functions on tensors."""

import torch
from torch import Tensor


def rotation_from_axis_angle(axis_angle: Tensor) -> Tensor:
    """(..., 3) radians -> (..., 3, 3), by Rodrigues' formula; smooth at zero, where its gradient is the generators."""
    squared = axis_angle.square().sum(dim=-1)[..., None, None]
    small = squared < 1e-4  # the series below is exact to 1e-13 there
    angle = torch.where(small, torch.ones_like(squared), squared).sqrt()
    series_sine = 1 - squared / 6 * (1 - squared / 20 * (1 - squared / 42))
    series_cosine = 0.5 - squared / 24 * (1 - squared / 30 * (1 - squared / 56))
    sine = torch.where(small, series_sine, torch.sin(angle) / angle)
    cosine = torch.where(small, series_cosine, (1 - torch.cos(angle)) / angle.square())
    x, y, z = axis_angle.unbind(-1)
    zero = torch.zeros_like(x)
    generator = torch.stack((zero, -z, y, z, zero, -x, -y, x, zero), dim=-1).unflatten(-1, (3, 3))
    return torch.eye(3, dtype=x.dtype, device=x.device) + sine * generator + cosine * generator @ generator


def pose_features(rotations: Tensor) -> Tensor:
    """(B, J, 3, 3) -> (B, 9 (J - 1)): how far each joint but the root is from rest, R - I, flattened row by row."""
    return (rotations[:, 1:] - torch.eye(3, dtype=rotations.dtype, device=rotations.device)).flatten(1)


def joint_transforms(rotations: Tensor, joints: Tensor, parents: list[int]) -> Tensor:
    """The motion of each joint's frame from rest, down the tree.

    rotations: (B, J, 3, 3) relative to the parent; joints: (B, J, 3) metres at rest; parents: -1 for the root, each
    parent before its children. Returns (B, J, 3, 4), which take points at rest to posed ones.
    """
    turned: list[Tensor] = []
    placed: list[Tensor] = []
    for index, parent in enumerate(parents):
        if parent < 0:
            turned.append(rotations[:, index])
            placed.append(joints[:, index])
            continue
        offset = joints[:, index] - joints[:, parent]
        turned.append(turned[parent] @ rotations[:, index])
        placed.append(placed[parent] + (turned[parent] @ offset[..., None])[..., 0])
    linear, place = torch.stack(turned, dim=1), torch.stack(placed, dim=1)
    shift = place - (linear @ joints[..., None])[..., 0]
    return torch.cat((linear, shift[..., None]), dim=-1)


def blend(vertices: Tensor, transforms: Tensor, weights: Tensor) -> Tensor:
    """Each vertex moved by the weighted mean of the joints' transforms.

    vertices: (B, V, 3) metres at rest; transforms: (B, J, 3, 4); weights: (V, J), rows add to one. Returns (B, V, 3).
    """
    mixed = (weights @ transforms.flatten(2)).unflatten(-1, (3, 4))
    return (mixed[..., :3] @ vertices[..., None])[..., 0] + mixed[..., 3]
