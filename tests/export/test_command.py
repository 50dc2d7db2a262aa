"""The command line on the network that ships, and the documentation's example on what it wrote."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from command_line import done
from paths import ASTRONAUT, REPOSITORY
from trans3dhead.head_model import HeadModel
from trans3dhead.inference import Predictor, read_photograph
from trans3dhead.networks.alignment import load_model
from trans3dhead.networks.preprocess import normalize
from trans3dhead.weights.shipped import network_path

pytestmark = pytest.mark.slow  # PyTorch needs seconds to export


def test_it_prints_what_it_wrote(small: Path):
    printed = (small.parent / "printed.txt").read_text()
    assert "outputs: landmarks (N, 68, 2), " in printed
    assert "parameters (N, 212), rotation (N, 3, 3), euler (N, 3), vertices (N, 4570, 3), projected (N" in printed
    assert re.search(r"largest difference from PyTorch: \d\.\de-0\d, allowed 1e-04", printed)
    assert "without the names" not in printed


def test_onnx_runtime_says_what_pytorch_says_of_the_shipped_network(small: Path):
    photograph = read_photograph(ASTRONAUT)
    size = load_model(network_path("small")).crop_size
    crops = np.stack([photograph[y : y + size, x : x + size] for x, y in ((0, 0), (160, 40), (170, 60), (300, 300))])
    session = onnxruntime.InferenceSession(str(small), providers=["CPUExecutionProvider"])
    landmarks, parameters = session.run(["landmarks", "parameters"], {"crops": crops})
    with torch.inference_mode():
        network = load_model(network_path("small")).model.eval()
        expected = network(normalize(torch.from_numpy(crops).permute(0, 3, 1, 2)))
    np.testing.assert_allclose(landmarks, expected.landmarks, atol=1e-5)
    inside = HeadModel.shipped().numpy().clamped(expected.parameters.numpy())
    np.testing.assert_allclose(parameters, inside, atol=1e-4)


def test_the_metadata_is_read_back_by_onnx_runtime(small: Path):
    session = onnxruntime.InferenceSession(str(small), providers=["CPUExecutionProvider"])
    block = json.loads(session.get_modelmeta().custom_metadata_map["trans3dhead"])
    loaded, head_model = load_model(network_path("small")), HeadModel.shipped()
    assert block["network"]["architecture"] == "trans3dhead"
    assert block["network"]["width"] == loaded.config.width
    assert block["head_model"] == {"name": "anny", "hash": head_model.geometry_hash}
    assert block["crop"]["size"] == session.get_inputs()[0].shape[1] == loaded.crop_size
    shapes = {output.name: output.shape for output in session.get_outputs()}
    assert block["parameters"]["scale"]["stop"] == shapes["parameters"][1] == 212
    assert tuple(block["parameters"]["expression"]["names"]) == head_model.expression_names
    assert list(block["outputs"]) == [output.name for output in session.get_outputs()]


def test_nothing_of_the_machine_is_left_in_the_file(small: Path):
    model = onnx.load(small)
    for tensor in model.graph.initializer:
        tensor.ClearField("raw_data")  # among millions of bytes any three letters turn up
    content = model.SerializeToString()
    assert len(content) > 10_000
    assert b".py" not in content
    assert str(REPOSITORY).encode() not in content


def test_the_documented_lines_find_the_heads_of_the_predictor(small: Path, tmp_path: Path, monkeypatch):
    """On the example photograph, larger, and with the doubtful box that its suit gives."""
    done("export", "--model", "detector", "-o", tmp_path / "detector.onnx")
    (tmp_path / "small.onnx").symlink_to(small)
    photograph = read_photograph(ASTRONAUT)
    larger = cv2.resize(photograph, (1501, 1500), interpolation=cv2.INTER_CUBIC)
    monkeypatch.chdir(tmp_path)
    lines = re.search(r"```python\n(.*?)```", (REPOSITORY / "docs/export.md").read_text(), re.DOTALL)
    for image in (photograph, larger, photograph[:, ::-1]):
        np.save(tmp_path / "photo.npy", image)
        names: dict = {}
        exec(lines[1], names)
        found = sorted(names["heads"], key=lambda head: -head["box"][2:].prod())
        expected = Predictor("small", closer_look="none")(image)
        assert len(found) == len(expected) > 0
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one["euler"], [other.pose.pitch, other.pose.yaw, other.pose.roll], atol=0.1)
            assert np.abs(one["landmarks"] - other.landmarks).max() < 0.002 * other.box[2:].max()
            assert np.abs(one["projected"] - other.projected).max() < 0.002 * other.box[2:].max()
