"""The predicted mesh against the true one: its form in head space, and its projection."""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss, smooth_l1_loss

from trans3dhead.head_model import HeadModel

# The reprojection loss is in pixels of a crop of this side, whatever the crop's own.
_REPROJECTION_SIDE = 256.0


def supervised_vertices(head_model: HeadModel, name: str | None = None) -> Tensor:
    """(K,) sorted vertex indices of a subset; by default of those that the terms of vertices see.

    These are "head", as in the paper; with "eyes" and "mouth" where the head model has bounded blendshapes (ARKit's),
    or gaze, blink and tongue would get no gradient.
    """
    subsets = head_model.subsets
    if name is not None and name not in subsets:
        raise ValueError(f"subsets: got {name!r}, expected some of {', '.join(sorted(subsets))}")
    blendshapes = head_model.metadata.expression_bounds is not None
    default = [n for n in ("head", "eyes", "mouth") if n == "head" or (blendshapes and n in subsets)]
    return torch.cat([subsets[n] for n in (default if name is None else [name])]).unique()


def shape_loss(predicted: Tensor, target: Tensor, beta: float | None = None) -> Tensor:
    """Mean squared error of (B, K, 3) vertices in head space, each mesh normalised to the cube. Returns (B,).

    beta: smooth L1 in its place, square below this error; 1 is half of a mesh's longest side, about 12 cm.
    """
    predicted, target = normalized_to_cube(predicted), normalized_to_cube(target)
    if beta is None:
        return mse_loss(predicted, target, reduction="none").mean(dim=(1, 2))
    return smooth_l1_loss(predicted, target, beta=beta, reduction="none").mean(dim=(1, 2))


def vertex_distance(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean Euclidean distance of (B, K, 3) vertices in head space, metres; returns (B,) centimetres.

    Nothing is normalised: the size of the head counts, and how far the jaw is open.
    """
    return 100.0 * (predicted - target).norm(dim=-1).mean(dim=1)


def normalized_to_cube(vertices: Tensor) -> Tensor:
    """(B, K, 3) metres -> (B, K, 3): the box about each mesh is centred at 0 and its longest side is 2.

    DAD-3DNet's words, in one step: subtract each axis' minimum, then half of each axis' maximum, divide by the largest
    coordinate left. (`min` and not `amin`: its gradient goes to one vertex and costs a third on the CPU.)
    """
    low, high = vertices.min(dim=1, keepdim=True).values, vertices.max(dim=1, keepdim=True).values
    return (vertices - (low + high) / 2) / ((high - low) / 2).amax(dim=2, keepdim=True)


def reprojection_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """Smooth L1 of (B, K, 2) crop units, in 1/256 of the crop's side. Returns (B,)."""
    each = smooth_l1_loss(_REPROJECTION_SIDE * predicted, _REPROJECTION_SIDE * target, reduction="none")
    return each.mean(dim=(1, 2))
