"""From a configuration to a network."""

from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.networks.alignment.config import (
    DAD3DNetConfig,
    FaceReaderConfig,
    NetworkConfig,
    PooledConfig,
    Trans3DHeadConfig,
)
from trans3dhead.networks.alignment.dad3dnet import DAD3DNet
from trans3dhead.networks.alignment.face_reader import FaceReader
from trans3dhead.networks.alignment.pooled import Pooled
from trans3dhead.networks.alignment.trans3dhead import Trans3DHead

Network = Trans3DHead | DAD3DNet | Pooled | FaceReader


def build(config: NetworkConfig, layout: ParametersLayout) -> Network:
    """The network of a configuration for a head model's parameters, with random weights, in training mode.

    ImageNet weights are asked for by name: `model.backbone.load_pretrained(path or hub id)`.
    """
    match config:
        case Trans3DHeadConfig():
            return Trans3DHead(config, layout)
        case DAD3DNetConfig():
            return DAD3DNet(config, layout)
        case PooledConfig():
            return Pooled(config, layout)
        case FaceReaderConfig():
            return FaceReader(config, layout)
    raise ValueError(f"config: expected the configuration of a network, got {type(config).__name__}")
