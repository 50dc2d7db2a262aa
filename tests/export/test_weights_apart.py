"""Graphs that take their weights from .safetensors files."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

from trans3dhead.export.weights_apart import put_weights_apart

RANDOM = np.random.default_rng(0)
STORED = {
    "whole": RANDOM.normal(size=(32, 40)).astype(np.float32),
    "half": RANDOM.normal(size=(40, 64)).astype(np.float16),
    "kernel": RANDOM.normal(size=(64, 2, 3, 3)).astype(np.float32),
    "basis": RANDOM.normal(size=(64, 12, 3)).astype(np.float16),
    "small": RANDOM.normal(size=64).astype(np.float32),
}
SCALE = RANDOM.uniform(-2.0, 2.0, (64, 1, 1, 1)).astype(np.float32)
# What an exporter makes of them: as it is, widened, transposed, rows scaled, in another shape, and none of them.
USED = {
    "as_it_is": STORED["whole"],
    "widened": STORED["half"].astype(np.float32),
    "transposed": np.ascontiguousarray(STORED["whole"].T),
    "scaled": STORED["kernel"] * SCALE,
    "reshaped": STORED["basis"].astype(np.float32).reshape(64, 36),
    "of_no_file": RANDOM.normal(size=(30, 40)).astype(np.float32),
    "bias": STORED["small"],
}


def graph() -> onnx.ModelProto:
    """Answers each of its weights."""
    nodes = [helper.make_node("Identity", [name], [f"{name}_out"]) for name in USED]
    outputs = [helper.make_tensor_value_info(f"{n}_out", TensorProto.FLOAT, a.shape) for n, a in USED.items()]
    initializers = [numpy_helper.from_array(array, name) for name, array in USED.items()]
    graph = helper.make_graph(nodes, "weights", [], outputs, initializers)
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 18)])


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The stored tensors, in two files."""
    paths = [tmp_path / "network.safetensors", tmp_path / "head.safetensors"]
    save_file({name: STORED[name] for name in ("whole", "half", "kernel", "small")}, paths[0], metadata={"a": "b"})
    save_file({"basis": STORED["basis"]}, paths[1])
    return paths


def test_the_graph_has_the_same_weights_and_none_of_its_own(files: list[Path], tmp_path: Path):
    model = graph()
    hashes = put_weights_apart(model, files)
    assert hashes == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    onnx.save(model, tmp_path / "graph.onnx")
    assert (tmp_path / "graph.onnx").stat().st_size < USED["of_no_file"].nbytes + 4096
    session = onnxruntime.InferenceSession(str(tmp_path / "graph.onnx"), providers=["CPUExecutionProvider"])
    for (name, wanted), got in zip(USED.items(), session.run(None, {}), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5 if name == "scaled" else 0, atol=1e-7, err_msg=name)


def test_each_tensor_is_named_once(files: list[Path]):
    model = graph()
    put_weights_apart(model, files)
    names = [tensor.name for tensor in model.graph.initializer]
    assert len(names) == len(set(names))  # "whole" serves two of them
    outside = [tensor for tensor in model.graph.initializer if tensor.data_location == TensorProto.EXTERNAL]
    assert len(outside) == 4
