"""The two cameras: the weak-perspective one that networks regress and the pinhole one that photographs have."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

_SMALLEST_SCALE = 1e-8
_Array = TypeVar("_Array", np.ndarray, "Tensor")


def project_pinhole(points: _Array, focal: float | _Array, principal_point: _Array) -> _Array:
    """P = focal · (x, y) / z + principal_point: (..., 3) metres, camera space with z > 0 -> (..., 2) pixels.

    Arrays or tensors; focal (pixels) and principal_point (pixels, x and y last) broadcast with the points.
    """
    return focal * points[..., :2] / points[..., 2:] + principal_point


@dataclass(frozen=True)
class WeakPerspective(Generic[_Array]):
    """The camera that a network regresses, relative to a square crop of side S (any S: crop units are p / S).

    Of arrays or tensors.
    """

    rotation: _Array  # (B, 3, 3) head space -> camera space
    translation: _Array  # (B, 3), in halves of the crop's side; z is unused
    scale: _Array  # (B, 1); scale + 1 is in halves of the crop's side for each metre

    def project(self, vertices: _Array) -> _Array:
        """(B, V, 3) metres, head space -> (B, V, 2) crop units, x right, y down, (0, 0) the crop's top-left corner.

        p = (max(s + 1, 1e-8) · R v + t + 1) / 2, with the scale in the matrix, which has fewer numbers than the result.
        """
        across = self.metre[:, None, None] * self.rotation[:, :2]
        return vertices @ across.swapaxes(1, 2) + self.origin[:, None]

    @property
    def metre(self) -> _Array:
        """(B,) crop units for each metre across the line of sight."""
        return self._size[:, 0] / 2.0

    @property
    def origin(self) -> _Array:
        """(B, 2) crop units: where the origin of head space falls."""
        return (self.translation[:, :2] + 1.0) / 2.0

    @property
    def _size(self) -> _Array:
        """(B, 1) halves of the crop's side for each metre."""
        return (self.scale + 1.0).clip(min=_SMALLEST_SCALE)


def fit_weak_perspective(vertices: "Tensor", rotation: "Tensor", projected: "Tensor") -> "WeakPerspective[Tensor]":
    """The scale and translation that bring rotated vertices nearest to their true projections, least squares.

    vertices: (B, V, 3) metres, head space; rotation: (B, 3, 3); projected: (B, V, 2) crop units. t_z is 0.
    """
    import torch

    rotated = vertices @ rotation[:, :2].transpose(1, 2)
    centred = rotated - rotated.mean(dim=1, keepdim=True)
    target = 2.0 * projected - 1.0
    scale = (centred * target).sum(dim=(1, 2)) / centred.square().sum(dim=(1, 2))
    translation = (target - scale[:, None, None] * rotated).mean(dim=1)
    depth = torch.zeros_like(translation[:, :1])
    return WeakPerspective(rotation, torch.cat((translation, depth), dim=-1), scale[:, None] - 1.0)


@dataclass(frozen=True)
class Pinhole:
    """The true camera of a batch of photographs: p = f · (x, y) / z + c, pixels; square pixels, no distortion."""

    focal: "Tensor"  # (B,) pixels
    principal_point: "Tensor"  # (B, 2) pixels

    def project(self, points: "Tensor") -> "Tensor":
        """(B, N, 3) metres, camera space with z > 0 -> (B, N, 2) pixels of the photograph."""
        return project_pinhole(points, self.focal[:, None, None], self.principal_point[:, None])

    def ray(self, pixels: "Tensor") -> "Tensor":
        """(B, 2) pixels of the photograph -> (B, 3) unit directions from the camera through them."""
        import torch

        offset = (pixels - self.principal_point) / self.focal[:, None]
        return torch.nn.functional.normalize(torch.cat((offset, torch.ones_like(offset[:, :1])), dim=-1), dim=-1)
