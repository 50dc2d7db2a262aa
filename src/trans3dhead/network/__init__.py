"""The networks: Trans3DHead and DAD-3DNet, their configurations, their checkpoints, and the normalisation of input."""

from trans3dhead.network.build import Network, build
from trans3dhead.network.checkpoint import LoadedModel, check_head_model, is_checkpoint, load_model, save_checkpoint
from trans3dhead.network.config import (
    DAD3DNetConfig,
    NetworkConfig,
    Trans3DHeadConfig,
    config_from_dict,
    config_to_dict,
)
from trans3dhead.network.dad3dnet import DAD3DNet
from trans3dhead.network.prediction import Prediction
from trans3dhead.network.preprocess import IMAGENET_MEAN, IMAGENET_STD, normalize
from trans3dhead.network.trans3dhead import Trans3DHead

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "DAD3DNet",
    "DAD3DNetConfig",
    "LoadedModel",
    "Network",
    "NetworkConfig",
    "Prediction",
    "Trans3DHead",
    "Trans3DHeadConfig",
    "build",
    "check_head_model",
    "config_from_dict",
    "config_to_dict",
    "is_checkpoint",
    "load_model",
    "normalize",
    "save_checkpoint",
]
