"""From what the network says at each location to heads: a threshold and non-maximum suppression."""

from dataclasses import dataclass

import torch
from torch import Tensor

from trans3dhead.geometry.boxes import suppress
from trans3dhead.geometry.rotations import rotation_from_6d
from trans3dhead.networks.detection.config import MOST, OVERLAP, THRESHOLD
from trans3dhead.networks.detection.network import Dense


@dataclass(frozen=True)
class FoundHeads:
    """The heads of one picture, the most certain first."""

    boxes: Tensor  # (N, 4) [x, y, w, h] pixels of the input, float32
    scores: Tensor  # (N,) 0..1
    rotations: Tensor  # (N, 3, 3) head space -> a camera that looks at the face

    def __len__(self) -> int:
        return len(self.scores)


def find(dense: Dense, threshold: float = THRESHOLD) -> list[FoundHeads]:
    """The heads of each picture of a batch, `MOST` of them at most. threshold: the least score, 0..1."""
    return [
        _find_in_one(scores, boxes, six, threshold)
        for scores, boxes, six in zip(dense.scores.sigmoid(), dense.boxes, dense.rotations, strict=True)
    ]


def _find_in_one(scores: Tensor, boxes: Tensor, six: Tensor, threshold: float) -> FoundHeads:
    """The heads of one picture. (A,) 0..1, (A, 4) [x, y, w, h] pixels, (A, 6), at its A locations."""
    certain = torch.nonzero(scores >= threshold)[:, 0]
    kept = suppress(boxes[certain].cpu().numpy(), scores[certain].cpu().numpy(), OVERLAP, MOST)
    chosen = certain[torch.from_numpy(kept).to(certain.device)]
    return FoundHeads(boxes[chosen], scores[chosen], rotation_from_6d(six[chosen]))
