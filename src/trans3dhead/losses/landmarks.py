"""The landmark branch against the true landmarks."""

from torch import Tensor
from torch.nn.functional import smooth_l1_loss

from trans3dhead.data.targets import Targets
from trans3dhead.losses.weights import LossWeights
from trans3dhead.network.prediction import Prediction


def landmark_term(prediction: Prediction, targets: Targets, weights: LossWeights) -> Tensor:
    """The landmark loss of the last layer, or its mean over MARR's partial sums. A scalar."""
    sums = prediction.partial_landmarks if weights.partial_landmarks else prediction.landmarks
    if sums is None:
        raise ValueError(
            "prediction: expected the landmarks after each layer, got None; the network gives both or none"
        )
    # A leading L broadcasts.
    return landmark_loss(sums.float(), targets.landmarks, targets.landmark_mask, weights.landmark_beta)


def landmark_loss(predicted: Tensor, target: Tensor, mask: Tensor, beta: float = 1.0) -> Tensor:
    """Smooth L1, crop units. (B, 68, 2) twice, (B, 68) bool: inside the crop. Returns a scalar.

    beta: below this error the loss is square, error² / (2 beta), above it linear, |error| - beta / 2. Errors are far
    below 1, so at 1 it is a square, which the largest errors rule; at 0.01 every landmark pulls about alike.
    A landmark outside the crop counts as if it were right: the mean is over all of them, as DAD-3DNet has it, so a
    head with few visible landmarks weighs little.
    """
    each = smooth_l1_loss(predicted, target.expand_as(predicted), reduction="none", beta=beta)
    return (each * mask[..., None]).mean()
