"""The output of an alignment network."""

from dataclasses import dataclass

from torch import Tensor

LANDMARKS = 68


@dataclass(frozen=True)
class Prediction:
    """What the network says of a batch of crops; float32 under autocast too, but for the surface map."""

    landmarks: Tensor | None  # (B, 68, 2) crop units, 0 to 1; None: the network has no landmark branch
    parameters: Tensor  # (B, P) in the order of ParametersLayout
    partial_landmarks: Tensor | None  # (L, B, 68, 2) the sum after each layer; L is 1 without MARR
    heatmaps: Tensor | None = None  # (B, 68, S / 4, S / 4) before the sigmoid; DAD-3DNet's alone
    landmark_spread: Tensor | None = None  # (B, 68) crop units: the standard deviation of x and of y; None: not said
    surface: Tensor | None = None  # (L, B, M, 2) crop units: `surface_points` of the head, the sum after each layer
    surface_spread: Tensor | None = None  # (B, M) crop units, as `landmark_spread`
    surface_map: Tensor | None = None  # (B, 3, h, w) decimetres, in training: the part of the template in each cell
    unfitted: Tensor | None = None  # (B, P) what the parameter branch said before the fit; None: there is no fit
