"""The landmark branch against the true landmarks."""

from torch import Tensor
from torch.nn.functional import smooth_l1_loss

from trans3dhead.data.targets import Targets
from trans3dhead.network.prediction import Prediction


def landmark_term(prediction: Prediction, targets: Targets, partial: bool) -> Tensor:
    sums = prediction.partial_landmarks if partial else prediction.landmarks
    if sums is None:
        raise ValueError(
            "prediction: expected the landmarks after each layer, got None; the network gives both or none"
        )
    return landmark_loss(sums.float(), targets.landmarks, targets.landmark_mask)  # a leading L broadcasts


def landmark_loss(predicted: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Smooth L1, crop units. (B, 68, 2) twice, (B, 68) bool: inside the crop. Returns a scalar.

    A landmark outside the crop counts as if it were right: the mean is over all of them, as DAD-3DNet has it, so a
    head with few visible landmarks weighs little.
    """
    each = smooth_l1_loss(predicted, target.expand_as(predicted), reduction="none")
    return (each * mask[..., None]).mean()
