"""Checkpoints of detectors: read, then asked about a picture."""

import tempfile
from pathlib import Path

import torch

from trans3dhead.networks.detection.checkpoint import load_detector, save_detector
from trans3dhead.networks.detection.config import DetectorConfig
from trans3dhead.networks.detection.network import DetectorNetwork, folded
from trans3dhead.weights.shipped import shipped_files


def seeds() -> list[bytes]:
    """A narrow detector."""
    config = DetectorConfig(stem=2, widths=(2, 4, 4, 4), depths=(0, 0, 1, 1), neck=4, head=4)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "detector.safetensors"
        save_detector(path, DetectorNetwork(config), {"licence": "CC0"})
        return [path.read_bytes()]


def read(data: bytes, folder: Path) -> None:
    """Read as a user would, ask about a picture, and list the file as one that ships."""
    path = folder / "detector.safetensors"
    path.write_bytes(data)
    network = folded(load_detector(path).network)
    shipped_files(folder)
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 64, 64)).boxes.shape == (1, 84, 4)
