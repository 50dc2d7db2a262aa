"""Networks that a test builds in a moment."""

import torch
from torch import Tensor

from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.rotations import rotation_from_6d
from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.head_model.surface_points import HeadPoints
from trans3dhead.networks.alignment import Trans3DHead, build, config_from_dict

LAYOUT = ParametersLayout(shape=5, expression=3)
SMALL = {"backbone": "resnet18", "crop_size": 64, "width": 16, "heads": 4, "feed_forward": 2}
SURFACE = 32  # points of the head's surface
# All that goes past the paper, as the network that ships has it.
BEYOND = {
    "memory_stride": 16,
    "landmark_uncertainty": True,
    "surface_points": SURFACE,
    "landmark_memory": True,
    "head_fit": True,
    "surface_map": True,
    "memory_query_init": "both",
    "parameter_reference": "standardised",
}


def small_network(**fields: object) -> Trans3DHead:
    """ResNet-18 with narrow branches, float64, without dropout unless asked for; with a head where it fits one."""
    network = build(config_from_dict({**SMALL, "dropout": 0.0, **fields}), LAYOUT)
    assert isinstance(network, Trans3DHead)
    network = network.double()
    if network.config.head_fit:
        set_made_up_head(network)
    return network


def set_made_up_head(network: Trans3DHead) -> None:
    """Give a network with a fit a head, an average of its parameters, and where its points then are."""
    points = made_up_points(68 + network.config.surface_points)
    parameters, spread = frontal_parameters(), torch.full((LAYOUT.size,), 0.1, dtype=torch.float64)
    head = LAYOUT.unpack(parameters[None])
    camera = WeakPerspective(rotation_from_6d(head.rotation), head.translation, head.scale)
    average = camera.project(points.template[None])[0]
    network.set_reference(average[:68], parameters, spread)
    network.set_head(points, average[68:], spread)


def made_up_points(count: int, layout: ParametersLayout = LAYOUT) -> HeadPoints:
    """Points on an ellipsoid of a head's size, which coefficients move by millimetres; float64."""
    template = torch.nn.functional.normalize(torch.randn(count, 3, dtype=torch.float64), dim=1)
    template = template * torch.tensor([0.08, 0.12, 0.10])
    basis = 0.004 * torch.randn(layout.shape + layout.expression, count, 3, dtype=torch.float64)
    share = torch.rand(count, dtype=torch.float64)
    return HeadPoints(torch.arange(count - 68), template, basis, share / share.sum())


def frontal_parameters(layout: ParametersLayout = LAYOUT) -> Tensor:
    """(P,) an average head in the middle of its crop, which it fills; float64."""
    parameters = torch.zeros(layout.size, dtype=torch.float64)
    named = layout.unpack(parameters)  # views
    named.rotation[:] = torch.tensor([1.0, 0.0, 0.0, 0.0, -1.0, 0.0])
    named.scale[:] = 5.0
    return parameters
