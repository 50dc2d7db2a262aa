"""Networks that a test builds in a moment."""

from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.networks.alignment import Trans3DHead, build, config_from_dict

LAYOUT = ParametersLayout(shape=5, expression=3)
SMALL = {"backbone": "resnet18", "crop_size": 64, "width": 16, "heads": 4, "feed_forward": 2}


def small_network(**fields: object) -> Trans3DHead:
    """ResNet-18 with narrow branches, float64, without dropout unless asked for."""
    network = build(config_from_dict({**SMALL, "dropout": 0.0, **fields}), LAYOUT)
    assert isinstance(network, Trans3DHead)
    return network.double()
