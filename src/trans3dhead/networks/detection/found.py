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


def find(dense: Dense, threshold: float = THRESHOLD, overlap: float = OVERLAP, most: int = MOST) -> list[FoundHeads]:
    """The heads of each picture of a batch.

    threshold: the least score; overlap: the largest IoU of two heads; most: heads in one picture.
    """
    return [
        _of_one(scores, boxes, six, threshold, overlap, most)
        for scores, boxes, six in zip(dense.scores.sigmoid(), dense.boxes, dense.rotations, strict=True)
    ]


def _of_one(scores: Tensor, boxes: Tensor, six: Tensor, threshold: float, overlap: float, most: int) -> FoundHeads:
    certain = torch.nonzero(scores >= threshold)[:, 0]
    kept = suppress(boxes[certain].cpu().numpy(), scores[certain].cpu().numpy(), overlap, most)
    chosen = certain[torch.from_numpy(kept).to(certain.device)]
    return FoundHeads(boxes[chosen], scores[chosen], rotation_from_6d(six[chosen]))
