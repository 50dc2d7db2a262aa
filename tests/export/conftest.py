"""What the tests of exported files share."""

from pathlib import Path

import pytest
import torch

from lively_networks import lively_network
from trans3dhead.networks.alignment import save_checkpoint

for package in ("onnx", "onnxscript", "onnxruntime"):
    pytest.importorskip(package, reason="needs the extra `export`")


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
