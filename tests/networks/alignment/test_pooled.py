"""Plain regression: its formula, where it starts, saving."""

import pytest
import torch

from small_networks import LAYOUT
from trans3dhead.networks.alignment import Pooled, PooledConfig, build, config_from_dict, load_model, save_checkpoint


@pytest.fixture
def pooled() -> Pooled:
    network = build(PooledConfig(crop_size=64), LAYOUT).double()
    assert isinstance(network, Pooled)
    return network


def test_it_is_a_linear_map_of_the_mean_over_the_map(pooled: Pooled, crops: torch.Tensor) -> None:
    pooled.eval()
    prediction = pooled(crops)
    pooled_by_torch = torch.nn.functional.adaptive_avg_pool2d(pooled.backbone(crops), 1).flatten(1)
    expected = torch.nn.functional.linear(pooled_by_torch, pooled.head.weight, pooled.head.bias)
    assert prediction.landmarks.shape == (3, 68, 2)
    torch.testing.assert_close(prediction.landmarks.flatten(1), expected[:, :136])
    torch.testing.assert_close(prediction.parameters, expected[:, 136:])


def test_gradients_reach_every_parameter(pooled: Pooled, crops: torch.Tensor) -> None:
    prediction = pooled(crops)
    (prediction.landmarks.square().sum() + prediction.parameters.square().sum()).backward()
    assert [name for name, p in pooled.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_it_starts_about_the_averages(pooled: Pooled, crops: torch.Tensor) -> None:
    landmarks, parameters = torch.rand(68, 2, dtype=torch.float64), torch.rand(LAYOUT.size, dtype=torch.float64)
    pooled.set_reference(landmarks, parameters)
    torch.nn.init.zeros_(pooled.head.weight)
    prediction = pooled(crops)
    torch.testing.assert_close(prediction.landmarks, landmarks.expand(3, -1, -1))
    torch.testing.assert_close(prediction.parameters, parameters.expand(3, -1))


def test_a_save_brings_the_same_network_back(pooled: Pooled, crops: torch.Tensor, tmp_path) -> None:
    save_checkpoint(tmp_path / "pooled.safetensors", pooled, "anny", "0" * 64)
    loaded = load_model(tmp_path / "pooled.safetensors")
    assert loaded.config == pooled.config
    expected, got = pooled.float().eval()(crops.float()), loaded.model.eval()(crops.float())
    torch.testing.assert_close(got.parameters, expected.parameters)
    torch.testing.assert_close(got.landmarks, expected.landmarks)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"width": 128}, "unknown width; valid fields are backbone, crop_size"),
        ({"crop_size": 80}, "crop_size: got 80, expected a positive multiple of 32"),
        ({"backbone": "slim"}, "backbone: got 'slim', expected one of resnet18"),
        ({"shape_parameters": -1}, "shape_parameters: got -1, expected 0 or more"),
    ],
)
def test_a_wrong_configuration_is_named(fields: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config_from_dict({"architecture": "pooled", **fields})
