"""ResNets with torchvision's names, weights from files, and transformers' backbones."""

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from small_networks import LAYOUT
from trans3dhead.networks.alignment import Trans3DHeadConfig, build, load_model, save_checkpoint
from trans3dhead.networks.alignment.backbone import ResNet, build_backbone

LAYERS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50": (3, 4, 6, 3)}


def torchvision_names(name: str) -> list[str]:
    """The names of torchvision's state dict, by its rule, without `fc`."""
    convolutions = 3 if name == "resnet50" else 2
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    names = ["conv1.weight", *(f"bn1.{part}" for part in norm)]
    for stage, blocks in enumerate(LAYERS[name], start=1):
        for block in range(blocks):
            prefix = f"layer{stage}.{block}"
            for convolution in range(1, convolutions + 1):
                names += [f"{prefix}.conv{convolution}.weight", *(f"{prefix}.bn{convolution}.{part}" for part in norm)]
            if block == 0 and (stage > 1 or name == "resnet50"):
                names += [f"{prefix}.downsample.0.weight", *(f"{prefix}.downsample.1.{part}" for part in norm)]
    return names


@pytest.mark.parametrize(
    ("name", "tensors", "parameters"),
    [("resnet18", 122, 11_176_512), ("resnet34", 218, 21_284_672), ("resnet50", 320, 23_508_032)],
)
def test_names_and_sizes_are_torchvisions(name: str, tensors: int, parameters: int):
    backbone = build_backbone(name)
    assert sorted(backbone.state_dict()) == sorted(torchvision_names(name))
    assert len(backbone.state_dict()) == tensors - 2  # published counts hold the classifier's weight and bias
    assert sum(parameter.numel() for parameter in backbone.parameters()) == parameters


@pytest.mark.parametrize(("name", "channels"), [("resnet18", 512), ("resnet34", 512), ("resnet50", 2048)])
def test_the_last_map_is_a_thirty_second_of_the_crop(name: str, channels: int):
    backbone = build_backbone(name).eval()
    crops = torch.randn(1, 3, 96, 96)
    maps = backbone(crops)
    assert maps.shape == (1, channels, 3, 3)
    assert backbone.channels == channels
    with torch.no_grad():
        last = backbone.to(memory_format=torch.channels_last)(crops.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(last, maps.detach(), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("name", "channels"), [("resnet18", 256), ("resnet50", 1024)])
def test_at_stride_16_the_last_stage_is_left_out(name: str, channels: int):
    backbone, whole = build_backbone(name, stride=16).eval(), build_backbone(name).eval()
    assert sorted(backbone.state_dict()) == [n for n in sorted(torchvision_names(name)) if not n.startswith("layer4")]
    assert backbone.channels == channels
    backbone.take(whole.state_dict(), "another network")
    crops = torch.randn(1, 3, 96, 96)
    maps = backbone(crops)
    assert maps.shape == (1, channels, 6, 6)
    torch.testing.assert_close(maps, whole.early(crops)[2])


def test_weights_for_stride_16_are_those_of_the_whole_network_or_of_another_such():
    whole, short = build_backbone("resnet18"), build_backbone("resnet18", stride=16)
    given = imagenet_weights()
    short.take(given, "ImageNet's")
    build_backbone("resnet18", stride=16).take(short.state_dict(), "another such")
    assert torch.equal(short.layer3[0].conv1.weight, given["layer3.0.conv1.weight"])
    with pytest.raises(ValueError, match=r"short: expected torchvision's names .* missing, .*layer4\.0\.bn1\.bias"):
        whole.take(short.state_dict(), "short")
    given.pop("layer2.0.conv1.weight")
    with pytest.raises(ValueError, match=r"incomplete: .* 1 tensors are missing, .*layer2\.0\.conv1\.weight"):
        short.take(given, "incomplete")


def test_the_stride_of_a_bottleneck_is_in_its_middle_convolution():
    block = build_backbone("resnet50").layer3[0]
    assert [c.stride for c in (block.conv1, block.conv2, block.conv3)] == [(1, 1), (2, 2), (1, 1)]


def imagenet_weights() -> dict[str, Tensor]:
    """A made-up file of ResNet-18: random tensors under torchvision's names, with the classifier."""
    weights = {name: torch.rand_like(tensor.float()) for name, tensor in ResNet("resnet18").state_dict().items()}
    weights = {name: tensor.long() if name.endswith("tracked") else tensor for name, tensor in weights.items()}
    return weights | {"fc.weight": torch.randn(1000, 512), "fc.bias": torch.randn(1000)}


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_imagenet_weights_load_from_a_file(suffix: str, tmp_path: Path):
    weights, path = imagenet_weights(), tmp_path / f"resnet18{suffix}"
    torch.save(weights, path) if suffix == ".pth" else save_file(weights, path)
    backbone = build_backbone("resnet18")
    backbone.load_pretrained(path)
    for name, tensor in backbone.state_dict().items():
        torch.testing.assert_close(tensor, weights[name], rtol=0, atol=0)


def test_old_files_without_counters_load(tmp_path: Path):
    weights = {name: tensor for name, tensor in imagenet_weights().items() if not name.endswith("tracked")}
    torch.save(weights, tmp_path / "old.pth")
    backbone = build_backbone("resnet18")
    backbone.load_pretrained(tmp_path / "old.pth")
    loaded = backbone.state_dict()
    for name in loaded.keys() & weights.keys():
        torch.testing.assert_close(loaded[name], weights[name], rtol=0, atol=0)
    assert {name for name in loaded.keys() - weights.keys() if not name.endswith("num_batches_tracked")} == set()


def test_weights_of_another_depth_are_refused(tmp_path: Path):
    torch.save(imagenet_weights(), tmp_path / "resnet18.pth")
    with pytest.raises(ValueError, match="missing, unknown or of another shape"):
        build_backbone("resnet34").load_pretrained(tmp_path / "resnet18.pth")


def test_a_missing_file_is_not_looked_for_on_a_hub(tmp_path: Path):
    with pytest.raises(ValueError, match="no file at"):
        build_backbone("resnet18").load_pretrained(tmp_path / "absent.pth")


def test_an_unreachable_hub_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    hub = pytest.importorskip("huggingface_hub")

    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(hub, "hf_hub_download", unreachable)
    with pytest.raises(ValueError, match=r"timm/resnet18.*no route to host.*give its path"):
        build_backbone("resnet18").load_pretrained("timm/resnet18.tv_in1k")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ValueError, match="huggingface-hub is needed; pip install 'huggingface-hub>="):
        build_backbone("resnet18").load_pretrained("timm/resnet18.tv_in1k")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ValueError, match=r"none of resnet18, resnet34, resnet50.*pip install"):
        build_backbone("convnext-tiny")


@pytest.fixture
def transformers_folder(tmp_path: Path) -> Path:
    """A tiny ResNet in transformers' own layout, saved as its `save_pretrained` does."""
    transformers = pytest.importorskip("transformers")
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic", out_indices=[-1]
    )
    transformers.AutoBackbone.from_config(config).save_pretrained(tmp_path / "tiny")
    return tmp_path / "tiny"


def test_a_folder_of_transformers_is_a_backbone(transformers_folder: Path):
    backbone = build_backbone(str(transformers_folder)).eval()
    before = backbone(torch.ones(1, 3, 64, 64))
    assert before.shape == (1, backbone.channels, 8, 8)
    assert backbone.channels == 12
    backbone.load_pretrained(transformers_folder)
    twin = build_backbone(str(transformers_folder)).eval()
    twin.load_pretrained(transformers_folder)
    torch.testing.assert_close(backbone(torch.ones(1, 3, 64, 64)), twin(torch.ones(1, 3, 64, 64)))
    assert not torch.equal(backbone(torch.ones(1, 3, 64, 64)), before)


def test_a_checkpoint_builds_a_transformers_backbone_without_its_folder(transformers_folder: Path, tmp_path: Path):

    model = build(Trans3DHeadConfig(backbone=str(transformers_folder), crop_size=64, width=16), LAYOUT).eval()
    save_checkpoint(tmp_path / "model.safetensors", model, "toy", "0" * 64)
    for file in transformers_folder.iterdir():
        file.unlink()
    loaded = load_model(tmp_path / "model.safetensors").model.eval()
    crops = torch.randn(2, 3, 64, 64)
    torch.testing.assert_close(loaded(crops).parameters, model(crops).parameters, rtol=0, atol=0)


def test_an_unknown_backbone_lists_the_names():
    pytest.importorskip("transformers")
    with pytest.raises(ValueError, match="neither one of resnet18, resnet34, resnet50"):
        build_backbone("/no/such/folder")


def test_a_slip_in_a_backbones_name_asks_no_hub(monkeypatch: pytest.MonkeyPatch):
    transformers = pytest.importorskip("transformers")
    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", lambda *_, **__: pytest.fail("it asked"))
    with pytest.raises(ValueError, match=r"backbone 'resnet19': expected one of resnet18, resnet34, .* or a hub id"):
        build_backbone("resnet19")
