"""Shape and expression coefficients against their labels, where a label holds them, in units of their spread.

Without these units what varies most rules: of the expressions the gaze, before a jaw that opens in few photographs.
And each coefficient weighs as much as the vertices' squared movement that it explains. Among fifty that count alike,
the many that no photograph shows drown the few that can be learned: their gradients are noise.
"""

import torch
from torch import Tensor
from torch.nn.functional import huber_loss

from trans3dhead.data.targets import Targets
from trans3dhead.head_model import HeadModel
from trans3dhead.training.engine.processes import weighted_mean

# Deviations up to which the error counts squared. Most expressions of most photographs are zero, and a loss that is
# linear early would let them rest at that median.
_BEND = 3.0
_LEAST_SPREAD = 1e-3  # what varies less is constant


def shape_coefficient_loss(predicted: Tensor, targets: Targets, head_model: HeadModel, spread: Tensor) -> Tensor:
    """Of (B, S) coefficients with (S,) standard deviations; a scalar.

    A mean in which each component counts by the mean square that one deviation of it moves the vertices: the first
    ones change the whole head, the last ones nothing that a photograph shows.
    """
    return _loss(predicted, targets.shape, spread, (head_model.shape_movement * spread).square(), targets)


def expression_coefficient_loss(predicted: Tensor, targets: Targets, head_model: HeadModel, spread: Tensor) -> Tensor:
    """Of (B, E) coefficients with (E,) standard deviations; a scalar. The mean is weighted as that of shape."""
    return _loss(predicted, targets.expression, spread, (head_model.expression_movement * spread).square(), targets)


def _loss(predicted: Tensor, true: Tensor, spread: Tensor, weights: Tensor, targets: Targets) -> Tensor:
    """Half the squared error in units of the spread, linear beyond the bend; of heads that have coefficients."""
    varies = spread > _LEAST_SPREAD
    weights = weights * varies
    error = (predicted - true) / spread.where(varies, torch.ones_like(spread))
    each = huber_loss(error, torch.zeros_like(error), reduction="none", delta=_BEND) @ weights
    return weighted_mean(each / weights.sum().clamp(min=1e-20), targets.has_coefficients)
