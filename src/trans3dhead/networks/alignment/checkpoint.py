"""A network that aligns heads in one file, with what its parameters mean."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trans3dhead.head_model import HeadModel, NumpyHeadModel
from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.head_model.trained_with import TrainedWith
from trans3dhead.networks.alignment.build import Network, build
from trans3dhead.networks.alignment.config import (
    OWN_BACKBONES,
    NetworkConfig,
    Trans3DHeadConfig,
    config_from_dict,
    config_to_dict,
)
from trans3dhead.networks.alignment.face_reader import FaceReader
from trans3dhead.networks.alignment.prediction import LANDMARKS
from trans3dhead.networks.alignment.trans3dhead import Trans3DHead
from trans3dhead.networks.alignment.transformers_backbone import TransformersBackbone
from trans3dhead.networks.network_files import NetworkFiles
from trans3dhead.weights.shipped import NamedHeadModel

_LANDMARKS_OFF = 1e-3  # metres; half precision in the file moves them by a tenth of a millimetre
_FILES = NetworkFiles("trans3dhead", "a trans3dhead checkpoint")


@dataclass(frozen=True)
class _Block:
    """The JSON block of a checkpoint."""

    config: dict[str, Any]
    layout: ParametersLayout
    head_model: NamedHeadModel
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadedModel:
    """A network and what its file says about it."""

    model: Network
    config: NetworkConfig
    layout: ParametersLayout
    head_model_name: str
    head_model_hash: str
    crop_size: int  # pixels
    metadata: Mapping[str, str]


def save_checkpoint(
    path: str | Path,
    model: Network,
    head_model_name: str,
    head_model_hash: str,
    metadata: Mapping[str, str] | None = None,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write a network to a .safetensors file, whole or not at all; dtype: see `NetworkFiles.save`."""
    config = model.config
    if isinstance(config, Trans3DHeadConfig) and isinstance(model.backbone, TransformersBackbone):
        config = replace(config, backbone_config=model.backbone.configuration)
    block = {
        "config": config_to_dict(config),
        "layout": asdict(model.layout),
        "head_model": {"name": head_model_name, "hash": head_model_hash},
        "metadata": dict(metadata or {}),
    }
    _FILES.save(path, model, block, dtype)


def is_checkpoint(path: str | Path) -> bool:
    """Whether a file is a network that `save_checkpoint` wrote, and not somebody else's weights."""
    return _FILES.holds(path)


def load_model(path: str | Path) -> LoadedModel:
    """Build the network that a checkpoint describes and load its tensors, strictly, as float32 on the CPU.

    Raises ValueError for a file that is none.
    """
    if Path(path).suffix == ".onnx":
        raise ValueError(f"{path}: expected a checkpoint, got a graph; give the network that it was made of")
    model, block = _FILES.load(path, _Block, _network_of)
    named = block.head_model
    return LoadedModel(
        model, model.config, model.layout, named.name, named.hash, model.config.crop_size, block.metadata
    )


def _network_of(block: _Block) -> Network:
    config = config_from_dict(block.config)
    _check_backbone(config)
    return build(config, block.layout)


def _check_backbone(config: NetworkConfig) -> None:
    """A file is data: no name in it may make transformers look for a folder or ask a hub."""
    named = config.backbone not in OWN_BACKBONES
    if named and (not isinstance(config, Trans3DHeadConfig) or config.backbone_config is None):
        raise ValueError(
            f"backbone {config.backbone!r} is none of {', '.join(OWN_BACKBONES)}, and the file does not hold its "
            "configuration"
        )


def check_head_model(loaded: LoadedModel, head_model: HeadModel | NumpyHeadModel) -> None:
    """Raise a ValueError unless the parameters that the network regresses are this head model's.

    So must be the landmarks of a network that fits the head to them: it keeps those that it was trained with.
    """
    TrainedWith(loaded.head_model_name, loaded.head_model_hash, loaded.layout).check(head_model)
    fit = loaded.model.head_fit if isinstance(loaded.model, Trans3DHead | FaceReader) else None
    if fit is None:
        return
    plain = head_model.numpy() if isinstance(head_model, HeadModel) else head_model
    own = plain.landmarks(plain.template)
    off = float(np.linalg.norm(fit.template[:LANDMARKS].cpu().numpy() - own, axis=1).max())
    if off > _LANDMARKS_OFF:
        raise ValueError(
            f"head model: its landmarks are up to {1000 * off:.1f} mm from those to which the network fits the head; "
            "load the head model file that it was trained with, or train again on this one"
        )
