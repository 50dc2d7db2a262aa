"""The networks: Trans3DHead, DAD-3DNet, plain regression, the reader of faces; configurations, and checkpoints."""

from trans3dhead.networks.alignment.build import Network, build
from trans3dhead.networks.alignment.checkpoint import (
    LoadedModel,
    check_head_model,
    is_checkpoint,
    load_model,
    save_checkpoint,
)
from trans3dhead.networks.alignment.config import (
    DAD3DNetConfig,
    FaceReaderConfig,
    Framing,
    NetworkConfig,
    PooledConfig,
    Trans3DHeadConfig,
    config_from_dict,
    config_to_dict,
)
from trans3dhead.networks.alignment.dad3dnet import DAD3DNet
from trans3dhead.networks.alignment.face_reader import FaceReader
from trans3dhead.networks.alignment.pooled import Pooled
from trans3dhead.networks.alignment.prediction import Prediction
from trans3dhead.networks.alignment.trans3dhead import Trans3DHead

__all__ = [
    "DAD3DNet",
    "DAD3DNetConfig",
    "FaceReader",
    "FaceReaderConfig",
    "Framing",
    "LoadedModel",
    "Network",
    "NetworkConfig",
    "Pooled",
    "PooledConfig",
    "Prediction",
    "Trans3DHead",
    "Trans3DHeadConfig",
    "build",
    "check_head_model",
    "config_from_dict",
    "config_to_dict",
    "is_checkpoint",
    "load_model",
    "save_checkpoint",
]
