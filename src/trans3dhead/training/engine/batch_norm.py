"""Batch normalisation in a training on several processes. Names and shapes of all tensors are nn.BatchNorm2d's."""

from typing import Literal

import torch
from torch import nn

from trans3dhead.training.engine import processes

BatchNorm = Literal["synchronized", "local", "frozen"]


def set_batch_norm(model: nn.Module, kind: BatchNorm) -> None:
    """Exchange the batch normalisation of a network with a `backbone`, before its optimizer is made.

    synchronized: moments over the whole batch, that is, over all processes, by torch.nn.SyncBatchNorm, which needs
    GPUs. local: each process by its own crops, as nn.BatchNorm2d has it. frozen: the backbone keeps its running
    statistics, scales and biases, as in DETR; layers beyond it, which have no pretrained weights (DAD-3DNet's pyramid),
    are synchronized.
    """
    if kind == "frozen":
        _exchange(model.get_submodule("backbone"), FrozenBatchNorm2d)
    if kind == "local" or processes.share().count == 1 or not _plain_layers(model):
        return
    if not torch.cuda.is_available():
        others = "local" if kind == "frozen" else "local, or frozen with `pretrained` or `start`"
        raise ValueError(
            f"batch_norm: {kind} makes several processes exchange the moments of layers, for which each needs a GPU, "
            f"got CPUs; take {others}, or one process"
        )
    _exchange(model, nn.SyncBatchNorm)


class FrozenBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation by running statistics that never change; scale and bias get no gradient."""

    def __init__(self, features: int, eps: float, momentum: float | None) -> None:
        super().__init__(features, eps, momentum)
        self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "FrozenBatchNorm2d":
        """Stay in evaluation mode, whatever mode the network is put in."""
        return super().train(False)


def _exchange(model: nn.Module, kind: type[nn.SyncBatchNorm] | type[FrozenBatchNorm2d]) -> None:
    """Put a layer of this kind, with the same tensors, in the place of every plain nn.BatchNorm2d."""
    for parent, name, child in _plain_layers(model):
        layer = kind(child.num_features, child.eps, child.momentum).to(child.weight)
        layer.load_state_dict(child.state_dict())
        setattr(parent, name, layer)


def _plain_layers(model: nn.Module) -> list[tuple[nn.Module, str, nn.BatchNorm2d]]:
    """Every plain nn.BatchNorm2d with its parent and its name there."""
    return [
        (parent, name, child)
        for parent in model.modules()
        for name, child in parent.named_children()
        if type(child) is nn.BatchNorm2d
    ]
