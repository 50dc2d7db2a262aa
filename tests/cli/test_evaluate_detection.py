"""`trans3dhead evaluate detection` through the real command line."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from command_line import run
from paths import ASTRONAUT
from toy_sets import one_shard_set
from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import HeadModel
from trans3dhead.images import encode_jpeg
from trans3dhead.networks.detection.checkpoint import save_detector
from trans3dhead.networks.detection.config import DetectorConfig
from trans3dhead.networks.detection.network import DetectorNetwork


def label(box: tuple[float, float, float, float]) -> HeadAnnotation:
    """A head of the model that ships that looks into the camera, with this box."""
    head_model = HeadModel.shipped()
    return HeadAnnotation(
        shape=np.zeros(head_model.layout.shape, np.float32),
        expression=np.zeros(head_model.layout.expression, np.float32),
        rotation=rotation_from_euler(torch.zeros(3, dtype=torch.float64)).numpy(),
        translation=np.array([0.0, 0.0, 2.0]),
        focal=300.0,
        principal_point=np.array([256.0, 256.0]),
        image_size=(512, 512),
        box=np.array(box),
        visible=1.0,
    )


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """A photograph with a head, and a gray one with a label where nothing is."""
    head_model = HeadModel.shipped()
    gray = encode_jpeg(np.full((512, 512, 3), 90, np.uint8))
    pictures = [(ASTRONAUT.read_bytes(), (172.0, 32.0, 109.0, 147.0)), (gray, (100.0, 100.0, 60.0, 80.0))]
    photographs = [(jpeg, [label(box)]) for jpeg, box in pictures]
    return one_shard_set(tmp_path / "scenes", head_model, 512, photographs, kind="scenes")


def test_the_cascade_finds_one_of_two(scenes: Path, tmp_path: Path):
    result = run("evaluate", "detection", scenes, "--detector", "cascade", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    for words in ("scenes: cascade", "AP50 ", "by signed yaw", "by size", "by visible share"):
        assert words in " ".join(result.output.split())
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["metrics"]["recall"]["value"] == 50.0
    assert report["metrics"]["iou"]["count"] == 1
    assert report["metrics"]["rotation"] is None
    assert report["attributes"]["size"]["128 to 192"]["recall"]["value"] == 100.0
    assert report["attributes"]["size"]["64 to 96"]["recall"]["value"] == 0.0
    assert report["detection"]["threshold"] == 0.4
    assert report["detection"]["false_boxes"] == 0
    assert (tmp_path / "out" / "worst_recall.jpg").is_file()
    assert len((tmp_path / "out" / "samples.csv").read_text().splitlines()) == 3


def test_a_checkpoint_of_our_own_detector(scenes: Path, tmp_path: Path):
    torch.manual_seed(0)
    network = DetectorNetwork(DetectorConfig(8, (8, 8, 8, 8), (1, 1, 1, 1), 8, 8))
    save_detector(tmp_path / "tiny.safetensors", network)
    result = run("evaluate", "detection", scenes, "--detector", f"heads:{tmp_path / 'tiny.safetensors'}")
    assert result.exit_code == 0, result.output
    assert "measured, 2 samples" in result.output


def test_a_folder_of_something_else_is_refused(tmp_path: Path):
    result = run("evaluate", "detection", tmp_path)
    assert result.exit_code == 1
    assert "manifest" in result.output
