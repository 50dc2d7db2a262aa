"""Networks that a test builds in a moment."""

from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.network import Trans3DHead, Trans3DHeadConfig, build

LAYOUT = ParametersLayout(shape=5, expression=3)
SMALL = {"backbone": "resnet18", "crop_size": 64, "width": 16, "heads": 4, "feed_forward": 2}


def small_network(**fields: object) -> Trans3DHead:
    """ResNet-18 with narrow branches, float64, without dropout unless asked for."""
    return build(Trans3DHeadConfig.from_dict({**SMALL, "dropout": 0.0, **fields}), LAYOUT).double()
