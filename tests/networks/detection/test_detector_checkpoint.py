"""A detector comes back from its file."""

import json
from dataclasses import asdict

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from trans3dhead.networks.detection.checkpoint import is_detector, load_detector, save_detector


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 0.0), (torch.float16, 1e-3)])
def test_it_comes_back(network, tmp_path, dtype, tolerance):
    path = tmp_path / "detector.safetensors"
    save_detector(path, network.to(memory_format=torch.channels_last), {"licence": "CC0"}, dtype)
    loaded = load_detector(path)
    assert loaded.config == network.config
    assert loaded.metadata == {"licence": "CC0"}
    assert not loaded.network.training
    for name, value in loaded.network.state_dict().items():
        expected = network.state_dict()[name]
        torch.testing.assert_close(value, expected, atol=tolerance, rtol=tolerance)
        assert value.dtype == expected.dtype


def test_loading_leaves_the_generator_alone(network, tmp_path):
    save_detector(tmp_path / "d.safetensors", network)
    before = torch.get_rng_state()
    load_detector(tmp_path / "d.safetensors")
    assert torch.equal(torch.get_rng_state(), before)


def test_other_files_are_told_apart(network, tmp_path):
    detector, other, text = (tmp_path / name for name in ("d.safetensors", "o.safetensors", "t.safetensors"))
    save_detector(detector, network)
    save_file({"a": torch.zeros(1)}, other)
    text.write_text("no tensors")
    assert [is_detector(path) for path in (detector, other, text, tmp_path / "none")] == [True, False, False, False]
    with pytest.raises(ValueError, match="no 'trans3dhead_detector' in its metadata; expected a detector"):
        load_detector(other)
    with pytest.raises(ValueError, match=r"not a readable \.safetensors file"):
        load_detector(text)
    with pytest.raises(ValueError, match="no such file; give the path of a detector"):
        load_detector(tmp_path / "none")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depths": [10**9, 0, 0, 0]}, r"depths: got \(1000000000, 0, 0, 0\), expected 0 to 64"),
        ({"neck": 1 << 40}, "neck: got 1099511627776, expected a positive even number of channels, at most 4096"),
        ({"widths": [4096] * 4, "depths": [64] * 4}, "its tensors are not those of the network"),  # 150 GB
        ({"widths": 8}, r"detector: \$\.widths: expected `array`, got `int`"),
        ({"stem": 2.0}, r"detector: \$\.stem: expected `int`, got `float`"),
    ],
)
def test_a_configuration_is_checked_before_a_network_is_built(network, tmp_path, changes, message):
    path = tmp_path / "d.safetensors"
    save_detector(path, network)
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    block = {"format": 1, "config": asdict(network.config) | changes}
    save_file(tensors, path, metadata={"trans3dhead_detector": json.dumps(block)})
    with pytest.raises(ValueError, match=message):
        load_detector(path)
