"""All terms of a batch and their weighted sum. Always computed in float32, also under autocast."""

import torch
from torch import Tensor

from trans3dhead.data.targets import Targets
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.rotations import rotation_from_6d
from trans3dhead.head_model import HeadModel
from trans3dhead.losses.coefficients import expression_coefficient_loss, shape_coefficient_loss
from trans3dhead.losses.heatmaps import heatmap_loss
from trans3dhead.losses.landmarks import landmark_term, likelihood_term
from trans3dhead.losses.rotation import euler_loss, rotation_angle
from trans3dhead.losses.vertices import vertex_terms
from trans3dhead.losses.weights import TERMS, Losses, LossWeights
from trans3dhead.networks.alignment.prediction import Prediction


def alignment_loss(
    prediction: Prediction,
    targets: Targets,
    head_model: HeadModel,
    weights: LossWeights,
    spread: Tensor | None = None,
) -> Losses:
    """All terms of a batch. The head model and everything here run in float32, whatever surrounds them.

    spread: (P,) the units in which errors of coefficients count, their deviations over the training set; None: 1.
    """
    vector = prediction.parameters.float()
    units = head_model.layout.unpack(torch.ones_like(vector[0]) if spread is None else spread)
    with torch.autocast(vector.device.type, enabled=False):
        parameters = head_model.layout.unpack(vector)
        rotation = rotation_from_6d(parameters.rotation)
        terms = {name: vector.new_zeros(()) for name in TERMS}
        if weights.landmarks and prediction.landmarks is not None:
            terms["landmarks"] = landmark_term(prediction, targets, weights)
        if weights.landmark_likelihood:
            terms["landmark_likelihood"] = likelihood_term(prediction, targets, weights)
        if weights.shape3d or weights.reprojection or weights.vertex_distance:
            vertices = head_model.vertices(parameters)
            camera = WeakPerspective(rotation, parameters.translation, parameters.scale)
            terms |= vertex_terms(vertices, camera, targets, head_model, weights)
        if weights.euler:
            terms["euler"] = euler_loss(rotation, targets.rotation, weights.euler_lock)
        if weights.shape_coefficients:
            terms["shape_coefficients"] = shape_coefficient_loss(parameters.shape, targets, head_model, units.shape)
        if weights.expression_coefficients:
            terms["expression_coefficients"] = expression_coefficient_loss(
                parameters.expression, targets, head_model, units.expression
            )
        if weights.rotation:
            terms["rotation"] = rotation_angle(rotation, targets.rotation).mean()
        if weights.heatmaps and prediction.heatmaps is not None:
            terms["heatmaps"] = heatmap_loss(prediction.heatmaps.float(), targets.landmarks, targets.landmark_mask)
        total = torch.stack([getattr(weights, name) * term for name, term in terms.items()]).sum()
    return Losses(**terms, total=total)
