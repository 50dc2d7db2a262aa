"""The exponential moving average of a network's weights."""

import copy

import torch
from torch import nn

# Steps between two updates once the average is no longer young; each update reads and writes all weights.
_INTERVAL, _YOUNG = 8, 100


class AveragedWeights(nn.Module):
    """A copy of a network that follows it: average ← decay · average + (1 - decay) · weights, running statistics too.

    At step n the decay is at most (1 + n) / (10 + n), so that the random start is soon forgotten. From step 100 on
    only every eighth step updates it, by the eighth power of the decay.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        super().__init__()
        if not 0.0 < decay < 1.0:
            raise ValueError(f"average: expected a decay between 0 and 1, got {decay}; leave it at 0 for none")
        self.decay = decay
        self.model = copy.deepcopy(model).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move towards the network's weights after optimizer step `step`, counted from 0."""
        interval = 1 if step < _YOUNG else _INTERVAL
        if (step + 1) % interval:
            return
        share = 1.0 - min(self.decay, (1 + step) / (10 + step)) ** interval
        for average, current in zip(self.model.state_dict().values(), model.state_dict().values(), strict=True):
            if average.is_floating_point():
                average.lerp_(current, share)
            else:
                average.copy_(current)

    def train(self, mode: bool = True) -> "AveragedWeights":
        """Stay in evaluation mode, whatever mode the training puts its modules in."""
        return super().train(False)
