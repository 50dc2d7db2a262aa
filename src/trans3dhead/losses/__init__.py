"""The terms of the loss and their weighted sum.

Four terms are the paper's (eq. 8). More are off unless asked for: shape and expression coefficients (the fifth term,
in two parts), geodesic rotation, the distance of the vertices, the likelihood of landmarks with a spread, and
DAD-3DNet's heatmaps.
"""

from trans3dhead.losses.alignment import alignment_loss
from trans3dhead.losses.coefficients import expression_coefficient_loss, shape_coefficient_loss
from trans3dhead.losses.heatmaps import gaussian_heatmaps, heatmap_loss
from trans3dhead.losses.landmarks import landmark_loss, likelihood_loss
from trans3dhead.losses.rotation import euler_loss, rotation_angle
from trans3dhead.losses.vertices import (
    normalized_to_cube,
    reprojection_loss,
    shape_loss,
    supervised_vertices,
    vertex_distance,
)
from trans3dhead.losses.weights import Losses, LossWeights

__all__ = [
    "LossWeights",
    "Losses",
    "alignment_loss",
    "euler_loss",
    "expression_coefficient_loss",
    "gaussian_heatmaps",
    "heatmap_loss",
    "landmark_loss",
    "likelihood_loss",
    "normalized_to_cube",
    "reprojection_loss",
    "rotation_angle",
    "shape_coefficient_loss",
    "shape_loss",
    "supervised_vertices",
    "vertex_distance",
]
