"""A detector as a file: ONNX Runtime finds the heads that PyTorch finds, in pictures of any size."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from typer.testing import CliRunner

from trans3dhead.cli import app
from trans3dhead.export import export_onnx
from trans3dhead.export.detector import DETECTOR_PRECISIONS
from trans3dhead.networks.detection.checkpoint import save_detector
from trans3dhead.networks.detection.config import THRESHOLD, DetectorConfig
from trans3dhead.networks.detection.found import find
from trans3dhead.networks.detection.network import DetectorNetwork
from trans3dhead.networks.preprocess import normalize

pytestmark = pytest.mark.slow  # PyTorch needs seconds for each graph


@pytest.fixture(scope="module")
def network() -> DetectorNetwork:
    """Small, and certain of some locations."""
    torch.manual_seed(0)
    network = DetectorNetwork(DetectorConfig(stem=8, widths=(8, 12, 16, 24), depths=(0, 1, 1, 1), neck=8, head=12))
    with torch.no_grad():
        for head in network.heads:
            head.out.weight.mul_(10)
            head.out.bias[0] += 4.0
    for _ in range(20):
        network(torch.randn(4, 3, 64, 96))
    return network.eval()


@pytest.fixture(scope="module")
def checkpoint(network: DetectorNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its file."""
    path = tmp_path_factory.mktemp("detector") / "detector.safetensors"
    save_detector(path, network, {"licence": "CC0"})
    return path


@pytest.fixture(scope="module")
def exported(checkpoint: Path) -> Path:
    """The ONNX file, by the command line."""
    path = checkpoint.with_suffix(".onnx")
    result = CliRunner().invoke(app, ["export", "--model", str(checkpoint), "-o", str(path)])
    assert result.exit_code == 0, result.output
    assert "outputs: boxes (K, 4), scores (K), rotations (K, 3, 3)" in result.output
    assert "without the names" not in result.output
    return path


def pictures(height: int, width: int) -> np.ndarray:
    cells = np.random.default_rng(height).integers(0, 256, (1, height // 8, width // 8, 3), dtype=np.uint8)
    return cells.repeat(8, axis=1).repeat(8, axis=2)


@pytest.mark.parametrize(("height", "width"), [(32, 64), (96, 96), (224, 160)])
@pytest.mark.parametrize("threshold", [THRESHOLD, 0.2])
def test_onnx_runtime_finds_what_pytorch_finds(network, exported, height, width, threshold):
    session = onnxruntime.InferenceSession(str(exported), providers=["CPUExecutionProvider"])
    picture = pictures(height, width)
    feed = {"picture": picture, "threshold": np.array([threshold], np.float32)}
    boxes, scores, rotations = session.run(["boxes", "scores", "rotations"], feed)
    with torch.inference_mode():
        dense = network(normalize(torch.from_numpy(picture).permute(0, 3, 1, 2)))
    (found,) = find(dense, threshold)
    assert 0 < len(found) < dense.scores.shape[1]
    np.testing.assert_allclose(scores, found.scores, atol=1e-4)
    np.testing.assert_allclose(boxes, found.boxes, atol=1e-2, rtol=1e-4)
    np.testing.assert_allclose(rotations, found.rotations, atol=1e-3)


def test_the_metadata_says_how_to_use_it(exported):
    session = onnxruntime.InferenceSession(str(exported), providers=["CPUExecutionProvider"])
    block = json.loads(session.get_modelmeta().custom_metadata_map["trans3dhead"])
    assert block["network"]["architecture"] == "detector"
    assert list(block["outputs"]) == [output.name for output in session.get_outputs()]
    assert block["suppression"] == {"overlap": 0.5, "most": 100}
    assert block["metadata"] == {"licence": "CC0"}


def test_float16_weights(checkpoint, tmp_path):
    done = export_onnx(checkpoint, tmp_path / "half.onnx", precision="float16")
    assert 0 < done.difference < done.tolerance == DETECTOR_PRECISIONS["float16"]


def test_options_of_alignment_networks_are_refused(checkpoint, tmp_path):
    with pytest.raises(ValueError, match="is a detector, which takes one picture and has no head model"):
        export_onnx(checkpoint, tmp_path / "d.onnx", batch=2)
    assert list(tmp_path.iterdir()) == []
