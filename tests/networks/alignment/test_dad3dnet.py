"""DAD-3DNet: shapes, gradients everywhere, saving; the pyramid's fusion against the formula."""

import pytest
import torch

from small_networks import LAYOUT
from trans3dhead.head_model import ParametersLayout
from trans3dhead.networks.alignment import (
    DAD3DNet,
    DAD3DNetConfig,
    build,
    config_from_dict,
    load_model,
    save_checkpoint,
)
from trans3dhead.networks.alignment.bifpn import BiFPN, Fusion


@pytest.fixture
def baseline() -> DAD3DNet:
    config = DAD3DNetConfig(backbone="resnet18", crop_size=128, filters=16, hidden=32, dropout=0.0)
    network = build(config, LAYOUT).double()
    assert isinstance(network, DAD3DNet)
    return network


@pytest.fixture
def crops() -> torch.Tensor:
    return torch.randn(2, 3, 128, 128, dtype=torch.float64)


def test_what_it_predicts(baseline: DAD3DNet, crops: torch.Tensor) -> None:
    prediction = baseline(crops)
    assert prediction.landmarks.shape == (2, 68, 2)
    assert (prediction.landmarks >= 0).all()
    assert prediction.parameters.shape == (2, LAYOUT.size)
    assert (prediction.parameters[:, : LAYOUT.shape + LAYOUT.expression].abs() <= 3).all()
    assert prediction.heatmaps.shape == (2, 68, 32, 32)


def test_gradients_reach_every_parameter(baseline: DAD3DNet, crops: torch.Tensor) -> None:
    baseline.set_reference(torch.full((68, 2), 0.5), torch.zeros(LAYOUT.size))
    prediction = baseline(crops)
    sum(
        output.square().sum() for output in (prediction.landmarks, prediction.parameters, prediction.heatmaps)
    ).backward()
    silent = [name for name, p in baseline.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


def test_it_starts_at_the_averages(baseline: DAD3DNet, crops: torch.Tensor) -> None:
    landmarks, parameters = torch.rand(68, 2, dtype=torch.float64), torch.rand(LAYOUT.size, dtype=torch.float64)
    baseline.set_reference(landmarks, parameters)
    for head in (baseline.coefficients, baseline.pose, baseline.landmarks):
        torch.nn.init.zeros_(head[-1].weight)
    prediction = baseline(crops)
    torch.testing.assert_close(prediction.landmarks, landmarks.expand(2, -1, -1))
    torch.testing.assert_close(prediction.parameters, parameters.expand(2, -1))


def test_a_save_brings_the_same_network_back(baseline: DAD3DNet, crops: torch.Tensor, tmp_path) -> None:
    save_checkpoint(tmp_path / "baseline.safetensors", baseline, "anny", "0" * 64)
    loaded = load_model(tmp_path / "baseline.safetensors")
    assert loaded.config == baseline.config
    baseline.float().eval()
    expected, got = baseline(crops.float()), loaded.model.eval()(crops.float())
    torch.testing.assert_close(got.parameters, expected.parameters)
    torch.testing.assert_close(got.landmarks, expected.landmarks)


def test_a_node_is_the_weighted_mean_of_its_inputs() -> None:
    fusion = Fusion(4, 2).double().eval()
    with torch.no_grad():
        fusion.weights.copy_(torch.tensor([3.0, -1.0]))
    one, other = torch.rand(2, 1, 4, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(fusion(one, other), fusion(one, one * 7.0))  # a negative weight counts as zero


def test_the_pyramid_has_five_levels_each_half_as_fine() -> None:
    maps = [torch.randn(1, channels, side, side) for channels, side in ((8, 16), (16, 8), (32, 4))]
    levels = BiFPN([8, 16, 32], 12, 2).eval()(maps)
    assert [tuple(level.shape[1:]) for level in levels] == [(12, side, side) for side in (16, 8, 4, 2, 1)]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"architecture": "resnet"}, "unknown architecture 'resnet', expected one of trans3dhead, dad3dnet, pooled"),
        ({"architecture": "dad3dnet", "width": 128}, "unknown width; valid fields are backbone, crop_size"),
        ({"architecture": "dad3dnet", "crop_size": 96}, "crop_size: got 96, expected a positive multiple of 64"),
        ({"architecture": "dad3dnet", "backbone": "vgg"}, "backbone: got 'vgg', expected one of resnet18"),
    ],
)
def test_a_wrong_configuration_is_named(values: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config_from_dict(values)


def test_old_files_are_trans3dhead() -> None:
    assert config_from_dict({"backbone": "resnet18"}).architecture == "trans3dhead"


@pytest.mark.parametrize("architecture", ["trans3dhead", "dad3dnet", "pooled"])
def test_of_fewer_parameters_the_others_stay_zero(architecture: str, crops: torch.Tensor, tmp_path) -> None:
    """Another number of parameters is a smaller head model in the vector of the whole one."""
    kinds = {
        "trans3dhead": {"width": 16, "heads": 4, "parameter_reference": "average"},
        "dad3dnet": {"filters": 16},
        "pooled": {},
    }
    counts = {"shape_parameters": 2, "expression_parameters": 1, "jaw_parameters": False}
    settings = {"architecture": architecture, "backbone": "resnet18", "crop_size": 128, **kinds[architecture], **counts}
    full = ParametersLayout(5, 3, 3)
    network = build(config_from_dict(settings), full).eval()
    average = torch.rand(full.size)
    network.set_reference(torch.full((68, 2), 0.5), average)
    prediction = network(crops.float())
    groups = full.unpack(prediction.parameters)
    assert prediction.parameters.shape == (2, full.size)
    assert groups.shape[:, :2].all()
    assert groups.expression[:, :1].all()
    assert groups.rotation.all()
    assert not groups.shape[:, 2:].any()
    assert not groups.expression[:, 1:].any()
    assert not groups.jaw.any()
    save_checkpoint(tmp_path / "few.safetensors", network, "anny", "0" * 64)
    loaded = load_model(tmp_path / "few.safetensors")
    torch.testing.assert_close(loaded.model.eval()(crops.float()).parameters, prediction.parameters)


def test_more_parameters_than_the_head_model_s_are_an_error() -> None:
    with pytest.raises(ValueError, match="shape: expected at most the head model's 5 parameters, got 6"):
        build(DAD3DNetConfig(backbone="resnet18", shape_parameters=6), LAYOUT)
