"""A network in one file: its tensors as safetensors, and a JSON block that says how to build it again. No pickle."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from trans3dhead.files import replacing
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.network.backbone import TransformersBackbone
from trans3dhead.network.build import Network, build
from trans3dhead.network.config import NetworkConfig, Trans3DHeadConfig, config_from_dict, config_to_dict

_KEY = "trans3dhead"
_FORMAT = 1


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
    """Write a network to a .safetensors file, whole or not at all.

    dtype: float32, or float16 / bfloat16 to halve the file. Matrices and kernels are then rounded; vectors (biases,
    norms, running statistics) and whatever the smaller type cannot hold stay as they are.
    """
    config = model.config
    if isinstance(config, Trans3DHeadConfig) and isinstance(model.backbone, TransformersBackbone):
        config = replace(config, backbone_config=model.backbone.configuration)
    block = {
        "format": _FORMAT,
        "config": config_to_dict(config),
        "layout": asdict(model.layout),
        "head_model": {"name": head_model_name, "hash": head_model_hash},
        "metadata": dict(metadata or {}),
    }
    tensors = {name: stored(tensor.detach(), dtype) for name, tensor in model.state_dict().items()}
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={_KEY: json.dumps(block, sort_keys=True)})


def is_checkpoint(path: str | Path) -> bool:
    """Whether a file is a network that `save_checkpoint` wrote, and not somebody else's weights."""
    try:
        with safe_open(path, framework="numpy") as file:
            return _KEY in (file.metadata() or {})
    except (OSError, SafetensorError):
        return False


def load_model(path: str | Path) -> LoadedModel:
    """Build the network that a checkpoint describes and load its tensors, strictly, as float32 on the CPU."""
    block, tensors = _read(Path(path))
    try:
        config = config_from_dict(block["config"])
        layout = ParametersLayout(**block["layout"])
        head_model = block["head_model"]
        name, geometry_hash = head_model["name"], head_model["hash"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: its description does not fit this version of trans3dhead ({error})") from error
    with torch.random.fork_rng(devices=[]):  # initial weights are overwritten: leave the caller's generator alone
        model = build(config, layout)
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise ValueError(f"{path}: its tensors are not those of the network that it describes: {error}") from error
    return LoadedModel(model, config, layout, name, geometry_hash, config.crop_size, block.get("metadata", {}))


def check_head_model(loaded: LoadedModel, head_model: HeadModel) -> None:
    """Raise a ValueError unless the parameters that the network regresses are this head model's."""
    if loaded.head_model_hash != head_model.geometry_hash or loaded.layout != head_model.layout:
        raise ValueError(
            f"head model: the network was trained on {loaded.head_model_name!r} with geometry "
            f"{loaded.head_model_hash[:12]} and {loaded.layout.size} parameters, got {head_model.name!r} with geometry "
            f"{head_model.geometry_hash[:12]} and {head_model.layout.size}; load the head model file that it was "
            "trained with, or train again on this one"
        )


def stored(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """A tensor as `save_checkpoint` writes it: matrices and kernels of `dtype` where that can hold them."""
    # Clones: safetensors refuses tensors that share memory or are not contiguous (channels_last).
    whole = tensor.cpu().clone(memory_format=torch.contiguous_format)
    if tensor.ndim < 2 or not tensor.is_floating_point():
        return whole
    smaller = whole.to(dtype)
    return smaller if bool(smaller.isfinite().all()) else whole


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    if not path.is_file():
        raise ValueError(f"{path}: no such file; give the path of a trans3dhead checkpoint (.safetensors)")
    try:
        with safe_open(path, framework="pt") as file:
            block = json.loads((file.metadata() or {}).get(_KEY, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: not a safetensors file ({error}); expected a trans3dhead checkpoint") from error
    if not isinstance(block, dict):
        raise ValueError(f"{path}: no trans3dhead block in its metadata; expected a file that save_checkpoint wrote")
    if block.get("format") != _FORMAT:
        raise ValueError(f"{path}: format {block.get('format')!r}, this version reads {_FORMAT}; update trans3dhead")
    return block, {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}
