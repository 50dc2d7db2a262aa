"""Vertices that stand for the head's whole surface, dense where faces move.

The landmark branch finds them beside the 68. They are a function of the head model alone, so that a network need not
name them.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from trans3dhead.head_model.head_model import HeadModel

GROUP = 16  # neighbouring points that share a query
_DENSER = 4.0  # how much closer than on the skull points lie where expressions move the face much
_MUCH = 0.7  # the sum of the squared shares of each expression's largest movement


@dataclass(frozen=True)
class HeadPoints:
    """The 68 landmarks and the surface points of a head model: N points that shape and expression move linearly."""

    vertices: Tensor  # (N - 68,) long, the surface points
    template: Tensor  # (N, 3) metres, head space
    basis: Tensor  # (C, N, 3) metres for one unit of each coefficient, shape before expression
    share: Tensor  # (N,) how much of the subset "head" each point stands for, by the vertices nearest to it


def head_points(head_model: HeadModel, count: int) -> HeadPoints:
    """The landmarks and `count` surface points of a head model."""
    vertices = surface_points(head_model, count)

    def points(mesh: Tensor) -> Tensor:
        """(B, V, 3) -> (B, N, 3)."""
        return torch.cat((head_model.landmarks(mesh), mesh[:, vertices]), dim=1)

    template = points(head_model.template[None])[0]
    basis = points(torch.cat((head_model.shape_basis, head_model.expression_basis)))
    nearest = torch.cdist(head_model.template[head_model.subsets["head"]], template).argmin(dim=1)
    share = torch.bincount(nearest, minlength=len(template)).to(template.dtype)
    return HeadPoints(vertices, template, basis, share / share.sum())


@lru_cache(maxsize=8)
def surface_points(head_model: HeadModel, count: int) -> Tensor:
    """(count,) long, vertex indices, neighbours in groups of `GROUP`; count: `GROUP` times a power of two.

    Farthest-point sampling of the subset "head" and of the eyes: the next point is the one farthest from those chosen,
    and distances count more where many expressions move the vertices by much of what they move any.
    """
    groups = count // GROUP
    subsets = head_model.subsets
    candidates = torch.cat([subsets[name] for name in ("head", "eyes") if name in subsets]).unique()
    if count % GROUP or groups < 1 or groups & (groups - 1) or count > len(candidates):
        raise ValueError(
            f"surface_points: got {count}, expected {GROUP} times a power of two, at most {len(candidates)}"
        )
    positions = head_model.template[candidates]
    movement = head_model.expression_basis[:, candidates].norm(dim=-1)  # (E, N)
    movement = (movement / movement.amax(dim=1, keepdim=True).clamp(min=1e-12)).square().sum(dim=0)
    density = 1.0 + (movement / _MUCH).clamp(max=1.0) * (_DENSER - 1.0)
    chosen = _farthest(positions, density, count)
    return candidates[chosen[_grouped(positions[chosen])]]


def _farthest(positions: Tensor, density: Tensor, count: int) -> Tensor:
    """(N, 3), (N,) -> (count,) rows: first the topmost, then always the one with the largest distance · density."""
    chosen = [int(positions[:, 1].argmax())]
    nearest = torch.full_like(density, torch.inf)
    while len(chosen) < count:
        nearest = torch.minimum(nearest, (positions - positions[chosen[-1]]).norm(dim=-1))
        chosen.append(int((nearest * density).argmax()))
    return torch.tensor(chosen)


def _grouped(positions: Tensor) -> Tensor:
    """(N, 3) -> (N,) rows in an order in which each `GROUP` of them lies together: halves of halves along the longest
    side of their box.
    """
    if len(positions) == GROUP:
        return torch.arange(GROUP)
    axis = (positions.amax(dim=0) - positions.amin(dim=0)).argmax()
    halves = positions[:, axis].argsort(stable=True).chunk(2)
    return torch.cat([half[_grouped(positions[half])] for half in halves])
