"""The landmark branch against the true landmarks."""

import math

import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

from trans3dhead.data.annotations import Visibility
from trans3dhead.data.targets import Targets
from trans3dhead.losses.weights import LossWeights
from trans3dhead.networks.alignment.prediction import Prediction
from trans3dhead.training.engine.processes import weighted_mean


def landmark_term(prediction: Prediction, targets: Targets, weights: LossWeights) -> Tensor:
    """The landmark loss of the last layer, or its mean over MARR's partial sums. A scalar."""
    sums = prediction.partial_landmarks if weights.partial_landmarks else prediction.landmarks
    if sums is None:
        raise ValueError(
            "prediction: expected the landmarks after each layer, got None; the network gives both or none"
        )
    each = landmark_weights(targets.landmark_visibility, weights)
    # A leading L broadcasts.
    return landmark_loss(sums.float(), targets.landmarks, targets.landmark_mask, weights.landmark_beta, each)


def likelihood_term(prediction: Prediction, targets: Targets, weights: LossWeights) -> Tensor:
    """The likelihood loss of a network that says how far off its landmarks may be. A scalar."""
    if prediction.landmarks is None or prediction.landmark_spread is None:
        raise ValueError(
            "landmark_likelihood: expected a network that says the spread of its landmarks, got one that does not; "
            "set network.landmark_uncertainty"
        )
    each = landmark_weights(targets.landmark_visibility, weights) * targets.landmark_mask
    return likelihood_loss(prediction.landmarks.float(), prediction.landmark_spread.float(), targets.landmarks, each)


def likelihood_loss(predicted: Tensor, spread: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """The negative logarithm of a Gaussian's density, crop units. (B, 68, 2), (B, 68), (B, 68, 2), (B, 68); a scalar.

    spread: the standard deviation of x and of y. The mean is over landmarks by their weights, which are 0 outside of
    the crop: there is nothing to be sure about.
    """
    square = (predicted - target).square().sum(dim=-1)
    each = square / (2.0 * spread.square()) + 2.0 * spread.log() + math.log(2.0 * math.pi)
    return weighted_mean(each, weights)


def landmark_weights(visibility: Tensor, weights: LossWeights) -> Tensor:
    """(B, 68) of Visibility -> (B, 68) float32, 0 to 1: 1 where the photograph shows the landmark."""
    table = torch.ones(len(Visibility), device=visibility.device)
    table[Visibility.SELF_OCCLUDED] = weights.self_occluded_weight
    table[[Visibility.COVERED, Visibility.OUTSIDE]] = weights.covered_weight
    return table[visibility.long()]


def landmark_loss(
    predicted: Tensor, target: Tensor, mask: Tensor, beta: float = 1.0, weights: Tensor | None = None
) -> Tensor:
    """Smooth L1, crop units. (B, 68, 2) twice, (B, 68) bool: inside the crop. Returns a scalar.

    beta: below this error the loss is square, error² / (2 beta), above it linear, |error| - beta / 2. Errors are far
    below 1, so at 1 it is a square, which the largest errors rule; at 0.01 every landmark pulls about alike.
    weights: (B, 68), of the mean; all 1 where left out. A landmark outside the crop counts as if it were right: the
    mean is over all of them, as DAD-3DNet has it, so a head with few visible landmarks weighs little.
    """
    each = smooth_l1_loss(predicted, target.expand_as(predicted), reduction="none", beta=beta)
    each = (each * mask[..., None]).mean(dim=-1)
    if weights is None:
        return each.mean()
    return weighted_mean(each.reshape(-1, *weights.shape).mean(dim=0), weights)  # over a leading L first
