"""From queries to numbers: linear maps that never run in half precision, where 0.5 has steps of half a pixel in 256."""

import torch
from torch import Tensor, nn

SMALL = 0.02  # spread of an untrained output where it is regressed about a reference, in crop or parameter units


class Regressor(nn.Linear):
    """One linear map that all queries share."""

    def __init__(self, width: int, outputs: int, spread: float | None) -> None:
        """spread: the deviation of the outputs before training; None leaves PyTorch's own initial weights."""
        super().__init__(width, outputs)
        if spread is not None:
            nn.init.normal_(self.weight, std=spread / width**0.5)
            nn.init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """(B, N, d) queries -> (B, N, outputs) of the weights' dtype."""
        with torch.autocast(input.device.type, enabled=False):
            return super().forward(input.to(self.weight.dtype))


class GroupRegressor(nn.Module):
    """A linear map for each query, which answers for a group of points."""

    def __init__(self, queries: int, width: int, outputs: int, spread: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(queries, width, outputs).normal_(std=spread / width**0.5))
        self.bias = nn.Parameter(torch.zeros(queries, 1, outputs))

    def forward(self, queries: Tensor) -> Tensor:
        """(B, G, d) -> (B, G, outputs) of the weights' dtype."""
        with torch.autocast(queries.device.type, enabled=False):
            each = queries.to(self.weight.dtype).transpose(0, 1)  # (G, B, d)
            return torch.baddbmm(self.bias, each, self.weight).transpose(0, 1)
