"""The losses of the networks: pure functions of what a network says and what is true, and the terms made of them."""

from trans3dhead.losses.alignment import AlignmentLossConfig, alignment_loss
from trans3dhead.losses.mean import Losses, WeightedMean

__all__ = ["AlignmentLossConfig", "Losses", "WeightedMean", "alignment_loss"]
