"""A bidirectional feature pyramid over five levels, each half as fine as the one before.

M. Tan, R. Pang, Q. V. Le, "EfficientDet: scalable and efficient object detection", CVPR 2020, section 3.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d, relu

_LEVELS = 5
_SMALLEST = 1e-4  # added to the sum of a node's weights


class BiFPN(nn.Module):
    """From three maps of a backbone to five levels of `filters` channels, through `repeats` layers."""

    def __init__(self, channels: Sequence[int], filters: int, repeats: int, kept: int = _LEVELS) -> None:
        """channels: of the three maps, the finest first; kept: how many of the finest levels are wanted in the end."""
        super().__init__()
        self.lateral = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, filters, 1, bias=False), nn.BatchNorm2d(filters)) for c in channels
        )
        self.coarser = nn.ModuleList(nn.Conv2d(c, filters, 3, stride=2, padding=1) for c in (channels[-1], filters))
        self.layers = nn.ModuleList(BiFPNLayer(filters) for _ in range(repeats - 1))
        self.layers.append(BiFPNLayer(filters, kept))

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Three (B, channels, h, w) maps, the finest first -> `kept` (B, filters, h, w)."""
        levels = [lateral(map_) for lateral, map_ in zip(self.lateral, maps, strict=True)]
        levels.append(self.coarser[0](maps[-1]))
        levels.append(self.coarser[1](relu(levels[-1])))
        for layer in self.layers:
            levels = layer(levels)
        return levels


class BiFPNLayer(nn.Module):
    """One layer of the pyramid: features pass from coarse levels to fine ones, then back."""

    def __init__(self, filters: int, kept: int = _LEVELS) -> None:
        super().__init__()
        self.down = nn.ModuleList(Fusion(filters, 2) for _ in range(_LEVELS - 1))
        self.up = nn.ModuleList(Fusion(filters, 3 if level < _LEVELS - 1 else 2) for level in range(1, kept))

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Five maps, the finest first -> the finest of them, of the same shapes."""
        fine = [levels[-1]]  # from the coarsest to the finest
        for level in range(_LEVELS - 2, -1, -1):
            fine.append(self.down[level](levels[level], _finer(fine[-1], levels[level])))
        fine.reverse()
        result = [fine[0]]
        for level, fusion in enumerate(self.up, start=1):
            coarse = max_pool2d(result[-1], 3, stride=2, padding=1)
            inputs = (levels[level], fine[level], coarse) if level < _LEVELS - 1 else (levels[level], coarse)
            result.append(fusion(*inputs))
        return result


class Fusion(nn.Module):
    """A weighted mean of maps with learned weights, then a depthwise-separable convolution."""

    def __init__(self, filters: int, inputs: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.ones(inputs))
        self.depthwise = nn.Conv2d(filters, filters, 3, padding=1, groups=filters, bias=False)
        self.pointwise = nn.Conv2d(filters, filters, 1, bias=False)
        self.norm = nn.BatchNorm2d(filters)

    def forward(self, *maps: Tensor) -> Tensor:
        """(B, filters, h, w) each -> (B, filters, h, w)."""
        weights = relu(self.weights)
        weights = weights / (weights.sum() + _SMALLEST)
        mixed = sum(weight * map_ for weight, map_ in zip(weights.unbind(), maps, strict=True))
        return relu(self.norm(self.pointwise(self.depthwise(mixed))))


def _finer(map_: Tensor, like: Tensor) -> Tensor:
    return interpolate(map_, size=like.shape[-2:], mode="nearest")
