"""A detector in one file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from trans3dhead.networks.detection.config import DetectorConfig, config_from_dict, config_to_dict
from trans3dhead.networks.detection.network import DetectorNetwork
from trans3dhead.networks.network_files import NetworkFiles

_FILES = NetworkFiles("trans3dhead_detector", "a detector")


@dataclass(frozen=True)
class _Block:
    """The JSON block of a detector."""

    config: dict[str, Any]
    metadata: dict[str, str] = field(default_factory=dict)


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
    """Write a detector, as it is trained, to a .safetensors file, whole or not at all; see `NetworkFiles.save`."""
    block = {"config": config_to_dict(network.config), "metadata": dict(metadata or {})}
    _FILES.save(path, network, block, dtype)


def is_detector(path: str | Path) -> bool:
    """Whether a file is a detector that `save_detector` wrote."""
    return _FILES.holds(path)


def load_detector(path: str | Path) -> LoadedDetector:
    """Build the network that a checkpoint describes and load its tensors, strictly, as float32 on the CPU."""
    network, block = _FILES.load(path, _Block, lambda block: DetectorNetwork(config_from_dict(block.config)))
    return LoadedDetector(network.eval(), network.config, block.metadata)
