"""Shape and expression coefficients against their labels, where a label holds them."""

from torch import Tensor
from torch.nn.functional import smooth_l1_loss

from trans3dhead.data.targets import Targets
from trans3dhead.head_model import HeadModel
from trans3dhead.processes import weighted_mean

# Where the smooth L1 of the coefficients turns from square to linear.
_SHAPE_BETA = 1.0  # standard deviations
_EXPRESSION_BETA = 0.25  # of the range 0..1


def shape_coefficient_loss(predicted: Tensor, targets: Targets, head_model: HeadModel) -> Tensor:
    """Smooth L1 of (B, S) shape coefficients, square up to one standard deviation; a scalar.

    A mean in which each component counts as far as it moves the vertices, root mean square: the first ones
    change the whole head, the last ones nothing that a photograph shows. Heads without coefficients are left out.
    """
    each = smooth_l1_loss(predicted, targets.shape, reduction="none", beta=_SHAPE_BETA)
    each = each @ (head_model.shape_movement / head_model.shape_movement.sum())
    return weighted_mean(each, targets.has_coefficients)


def expression_coefficient_loss(predicted: Tensor, targets: Targets) -> Tensor:
    """Smooth L1 of (B, E) expression coefficients, a scalar. Heads without coefficients are left out.

    Square up to a quarter of an expression's range: a linear loss would let expressions, zero in most photographs,
    rest at the median, which is zero.
    """
    each = smooth_l1_loss(predicted, targets.expression, reduction="none", beta=_EXPRESSION_BETA)
    return weighted_mean(each.mean(dim=-1), targets.has_coefficients)
