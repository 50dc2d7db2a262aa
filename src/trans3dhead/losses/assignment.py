"""Which locations answer for which head: task-aligned assignment (Feng et al., "TOOD", ICCV 2021)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from trans3dhead.geometry.boxes import iou

_SCORE_POWER, _IOU_POWER = 1.0, 6.0  # TOOD's alpha and beta
_LOCATIONS = 10  # at most, for one head


@dataclass(frozen=True)
class Assigned:
    """What each location of a batch is to say."""

    heads: Tensor  # (B, A) long, the row of the location's head; -1: none
    quality: Tensor  # (B, A) 0..1, the score to give: the best location of a head gets the IoU of its best box
    counted: Tensor  # (B, A) bool; False inside of heads that are not wanted, where there is no right score


@torch.no_grad()
def assign(
    scores: Tensor, boxes: Tensor, points: Tensor, strides: Tensor, heads: Tensor, wanted: Tensor, there: Tensor
) -> Assigned:
    """Give each wanted head the ten locations inside its box with the largest score · IoU⁶ of what they say now.

    scores: (B, A) 0..1; boxes: (B, A, 4); points, strides: of `locations`; heads: (B, N, 4); all boxes [x, y, w, h] in
    pixels; wanted, there: (B, N) bool, not there are rows that fill the batch up. A location in the boxes of several
    heads answers for the one that its own box fits best.
    """
    inside = _inside(points, strides, heads) & there[..., None]  # (B, N, A)
    overlap = iou(heads[:, :, None], boxes[:, None])
    candidates = inside & wanted[..., None]
    metric = torch.where(candidates, scores[:, None] ** _SCORE_POWER * overlap**_IOU_POWER + 1e-30, 0.0)
    best = metric.topk(min(_LOCATIONS, metric.shape[-1]), dim=-1).indices
    chosen = torch.zeros_like(candidates).scatter_(-1, best, True) & candidates
    fit = torch.where(chosen, overlap + 1e-9, 0.0)  # (B, N, A)
    largest, row = fit.max(dim=1)
    assigned = torch.where(largest > 0, row, -1)
    chosen &= torch.arange(heads.shape[1], device=heads.device)[:, None] == assigned[:, None]
    quality = _quality(metric, overlap, chosen)
    ignored = (inside & ~wanted[..., None]).any(dim=1) & (assigned < 0)
    return Assigned(assigned, quality, ~ignored)


def _quality(metric: Tensor, overlap: Tensor, chosen: Tensor) -> Tensor:
    """(B, N, A) three times -> (B, A): metrics of the chosen, scaled so that each head's largest is its largest IoU."""
    metric, overlap = (torch.where(chosen, values, 0.0) for values in (metric, overlap))
    scale = overlap.amax(dim=-1) / metric.amax(dim=-1).clamp(min=1e-30)
    return (metric * scale[..., None]).amax(dim=1)


def _inside(points: Tensor, strides: Tensor, heads: Tensor) -> Tensor:
    """(B, N, A) bool: locations inside of a head's box, or whose cell holds its centre, as for the smallest heads."""
    low, high = heads[:, :, None, :2], (heads[..., :2] + heads[..., 2:])[:, :, None]
    in_box = ((points > low) & (points < high)).all(dim=-1)
    return in_box | ((points - (low + high) / 2).abs() <= strides[:, None] / 2).all(dim=-1)
