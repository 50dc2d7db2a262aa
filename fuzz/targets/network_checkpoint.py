"""Checkpoints of networks that align heads: read, then asked about a crop."""

import json
import tempfile
from pathlib import Path
from typing import Any

import torch

from small_networks import BEYOND, LAYOUT
from trans3dhead.networks.alignment import build, config_from_dict, load_model, save_checkpoint
from trans3dhead.networks.preprocess import normalize
from trans3dhead.weights.shipped import shipped_files

_SLIM = {
    "backbone": "slim",
    "backbone_widths": [4, 4, 8, 8, 8],
    "crop_size": 64,
    "width": 8,
    "heads": 2,
    "feed_forward": 1,
    "query_aware_memory": "none",
    "memory_query_rank": 2,
}
_BEYOND = BEYOND | {"backbone_widths": [4, 4, 8, 8]}
_TRANSFORMERS = {"model_type": "resnet", "embedding_size": 8, "hidden_sizes": [8], "depths": [1], "out_indices": [-1]}
_LARGEST = 1 << 18  # pixels of a crop that a network is asked about


def seeds() -> list[bytes]:
    """Small networks: the paper's parts, all that goes past it, and a backbone of transformers."""
    backbone = {"backbone": "a folder", "backbone_widths": None, "backbone_config": json.dumps(_TRANSFORMERS)}
    return [_written(_SLIM), _written(_SLIM | _BEYOND), _written(_SLIM | backbone)]


def read(data: bytes, folder: Path) -> None:
    """Read as a user would, ask about a crop, and list the file as one that ships."""
    path = folder / "network.safetensors"
    path.write_bytes(data)
    loaded = load_model(path)
    shipped_files(folder)
    if loaded.crop_size**2 <= _LARGEST:
        crops = torch.zeros(1, loaded.crop_size, loaded.crop_size, 3, dtype=torch.uint8).permute(0, 3, 1, 2)
        with torch.inference_mode():
            assert loaded.model.eval()(normalize(crops)).parameters.shape == (1, loaded.layout.size)


def _written(config: dict[str, Any]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.safetensors"
        save_checkpoint(path, build(config_from_dict(config), LAYOUT), "toy", "f" * 64, {"licence": "CC0"})
        return path.read_bytes()
