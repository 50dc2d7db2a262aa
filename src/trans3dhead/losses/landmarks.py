"""Predicted landmarks against the true ones, one by one."""

import math

import torch
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


def difference_loss(predicted: Tensor, target: Tensor, seen: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """Smooth L1 of the differences of `PAIRS`, the mean of x and y, crop units, and which pairs count.

    (B, 68, 2) twice, (B, 68) bool -> (B, K) the loss, (B, K) 1 where both landmarks of a pair are seen, else 0.
    """
    first, second = torch.tensor(PAIRS, device=predicted.device).unbind(1)
    predicted, target = (points[:, first] - points[:, second] for points in (predicted, target))
    each = smooth_l1_loss(predicted, target, reduction="none", beta=beta).mean(dim=-1)
    return each, (seen[:, first] & seen[:, second]).to(each.dtype)


# Landmarks whose distance an expression changes, in iBUG's order: lips, lids, brows above the eyes, the brows' inner
# ends, the mouth's width, its corners below the nose, the jaw below the nose.
PAIRS = (
    *((61, 67), (62, 66), (63, 65), (50, 58), (51, 57), (52, 56)),
    *((37, 41), (38, 40), (43, 47), (44, 46)),
    *((17, 36), (18, 36), (19, 37), (20, 38), (21, 39), (22, 42), (23, 43), (24, 44), (25, 45), (26, 45)),
    *((21, 22), (21, 27), (22, 27)),
    *((48, 54), (60, 64), (48, 33), (54, 33), (48, 51), (54, 51), (48, 57), (54, 57)),
    *((51, 33), (57, 33), (8, 33), (8, 57)),
)
