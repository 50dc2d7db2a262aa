"""Averages of the training set: MARR's average face, the parameters about which the network regresses, their spread."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trans3dhead.data.dataset import Photographs, Sample, collate
from trans3dhead.data.framing import Framer, frame_head
from trans3dhead.data.targets import targets_from_annotations
from trans3dhead.head_model import HeadModel

_BATCH = 256


@dataclass(frozen=True)
class Reference:
    """What is known of a head before its photograph is seen."""

    landmarks: Tensor  # (68, 2) crop units, the average
    projected: Tensor  # (V, 2) crop units, the average of every vertex
    parameters: Tensor  # (P,) the average
    spread: Tensor  # (P,) the standard deviation of the parameters


def average_reference(
    photographs: Photographs,
    head_model: HeadModel,
    count: int | None = None,
    mirrored: bool = False,
    framing: Framer = frame_head,
) -> Reference:
    """Average the labels of a validation's crops (eq. 4), of all photographs or of `count`, spread evenly.

    No pixels are decoded. mirrored: average over the mirror images too, where the head model knows these; framing:
    what of a head the crops show.
    """
    count = len(photographs) if count is None else min(count, len(photographs))
    chosen = np.linspace(0, len(photographs) - 1, count).round().astype(int)
    landmarks = torch.zeros(68, 2, dtype=torch.float64)
    projected = torch.zeros(len(head_model.template), 2, dtype=torch.float64)
    parameters, squares = torch.zeros(2, head_model.layout.size, dtype=torch.float64)
    total = 0
    for start in range(0, len(chosen), _BATCH):
        heads = [head for index in chosen[start : start + _BATCH] for head in photographs.heads(int(index))[:1]]
        if mirrored and head_model.has_mirror:
            heads += [head.mirrored(head_model) for head in heads]
        samples = [Sample(_NO_PIXELS, head, framing(head).crop(1).affine) for head in heads]
        targets = targets_from_annotations(collate(samples), head_model)
        landmarks += targets.landmarks.double().sum(dim=0)
        projected += targets.projected.double().sum(dim=0)
        parameters += targets.parameters.double().sum(dim=0)
        squares += targets.parameters.double().square().sum(dim=0)
        total += len(samples)
    average = parameters / total
    spread = (squares / total - average.square()).clamp(min=0.0).sqrt()
    return Reference((landmarks / total).float(), (projected / total).float(), average.float(), spread.float())


_NO_PIXELS = np.zeros((1, 1, 3), np.uint8)
