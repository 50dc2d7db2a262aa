"""The mean of two networks, by the script's own command line."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from paths import REPOSITORY
from small_networks import small_network
from trans3dhead.networks.alignment import load_model, save_checkpoint

SCRIPT = REPOSITORY / "benchmarks" / "mean_of_weights.py"


def written(path: Path, seed: int, head: str = "0" * 64, **fields: object) -> Path:
    """A checkpoint with weights of its own, running statistics included."""
    torch.manual_seed(seed)
    network = small_network(**fields).float()
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.randn_like(tensor))
    save_checkpoint(path, network, "made-up", head, {"samples": str(seed)})
    return path


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *map(str, words)], capture_output=True, text=True, check=False)


def test_it_is_the_mean_of_every_tensor(tmp_path: Path):
    before, after, mean = written(tmp_path / "a.safetensors", 1), written(tmp_path / "b.safetensors", 2), tmp_path / "c"
    mean = mean.with_suffix(".safetensors")
    answer = run(before, after, "-o", mean, "--share", "0.25")
    assert answer.returncode == 0, answer.stderr
    one, other, mixed = (load_model(path) for path in (before, after, mean))
    assert mixed.config == other.config
    assert mixed.metadata == {"samples": "2", "mean_of": "a.safetensors, b.safetensors", "share": "0.25"}
    ends, goal = one.model.state_dict(), other.model.state_dict()
    for name, tensor in mixed.model.state_dict().items():
        wanted = 0.75 * ends[name] + 0.25 * goal[name] if tensor.is_floating_point() else goal[name]
        torch.testing.assert_close(tensor, wanted, atol=2e-3, rtol=1e-3, msg=name)  # stored in half precision


@pytest.mark.parametrize(("head", "fields"), [("1" * 64, {}), ("0" * 64, {"width": 32})])
def test_another_network_or_head_model_is_refused(tmp_path: Path, head: str, fields: dict[str, object]):
    before = written(tmp_path / "a.safetensors", 1)
    answer = run(before, written(tmp_path / "b.safetensors", 2, head, **fields), "-o", tmp_path / "c.safetensors")
    assert answer.returncode != 0
    assert "got another one" in answer.stderr
    assert not (tmp_path / "c.safetensors").exists()
