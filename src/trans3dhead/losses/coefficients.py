"""Coefficients of shape or expression against their labels, in units of their spread.

Without these units what varies most rules: of the expressions the gaze, before a jaw that opens in few photographs.
And each coefficient weighs as much as the vertices' squared movement that it explains. Among fifty that count alike,
the many that no photograph shows drown the few that can be learned: their gradients are noise.
"""

import torch
from torch import Tensor
from torch.nn.functional import huber_loss

# Deviations up to which the error counts squared. Most expressions of most photographs are zero, and a loss that is
# linear early would let them rest at that median.
_BEND = 3.0
_LEAST_SPREAD = 1e-3  # what varies less is constant


def coefficient_loss(predicted: Tensor, true: Tensor, spread: Tensor, movement: Tensor, power: float = 2.0) -> Tensor:
    """Half the squared error in units of the spread, linear beyond the bend. (B, C) twice, (C,) twice -> (B,).

    spread: standard deviations of the coefficients; movement: by how many metres one unit of each moves the vertices,
    root mean square. The mean over coefficients weighs each by a power of the movement of one deviation, by default its
    square: the first ones of the shape change the whole head, the last ones nothing that a photograph shows.
    """
    varies = spread > _LEAST_SPREAD
    weights = (movement * spread).pow(power) * varies
    error = (predicted - true) / spread.where(varies, torch.ones_like(spread))
    each = huber_loss(error, torch.zeros_like(error), reduction="none", delta=_BEND) @ weights
    return each / weights.sum().clamp(min=1e-20)
