"""A detector comes back from its file."""

import pytest
import torch
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
