"""Random heads with labels and predictions that fit them, for tests of the losses."""

import torch

from trans3dhead.data.annotations import Visibility
from trans3dhead.data.targets import Targets
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.rotations import rotation_from_6d, rotation_from_euler, rotation_to_6d
from trans3dhead.head_model import HeadModel, HeadParameters
from trans3dhead.networks.alignment import Prediction


def random_parameters(count: int) -> HeadParameters:
    euler = torch.randn(count, 3) * torch.tensor([15.0, 40.0, 15.0])
    return HeadParameters(
        shape=torch.randn(count, 4),
        expression=torch.rand(count, 3),
        jaw=torch.zeros(count, 0),
        rotation=rotation_to_6d(rotation_from_euler(euler)),
        translation=0.1 * torch.randn(count, 3),
        scale=5.0 + torch.rand(count, 1),
    )


def targets_of(parameters: HeadParameters, head: HeadModel) -> Targets:
    """Labels that a weak-perspective camera fulfils exactly."""
    count = len(parameters.shape)
    vertices = head.vertices(parameters)
    rotation = rotation_from_6d(parameters.rotation)
    projected = WeakPerspective(rotation, parameters.translation, parameters.scale).project(vertices)
    return Targets(
        vertices=vertices,
        rotation=rotation,
        projected=projected,
        landmarks=head.landmarks(projected),
        landmark_mask=torch.ones(count, 68, dtype=torch.bool),
        landmark_visibility=torch.full((count, 68), Visibility.VISIBLE, dtype=torch.uint8),
        shape=parameters.shape,
        expression=parameters.expression,
        has_coefficients=torch.ones(count, dtype=torch.bool),
        parameters=head.layout.pack(parameters),
        box_size=torch.ones(count),
    )


def prediction_of(parameters: HeadParameters, head: HeadModel) -> Prediction:
    targets = targets_of(parameters, head)
    return Prediction(targets.landmarks, targets.parameters, torch.stack((targets.landmarks, targets.landmarks)))


def smooth_l1(difference: float, beta: float = 1.0) -> float:
    size = abs(difference)
    return size**2 / (2 * beta) if size < beta else size - beta / 2
