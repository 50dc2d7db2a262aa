"""The slim backbone: its sizes, its gradients, and a whole small network about it."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from small_networks import BEYOND, LAYOUT, small_network
from trans3dhead.networks.alignment import load_model, save_checkpoint
from trans3dhead.networks.alignment.backbone import build_backbone
from trans3dhead.networks.alignment.slim import Slim

SLIM = {**BEYOND, "backbone": "slim", "backbone_widths": (4, 6, 8, 12), "memory_query_rank": 4, "shape_parameters": 2}


@pytest.mark.parametrize(("widths", "stride"), [((4, 6, 8, 12), 16), ((4, 6, 8, 12, 16), 32)])
def test_each_width_halves_the_map(widths: tuple[int, ...], stride: int):
    backbone = build_backbone("slim", widths=widths).eval()
    assert isinstance(backbone, Slim)
    maps = backbone(torch.randn(2, 3, 96, 64))
    assert maps.shape == (2, widths[-1], 96 // stride, 64 // stride)
    assert backbone.channels == widths[-1]


def test_more_blocks_are_more_weights_of_the_same_map():
    few, many = (build_backbone("slim", widths=(4, 6, 8, 12), blocks=blocks) for blocks in (None, (1, 2, 3)))
    sizes = [sum(parameter.numel() for parameter in backbone.parameters()) for backbone in (few, many)]
    block = [2 * 9 * width**2 + 4 * width for width in (8, 12)]  # two kernels, two norms
    assert sizes[1] - sizes[0] == block[0] + 2 * block[1]
    assert many(torch.randn(1, 3, 32, 32)).shape == (1, 12, 2, 2)


def test_a_crop_does_not_depend_on_its_batch(crops: Tensor):
    backbone = build_backbone("slim", widths=(4, 6, 8, 12)).double().eval()
    torch.testing.assert_close(backbone(crops[:1]), backbone(crops)[:1])


def test_every_weight_gets_a_gradient(crops: Tensor):
    network = small_network(**SLIM, encoder_layers=1)
    said = network(crops)
    parts = (said.partial_landmarks, said.surface, said.surface_map, said.landmark_spread, said.surface_spread)
    (said.parameters.square().mean() + sum(part.square().mean() for part in parts)).backward()
    without = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert without == []
    touched = [name for name, p in network.named_parameters() if name.startswith("backbone.") and (p.grad != 0).any()]
    assert touched == [name for name, _ in network.named_parameters() if name.startswith("backbone.")]


def test_without_widths_it_is_refused():
    with pytest.raises(ValueError, match=r"backbone: slim needs widths, its channels at strides 2, 4, 8, .* got none"):
        build_backbone("slim")


def test_it_has_no_weights_of_imagenet():
    with pytest.raises(ValueError, match=r"resnet18\.pth is no network of ours.* give a checkpoint .* or null"):
        build_backbone("slim", widths=(4, 6, 8, 12)).load_pretrained("resnet18.pth")


def test_a_checkpoint_keeps_the_sizes(tmp_path: Path, crops: Tensor):
    network = small_network(**SLIM, backbone_blocks=(1, 1, 2)).float().eval()
    save_checkpoint(tmp_path / "model.safetensors", network, "toy", "0" * 64)
    loaded = load_model(tmp_path / "model.safetensors")
    assert loaded.config == network.config
    assert loaded.config.backbone_widths == (4, 6, 8, 12)
    said, expected = (model.eval()(crops.float()) for model in (loaded.model, network))
    assert torch.equal(said.parameters, expected.parameters)


def test_the_fit_finds_shapes_that_no_query_answers_for(crops: Tensor):
    network = small_network(**SLIM).eval()
    said = network(crops)
    unfitted, fitted = (LAYOUT.unpack(vector).shape for vector in (said.unfitted, said.parameters))
    assert (unfitted[:, 2:] == 0).all()
    assert (fitted[:, 2:] != 0).all()
