"""The predicted mesh against the true one: its form in head space, and its projection."""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss, smooth_l1_loss

from trans3dhead.data.targets import Targets
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.head_model import HeadModel
from trans3dhead.losses.weights import LossWeights

# The reprojection loss is in pixels of a crop of this side, whatever the crop's own.
_REPROJECTION_SIDE = 256.0


def vertex_terms(
    vertices: Tensor, camera: WeakPerspective, targets: Targets, head_model: HeadModel, weights: LossWeights
) -> dict[str, Tensor]:
    """L_3D, L_reproj and the distance, over one subset of the vertices or as the weighted sums over several."""
    if weights.weighted_vertices is None:
        parts = [(supervised_vertices(head_model, weights.vertices), (1.0, 1.0))]
    else:
        parts = [(supervised_vertices(head_model, (n,)), pair) for n, pair in weights.weighted_vertices.items()]
    terms = dict.fromkeys(("shape3d", "reprojection", "vertex_distance"), vertices.new_zeros(()))
    for subset, (solid, flat) in parts:
        some, wanted = vertices.index_select(1, subset), targets.vertices.index_select(1, subset)
        if solid and weights.shape3d:
            terms["shape3d"] = terms["shape3d"] + solid * shape_loss(some, wanted, weights.shape3d_beta)
        if solid and weights.vertex_distance:
            terms["vertex_distance"] = terms["vertex_distance"] + solid * vertex_distance(some, wanted)
        if flat and weights.reprojection:
            loss = reprojection_loss(camera.project(some), targets.projected.index_select(1, subset))
            terms["reprojection"] = terms["reprojection"] + flat * loss
    return terms


def supervised_vertices(head_model: HeadModel, names: tuple[str, ...] | None = None) -> Tensor:
    """(K,) sorted vertex indices that the terms of vertices see: the union of the named subsets.

    By default "head", as in the paper; with "eyes" and "mouth" where the head model has bounded blendshapes (ARKit's),
    or gaze, blink and tongue would get no gradient.
    """
    subsets = head_model.subsets
    if names is None:
        blendshapes = head_model.metadata.expression_bounds is not None
        names = tuple(name for name in ("head", "eyes", "mouth") if name == "head" or (blendshapes and name in subsets))
    unknown = [name for name in names if name not in subsets]
    if unknown or not names:
        raise ValueError(f"vertices: got the subsets {names}, expected some of {', '.join(sorted(subsets))}")
    return torch.cat([subsets[name] for name in names]).unique()


def shape_loss(predicted: Tensor, target: Tensor, beta: float | None = None) -> Tensor:
    """L_3D: mean squared error of (B, K, 3) vertices in head space, each mesh normalised to the cube. A scalar.

    beta: smooth L1 in its place, square below this error; 1 is half of a mesh's longest side, about 12 cm.
    """
    predicted, target = normalized_to_cube(predicted), normalized_to_cube(target)
    return mse_loss(predicted, target) if beta is None else smooth_l1_loss(predicted, target, beta=beta)


def vertex_distance(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean Euclidean distance of (B, K, 3) vertices in head space, metres; a scalar in centimetres.

    Nothing is normalised: the size of the head counts, and how far the jaw is open.
    """
    return 100.0 * (predicted - target).norm(dim=-1).mean()


def normalized_to_cube(vertices: Tensor) -> Tensor:
    """(B, K, 3) metres -> (B, K, 3): the box about each mesh is centred at 0 and its longest side is 2.

    DAD-3DNet's words, in one step: subtract each axis' minimum, then half of each axis' maximum, divide by the largest
    coordinate left. (`min` and not `amin`: its gradient goes to one vertex and costs a third on the CPU.)
    """
    low, high = vertices.min(dim=1, keepdim=True).values, vertices.max(dim=1, keepdim=True).values
    return (vertices - (low + high) / 2) / ((high - low) / 2).amax(dim=2, keepdim=True)


def reprojection_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """L_reproj: smooth L1 of (B, K, 2) crop units, in 1/256 of the crop's side. Returns a scalar."""
    return smooth_l1_loss(_REPROJECTION_SIDE * predicted, _REPROJECTION_SIDE * target)
