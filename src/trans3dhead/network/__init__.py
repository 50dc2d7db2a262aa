"""The networks: Trans3DHead, its configuration, its checkpoints, and the normalisation of its input."""

from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.network.checkpoint import LoadedModel, check_head_model, load_model, save_checkpoint
from trans3dhead.network.config import Trans3DHeadConfig
from trans3dhead.network.preprocess import IMAGENET_MEAN, IMAGENET_STD, normalize
from trans3dhead.network.trans3dhead import Prediction, Trans3DHead

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "LoadedModel",
    "Prediction",
    "Trans3DHead",
    "Trans3DHeadConfig",
    "build",
    "check_head_model",
    "load_model",
    "normalize",
    "save_checkpoint",
]


def build(config: Trans3DHeadConfig, layout: ParametersLayout) -> Trans3DHead:
    """The network of a configuration for a head model's parameters, with random weights, in training mode.

    ImageNet weights are asked for by name: `model.backbone.load_pretrained(path or hub id)`.
    """
    match config:
        case Trans3DHeadConfig():
            return Trans3DHead(config, layout)
    raise ValueError(f"config: expected a Trans3DHeadConfig, got {type(config).__name__}")
