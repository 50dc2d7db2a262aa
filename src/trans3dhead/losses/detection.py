"""The loss of the detector: scores that say how well a box fits, boxes, rotations."""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from trans3dhead.data.scene_windows import SceneBatch
from trans3dhead.geometry.rotations import rotation_from_6d
from trans3dhead.losses.assignment import Assigned, assign
from trans3dhead.losses.mean import Losses, WeightedMean
from trans3dhead.losses.rotation import rotation_angle
from trans3dhead.networks.detection.network import Dense, locations


@dataclass(frozen=True)
class DetectorLossWeights:
    """What each term counts."""

    scores: float = 1.0
    boxes: float = 2.0
    rotations: float = 0.5


def detector_loss(dense: Dense, batch: SceneBatch, weights: DetectorLossWeights) -> Losses:
    """The terms of a batch, each divided by the sum of the qualities over the locations of all heads."""
    points, strides = locations(batch.images.shape[-2], batch.images.shape[-1], dense.scores.device)
    found = assign(
        dense.scores.detach().sigmoid(), dense.boxes.detach(), points, strides, batch.boxes, batch.wanted, batch.present
    )
    quality = found.quality.sum()
    scores = quality_focal_loss(dense.scores, found.quality)[found.counted].sum()
    boxes, rotations = _of_heads(dense, batch, found)
    sums = {"scores": scores, "boxes": boxes, "rotations": rotations}
    return Losses({name: WeightedMean(total, quality, least=1.0) for name, total in sums.items()}, asdict(weights))


def quality_focal_loss(logits: Tensor, quality: Tensor) -> Tensor:
    """|σ - q|² · cross entropy of σ and q (Li et al., "Generalized focal loss", NeurIPS 2020). Any shape twice."""
    distance = (logits.sigmoid() - quality).square()
    return distance * binary_cross_entropy_with_logits(logits, quality, reduction="none")


def giou_loss(boxes: Tensor, true_boxes: Tensor) -> Tensor:
    """1 - GIoU (Rezatofighi et al., CVPR 2019), 0 to 2. (..., 4) [x, y, w, h] twice -> (...)."""
    (low, high), (true_low, true_high) = ((b[..., :2], b[..., :2] + b[..., 2:]) for b in (boxes, true_boxes))
    shared = (torch.minimum(high, true_high) - torch.maximum(low, true_low)).clamp(min=0).prod(dim=-1)
    union = (boxes[..., 2:].prod(dim=-1) + true_boxes[..., 2:].prod(dim=-1) - shared).clamp(min=1e-6)
    hull = (torch.maximum(high, true_high) - torch.minimum(low, true_low)).prod(dim=-1).clamp(min=1e-6)
    return 1.0 - shared / union + (hull - union) / hull


def _of_heads(dense: Dense, batch: SceneBatch, found: Assigned) -> tuple[Tensor, Tensor]:
    """The sums of the box and the rotation loss over the locations that have a head, by their qualities."""
    picture, location = torch.nonzero(found.heads >= 0, as_tuple=True)
    head = found.heads[picture, location]
    quality = found.quality[picture, location]
    boxes = giou_loss(dense.boxes[picture, location], batch.boxes[picture, head])
    turned = rotation_from_6d(dense.rotations[picture, location])
    rotations = rotation_angle(turned, batch.rotations[picture, head])
    return (quality * boxes).sum(), (quality * rotations).sum()
