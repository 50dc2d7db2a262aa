"""What the tests of exported files share."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from lively_networks import lively_network
from trans3dhead.networks.alignment import save_checkpoint

for package in ("onnx", "onnxscript", "onnxruntime"):
    pytest.importorskip(package, reason="needs the extra `export`")


@pytest.fixture(scope="session", autouse=True)
def _one_trace_of_a_network() -> Iterator[None]:
    """PyTorch needs ten seconds and more for each graph; a network has the same one in all its files."""
    import onnx

    from trans3dhead.export import detector, graph

    trace, traces = graph.traced, {}

    def traced(
        network: nn.Module, example: Tensor, name: str, outputs: Sequence[str], dynamic_shapes: tuple[dict, ...] | None
    ) -> onnx.ModelProto:
        weights = hashlib.sha256(b"".join(value.numpy().tobytes() for value in network.state_dict().values()))
        key = (weights.digest(), str(network.network.config), example.shape, tuple(outputs), str(dynamic_shapes))
        if key not in traces:
            traces[key] = trace(network, example, name, outputs, dynamic_shapes)
        copy = onnx.ModelProto()
        copy.CopyFrom(traces[key])
        return copy

    with pytest.MonkeyPatch.context() as patch:
        for module in (graph, detector):
            patch.setattr(module, "traced", traced)
        yield


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a small network, for a head model that does not ship. Not to be changed."""
    path = tmp_path_factory.mktemp("checkpoint") / "model.safetensors"
    torch.manual_seed(0)
    save_checkpoint(path, lively_network(spread=0.02, decoder_layers=1), "elsewhere", "0" * 64, {"licence": "CC0"})
    return path


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped network, exported by the real command line. Not to be changed."""
    from typer.testing import CliRunner

    from trans3dhead.cli import app

    path = tmp_path_factory.mktemp("small") / "small.onnx"
    done = CliRunner().invoke(app, ["export", "--model", "small", "-o", str(path)])
    assert done.exit_code == 0, done.output
    (path.parent / "printed.txt").write_text(done.output)
    return path
