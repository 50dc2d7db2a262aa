"""The points of the head's surface, and the map of it that a network learns to draw in training."""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from trans3dhead.data.targets import Targets
from trans3dhead.geometry.meshes import vertex_normals
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.surface_points import surface_points
from trans3dhead.losses.vertices import supervised_vertices

_STRIDE = 8  # of the vertices that the map is compared at: some 570 a head
_FACING = 0.2  # the least cosine between a vertex's normal and the way to the camera
_DECIMETRES = 10.0  # a metre


def surface_truth(targets: Targets, head_model: HeadModel, count: int) -> tuple[Tensor, Tensor]:
    """(B, M, 2) crop units, where the surface points are, and (B, M) bool, whether that is inside the crop."""
    chosen = surface_points(head_model, count).to(targets.projected.device)  # the head model may have moved since
    true = targets.projected.index_select(1, chosen)
    return true, ((true >= 0) & (true <= 1)).all(dim=-1)


def surface_map_loss(mapped: Tensor, targets: Targets, head_model: HeadModel) -> tuple[Tensor, Tensor]:
    """The distance on the template between what a map says at a vertex and that vertex, decimetres.

    mapped: (B, 3, h, w) -> (B, K) the distance at some vertices, and (B, K) 1 where the vertex faces the camera inside
    the crop, else 0. What hides the head is not known, and hides it here and there alone. Normals are the template's.
    """
    chosen = supervised_vertices(head_model, "head")[::_STRIDE]
    places = targets.projected.index_select(1, chosen)
    normals = _template_normals(head_model).to(targets.rotation).index_select(0, chosen)
    facing = -(normals @ targets.rotation[:, 2, :, None]).squeeze(-1)  # the camera looks along z
    inside = ((places > 0) & (places < 1)).all(dim=-1)
    said = grid_sample(mapped, 2.0 * places[:, None] - 1.0, align_corners=False)[:, :, 0].transpose(1, 2)  # (B, K, 3)
    wanted = _DECIMETRES * head_model.template.index_select(0, chosen)
    return (said - wanted).norm(dim=-1), ((facing > _FACING) & inside).to(said.dtype)


@lru_cache(maxsize=8)
def _template_normals(head_model: HeadModel) -> Tensor:
    """(V, 3) outward, of length one."""
    template = head_model.template
    normals = vertex_normals(template.cpu().numpy(), head_model.triangles.cpu().numpy())
    return torch.from_numpy(normals).to(template)
