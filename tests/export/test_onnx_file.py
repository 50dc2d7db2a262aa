"""From a checkpoint to a file: what it refuses, what it leaves behind, float16."""

import copy
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from lively_networks import lively_network, mosaics
from small_networks import LAYOUT
from trans3dhead.export import PRECISIONS, export_onnx, onnx_file
from trans3dhead.export.graph import CropNetwork, to_graph
from trans3dhead.head_model import HeadModel
from trans3dhead.networks.alignment import load_model, save_checkpoint


@pytest.mark.slow
def test_float16_halves_the_file_and_stays_within_its_tolerance(checkpoint: Path, tmp_path: Path):
    done = export_onnx(checkpoint, tmp_path / "half.onnx", precision="float16")
    assert done.size == (tmp_path / "half.onnx").stat().st_size < 0.6 * checkpoint.stat().st_size
    assert done.outputs == {"landmarks": ("N", 68, 2), "parameters": ("N", LAYOUT.size)}
    crops = mosaics(4, 64)
    session = onnxruntime.InferenceSession(str(done.path), providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        expected = CropNetwork(load_model(checkpoint).model)(torch.from_numpy(crops))
    for got, wanted in zip(session.run(None, {"crops": crops}), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=PRECISIONS["float16"], atol=PRECISIONS["float16"])
    assert 0 < done.difference < done.tolerance == PRECISIONS["float16"]
    block = json.loads(session.get_modelmeta().custom_metadata_map["trans3dhead"])
    assert block["precision"] == "float16"
    assert block["metadata"] == {"licence": "CC0"}
    assert not done.named
    assert "names" not in block["parameters"]["expression"]


@pytest.mark.slow
def test_a_graph_that_says_something_else_is_not_written(checkpoint: Path, tmp_path: Path, monkeypatch):
    def wrong(network: CropNetwork, batch: int | None) -> onnx.ModelProto:
        altered = copy.deepcopy(network)
        with torch.no_grad():
            altered.network.parameter_branch.head.bias.add_(0.01)
        return to_graph(altered, batch)

    monkeypatch.setattr(onnx_file, "to_graph", wrong)
    with pytest.raises(ValueError, match=r"not written, because ONNX Runtime and PyTorch differ by 0\.0"):
        export_onnx(checkpoint, tmp_path / "wrong.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_network_that_says_nan_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    save_checkpoint(tmp_path / "nan.safetensors", lively_network(decoder_layers=1), "elsewhere", "0" * 64)
    loaded = load_model(tmp_path / "nan.safetensors")
    with torch.no_grad():
        loaded.model.parameter_branch.head.bias.fill_(float("nan"))
    monkeypatch.setattr(onnx_file, "load_model", lambda _: loaded)
    (tmp_path / "nan.onnx").write_text("an older file")
    with pytest.raises(ValueError, match=r"differ by nan.*look for NaN"):
        export_onnx(tmp_path / "nan.safetensors", tmp_path / "nan.onnx")
    assert (tmp_path / "nan.onnx").read_text() == "an older file"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"output": "model.safetensors"},
            r"a file that ends with \.onnx, got 'model\.safetensors'",
        ),
        ({"precision": "int4"}, "precision: expected one of float32, float16, int8, got 'int4'"),
        ({"precision": "int8"}, "calibration: expected the folder of a synthetic set with precision int8, .*got None"),
        ({"calibration": "set"}, "calibration: expected .* none with another one; got set with float32"),
        ({"model": "detector", "precision": "int8", "calibration": "set"}, "a detector is not written in eight bits"),
        ({"precision": "float16", "apart": True}, "precision: expected none with weights apart.*got 'float16'"),
        ({"batch": 0}, "batch: expected 1 or more, or None for any, got 0"),
        ({"model": "huge"}, "expected a checkpoint's path or one of .*small.*, got 'huge'"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict, message: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        export_onnx(**{"model": "small", "output": "model.onnx", **arguments})
    assert list(tmp_path.iterdir()) == []


def test_another_head_model_is_refused(checkpoint: Path, toy: HeadModel, tmp_path: Path):
    with pytest.raises(ValueError, match="the network was trained on 'elsewhere'"):
        export_onnx(checkpoint, tmp_path / "model.onnx", head_model=toy)
    assert list(tmp_path.iterdir()) == []
