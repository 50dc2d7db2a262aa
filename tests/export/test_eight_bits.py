"""Convolutions in eight bits: against those in float32, and with weights that lie in another file."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

from paths import ASTRONAUT
from small_networks import SMALL
from toy_sets import toy_head, toy_set
from trans3dhead.data.dataset import yaw_of
from trans3dhead.data.shards import ShardedSet
from trans3dhead.defaults import reader_of
from trans3dhead.export import eight_bits, export_onnx, onnx_file
from trans3dhead.export.check import mean_differences
from trans3dhead.export.eight_bits import calibration_crops, in_eight_bits, round_when_loaded, whole_batches
from trans3dhead.export.graph import CropNetwork
from trans3dhead.export.weights_apart import put_weights_apart
from trans3dhead.head_model import HeadModel
from trans3dhead.inference import Predictor
from trans3dhead.networks.alignment import build, config_from_dict, save_checkpoint

RANDOM = np.random.default_rng(0)
KERNELS = {"first": RANDOM.normal(size=(64, 3, 3, 3)), "second": RANDOM.normal(size=(16, 64, 3, 3)) / 24}
CROPS = RANDOM.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)


def graph() -> onnx.ModelProto:
    """Two convolutions over crops, of weights that are float16 numbers."""
    nodes = [
        helper.make_node("Cast", ["crops"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["floats", "white"], ["light"]),
        helper.make_node("Transpose", ["light"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "first"], ["map"], kernel_shape=[3, 3]),
        helper.make_node("Relu", ["map"], ["kept"]),
        helper.make_node("Conv", ["kept", "second"], ["said"], kernel_shape=[3, 3]),
    ]
    constants = {name: kernel.astype(np.float16).astype(np.float32) for name, kernel in KERNELS.items()}
    constants["white"] = np.array(255.0, np.float32)
    own = helper.make_graph(
        nodes,
        "two",
        [helper.make_tensor_value_info("crops", TensorProto.UINT8, ["N", 16, 16, 3])],
        [helper.make_tensor_value_info("said", TensorProto.FLOAT, ["N", 16, 12, 12])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    return helper.make_model(own, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def answer(model: onnx.ModelProto | Path) -> np.ndarray:
    source = str(model) if isinstance(model, Path) else model.SerializeToString()
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    return session.run(None, {"crops": CROPS})[0]


def int8_weights(model: onnx.ModelProto) -> list[np.ndarray]:
    arrays = [numpy_helper.to_array(tensor) for tensor in model.graph.initializer]
    return [array for array in arrays if array.dtype == np.int8 and array.ndim > 1]


def without_external(path: Path) -> onnx.ModelProto:
    """A graph's own arrays, those that lie in other files left out."""
    model = onnx.load(str(path), load_external_data=False)
    own = [tensor for tensor in model.graph.initializer if tensor.data_location != TensorProto.EXTERNAL]
    del model.graph.initializer[:]
    model.graph.initializer.extend(own)
    return model


def test_they_answer_nearly_what_float32_does():
    rounded = in_eight_bits(graph(), whole_batches(CROPS, 1))
    expected, got = answer(graph()), answer(rounded)
    assert 0 < np.abs(got - expected).mean() < 0.04 * np.abs(expected).mean()
    weights = int8_weights(rounded)
    assert len(weights) == 2
    assert max(np.abs(array.astype(int)).max() for array in weights) in (63, 64)  # two products fit into 16 bits


def test_weights_that_are_rounded_on_loading_are_the_same_and_lie_in_another_file(tmp_path: Path):
    whole = graph()
    rounded = in_eight_bits(whole, whole_batches(CROPS, 1))
    expected = answer(rounded)
    round_when_loaded(rounded, whole)
    np.testing.assert_array_equal(answer(rounded), expected)
    assert int8_weights(rounded) == []
    save_file({name: kernel.astype(np.float16) for name, kernel in KERNELS.items()}, tmp_path / "two.safetensors")
    put_weights_apart(rounded, [tmp_path / "two.safetensors"])
    onnx.save(rounded, str(tmp_path / "two.onnx"))
    np.testing.assert_array_equal(answer(tmp_path / "two.onnx"), expected)
    assert (tmp_path / "two.onnx").stat().st_size < KERNELS["second"].size


@pytest.mark.slow
@pytest.mark.parametrize("apart", [False, True])
def test_a_checkpoint_is_written_in_eight_bits(apart: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(onnx_file, "_CALIBRATED_ON", 8)
    head_model = toy_head(tmp_path)
    photographs = toy_set(tmp_path / "set", head_model, 8)
    torch.manual_seed(0)
    network = build(config_from_dict({**SMALL, "decoder_layers": 1}), head_model.layout).eval()
    network.set_reference(torch.rand(68, 2), torch.rand(head_model.layout.size))
    checkpoint = tmp_path / "model.safetensors"
    save_checkpoint(checkpoint, network, head_model.name, head_model.geometry_hash, {})
    done = export_onnx(
        checkpoint,
        tmp_path / "model.onnx",
        head_model,
        precision="int8",
        mesh=False,
        apart=apart,
        calibration=photographs,
    )
    assert 1e-6 < done.difference < done.tolerance == onnx_file.EIGHT_BITS_ELSE
    assert (int8_weights(without_external(done.path)) == []) == apart
    assert (done.size < 0.1 * checkpoint.stat().st_size) == apart
    crops = calibration_crops(photographs, 8, "head", network.config.crop_size, head_model)
    means = mean_differences(done.path, CropNetwork(network), whole_batches(crops, 4))
    assert means["landmarks"] == pytest.approx(done.difference, rel=0.2)
    arguments = {"precision": "int8", "mesh": False, "calibration": photographs}
    export_onnx(checkpoint, tmp_path / "fixed.onnx", head_model, batch=4, **arguments)
    with pytest.raises(ValueError, match="batch: expected 8 or less in eight bits, got 9"):
        export_onnx(checkpoint, tmp_path / "fixed.onnx", head_model, batch=9, **arguments)


def test_means_that_are_too_large_or_nan_are_refused(tmp_path: Path):
    for means in ({"landmarks": 0.006}, {"landmarks": 0.001, "parameters": float("nan")}):
        with pytest.raises(ValueError, match=f"not written, .*{list(means)[-1]} by (0.006|nan), at most"):
            onnx_file._check_means(tmp_path / "wrong.onnx", means)
    assert onnx_file._check_means(tmp_path / "right.onnx", {"landmarks": 0.004, "parameters": 0.02})


def test_too_few_heads_are_refused_and_backs_of_heads_left_out_of_faces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(eight_bits, "_FACING", 20.0)
    head_model = toy_head(tmp_path)
    photographs = toy_set(tmp_path / "set", head_model, 12)
    with pytest.raises(ValueError, match="expected 13 heads or more to calibrate on, got 12"):
        calibration_crops(photographs, 13, "head", 64, head_model)
    facing = sum(abs(yaw_of(head)) <= 20 for index in range(12) for head in ShardedSet(photographs).heads(index))
    assert 0 < facing < 12
    with pytest.raises(ValueError, match=f"expected 12 heads or more to calibrate on, got {facing}"):
        calibration_crops(photographs, 12, "face", 64, head_model)
    with pytest.raises(ValueError, match="head model"):
        calibration_crops(photographs, 3, "head", 64, HeadModel.shipped())


def test_a_graph_is_no_checkpoint():
    with pytest.raises(ValueError, match=r"small-int8\.onnx: expected a checkpoint, got a graph"):
        export_onnx("small-int8", "again.onnx")


@pytest.mark.slow
@pytest.mark.parametrize("closer_look", ["auto", "none"])
def test_what_ships_in_eight_bits_finds_the_same_head(closer_look: str):
    assert reader_of("small-int8", "auto") == "face-int8"
    (expected,) = Predictor("small", closer_look=closer_look)(ASTRONAUT)
    (head,) = Predictor("small-int8", closer_look=closer_look)(ASTRONAUT)
    size = np.sqrt(np.prod(expected.box[2:]))
    off = np.linalg.norm(head.landmarks - expected.landmarks, axis=1)
    assert 0 < off.mean() < 0.01 * size
    for angle in ("pitch", "yaw", "roll"):
        assert getattr(head.pose, angle) == pytest.approx(getattr(expected.pose, angle), abs=1.5)
    assert head.score == pytest.approx(expected.score, abs=0.05)
