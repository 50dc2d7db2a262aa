"""Predicted landmarks against the true ones, one by one."""

import math

from torch import Tensor
from torch.nn.functional import smooth_l1_loss


def landmark_loss(predicted: Tensor, target: Tensor, mask: Tensor, beta: float = 1.0) -> Tensor:
    """Smooth L1, the mean of x and y, crop units. (..., B, 68, 2), (B, 68, 2), (B, 68) bool -> (..., B, 68).

    beta: below this error the loss is square, error² / (2 beta), above it linear, |error| - beta / 2. Errors are far
    below 1, so at 1 it is a square, which the largest errors rule; at 0.01 every landmark pulls about alike.
    mask: inside the crop. A landmark outside counts as if it were right: means are over all of them, as DAD-3DNet has
    it, so a head with few visible landmarks weighs little.
    """
    each = smooth_l1_loss(predicted, target.expand_as(predicted), reduction="none", beta=beta)
    return (each * mask[..., None]).mean(dim=-1)


def likelihood_loss(predicted: Tensor, spread: Tensor, target: Tensor) -> Tensor:
    """The negative logarithm of a Gaussian's density, crop units. (B, 68, 2), (B, 68), (B, 68, 2) -> (B, 68).

    spread: the standard deviation of x and of y.
    """
    square = (predicted - target).square().sum(dim=-1)
    return square / (2.0 * spread.square()) + 2.0 * spread.log() + math.log(2.0 * math.pi)
