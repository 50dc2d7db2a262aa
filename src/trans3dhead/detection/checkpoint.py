"""A detector in one file: its tensors as safetensors, and a JSON block that says how to build it again. No pickle."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from trans3dhead.detection.config import DetectorConfig, config_from_dict, config_to_dict
from trans3dhead.detection.network import DetectorNetwork
from trans3dhead.files import replacing
from trans3dhead.network.checkpoint import stored

_KEY = "trans3dhead_detector"
_FORMAT = 1


@dataclass(frozen=True)
class LoadedDetector:
    """A detector and what its file says about it."""

    network: DetectorNetwork  # with its batch norms; `folded` makes the one to run
    config: DetectorConfig
    metadata: Mapping[str, str]


def save_detector(
    path: str | Path,
    network: DetectorNetwork,
    metadata: Mapping[str, str] | None = None,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write a detector, as it is trained, to a .safetensors file, whole or not at all.

    dtype: float32, or float16 / bfloat16 to halve the file: kernels are then rounded, vectors stay as they are.
    """
    block = {"format": _FORMAT, "config": config_to_dict(network.config), "metadata": dict(metadata or {})}
    tensors = {name: stored(tensor.detach(), dtype) for name, tensor in network.state_dict().items()}
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={_KEY: json.dumps(block, sort_keys=True)})


def is_detector(path: str | Path) -> bool:
    """Whether a file is a detector that `save_detector` wrote."""
    try:
        with safe_open(path, framework="numpy") as file:
            return _KEY in (file.metadata() or {})
    except (OSError, SafetensorError):
        return False


def load_detector(path: str | Path) -> LoadedDetector:
    """Build the network that a checkpoint describes and load its tensors, strictly, as float32 on the CPU."""
    block, tensors = _read(Path(path))
    try:
        config = config_from_dict(block["config"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: its description does not fit this version of trans3dhead ({error})") from error
    with torch.random.fork_rng(devices=[]):  # initial weights are overwritten: leave the caller's generator alone
        network = DetectorNetwork(config)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise ValueError(f"{path}: its tensors are not those of the network that it describes: {error}") from error
    return LoadedDetector(network.eval(), config, block.get("metadata", {}))


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    if not path.is_file():
        raise ValueError(f"{path}: no such file; give the path of a detector (.safetensors)")
    try:
        with safe_open(path, framework="pt") as file:
            block = json.loads((file.metadata() or {}).get(_KEY, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: not a safetensors file ({error}); expected a detector") from error
    if not isinstance(block, dict):
        raise ValueError(f"{path}: no detector's block in its metadata; expected a file that save_detector wrote")
    if block.get("format") != _FORMAT:
        raise ValueError(f"{path}: format {block.get('format')!r}, this version reads {_FORMAT}; update trans3dhead")
    return block, {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}
