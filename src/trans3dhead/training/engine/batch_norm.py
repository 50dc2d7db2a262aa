"""Batch normalisation in a training on several processes. Names and shapes of all tensors are nn.BatchNorm2d's."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm

from trans3dhead.networks.alignment.build import Network
from trans3dhead.networks.detection.network import DetectorNetwork
from trans3dhead.training.engine import processes

BatchNorm = Literal["synchronized", "local", "frozen"]


def set_batch_norm(model: Network | DetectorNetwork, kind: BatchNorm) -> None:
    """Exchange the batch normalisation of a network, before its optimizer is made.

    synchronized: moments over the whole batch, that is, over all processes. local: each process by its own crops, as
    nn.BatchNorm2d has it. frozen: the backbone keeps its running statistics, scales and biases, as in DETR; layers
    beyond it, which have no pretrained weights (DAD-3DNet's pyramid), are synchronized.
    """
    if kind == "frozen":
        _exchange(model.backbone, FrozenBatchNorm2d)
    if kind != "local" and processes.share().count > 1:
        _exchange(model, SynchronizedBatchNorm2d)


class FrozenBatchNorm2d(nn.BatchNorm2d):
    """By its running statistics, which stay as they are; its scale and bias get no gradient."""

    def __init__(self, features: int, eps: float, momentum: float | None) -> None:
        super().__init__(features, eps, momentum)
        self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "FrozenBatchNorm2d":
        """It never trains."""
        return super().train(False)


class SynchronizedBatchNorm2d(nn.BatchNorm2d):
    """nn.BatchNorm2d over the maps of all processes, on any device; torch.nn.SyncBatchNorm refuses CPUs.

    The gradients of scale and bias are the process's own, to be averaged with all others.
    """

    def forward(self, maps: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape and dtype."""
        if not self.training:
            return super().forward(maps)
        with torch.no_grad():
            mean, variance, count = _moments(maps, self.weight)
            self._follow(mean, variance * count / (count - 1))
        return _Normalize.apply(maps, self.weight, self.bias, mean, variance, count, self.eps)

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        """The running statistics move towards those of a batch, (C,) each, the variance unbiased."""
        assert self.running_mean is not None  # for mypy: plain layers track them
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        share = 1.0 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


def _moments(maps: Tensor, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(C,) mean and variance (biased) of the maps of all processes, () their number of values; of the dtype of `like`.

    A process counts by the number of its values.
    """
    zero, one = torch.zeros_like(like), torch.ones_like(like)  # they stay as they are, and fix the dtype of the moments
    own = torch.batch_norm_update_stats(maps, zero, one, 0.0)
    size = own[0].new_tensor([maps.numel() // maps.shape[1]])
    gathered = processes.stacked(torch.cat((*own, size)).double())  # (processes, 2 C + 1)
    counts = gathered[:, -1:]
    shares = counts / counts.sum()
    means, variances = gathered[:, :-1].chunk(2, dim=1)
    mean = (shares * means).sum(dim=0)
    variance = (shares * (variances + (means - mean).square())).sum(dim=0)
    return mean.to(like.dtype), variance.to(like.dtype), counts.sum().to(like.dtype)


class _Normalize(torch.autograd.Function):
    """scale · (maps - mean) / √(variance + eps) + bias, where mean and variance follow the maps of all processes."""

    @staticmethod
    def forward(
        ctx: Any, maps: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, count: Tensor, eps: float
    ) -> Tensor:
        ctx.save_for_backward(maps, scale, mean, variance, count)
        ctx.eps = eps
        return batch_norm(maps, mean, variance, scale, bias, training=False, eps=eps)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        maps, scale, mean, variance, count = ctx.saved_tensors
        # What it would be for a constant mean and variance; the gradients of scale and bias are final.
        direct, to_scale, to_bias = torch.ops.aten.native_batch_norm_backward(
            gradient, maps, scale, mean, variance, None, None, False, ctx.eps, [True, True, True]
        )
        # Both follow the maps of every process. With x the normalised maps, the whole is
        # scale / deviation · (gradient - mean of gradients - x · mean of (gradient · x)).
        over_scale, over_bias = (processes.total(torch.stack((to_scale, to_bias))) / count).unbind()
        inverse = (variance + ctx.eps).rsqrt()
        slope = scale * inverse.square() * over_scale
        offset = scale * inverse * over_bias - slope * mean
        whole = direct - (slope[:, None, None] * maps + offset[:, None, None])
        return whole.to(maps.dtype), to_scale, to_bias, None, None, None, None


def _exchange(model: nn.Module, kind: type[SynchronizedBatchNorm2d] | type[FrozenBatchNorm2d]) -> None:
    """Put a layer of this kind, with the same tensors, in the place of every plain nn.BatchNorm2d."""
    places: Sequence[tuple[nn.Module, str, nn.Module]] = [
        (parent, name, child) for parent in model.modules() for name, child in parent.named_children()
    ]
    for parent, name, child in places:
        if type(child) is nn.BatchNorm2d:
            layer = kind(child.num_features, child.eps, child.momentum).to(child.weight)
            layer.load_state_dict(child.state_dict())
            setattr(parent, name, layer)
