"""A checkpoint's configuration of a transformers backbone is data: it downloads nothing and imports no code."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from small_networks import LAYOUT, SMALL
from trans3dhead.networks.alignment import build, config_from_dict, load_model, save_checkpoint
from trans3dhead.networks.alignment.transformers_backbone import TransformersBackbone

pytest.importorskip("transformers")
TINY = {"model_type": "resnet", "embedding_size": 8, "hidden_sizes": [8, 12], "depths": [1, 1], "layer_type": "basic"}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection, or the search for a host, fails the test."""

    def denied(*asked: object, **_: object) -> None:
        pytest.fail(f"a file made something ask for {asked}")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, denied)
    monkeypatch.setattr(socket, "getaddrinfo", denied)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    config = config_from_dict({**SMALL, "backbone": "somebody/network", "backbone_config": json.dumps(TINY)})
    save_checkpoint(tmp_path / "model.safetensors", build(config, LAYOUT), "toy", "f" * 64)
    return tmp_path / "model.safetensors"


def edit(path: Path, **changes: Any) -> None:
    """Write the file again with entries of its backbone's configuration replaced."""
    with safe_open(path, framework="pt") as file:
        block = json.loads(file.metadata()["trans3dhead"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    block["config"]["backbone_config"] = json.dumps(json.loads(block["config"]["backbone_config"]) | changes)
    save_file(tensors, path, metadata={"trans3dhead": json.dumps(block)})


def test_a_checkpoint_with_its_whole_configuration_asks_nobody(checkpoint: Path):
    assert load_model(checkpoint).model.backbone.channels == 12


@pytest.mark.parametrize(
    "hostile",
    [
        {"auto_map": {"AutoBackbone": "somebody/network--code.Backbone"}},
        {"attn_implementation": "somebody/kernels", "_attn_implementation": "somebody/kernels"},
        {"_name_or_path": "somebody/network", "quantization_config": {"quant_method": "somebody"}},
        {"backbone": "resnet18", "use_timm_backbone": True, "use_pretrained_backbone": True},
    ],
)
def test_fields_that_are_not_of_the_type_are_not_read(checkpoint: Path, hostile: dict[str, Any]):
    before = load_model(checkpoint).model.eval()
    edit(checkpoint, **hostile)
    crops = torch.rand(1, 3, 64, 64)
    after = load_model(checkpoint).model.eval()
    assert torch.equal(before(crops).parameters, after(crops).parameters)
    assert not hasattr(after.backbone.model.config, "auto_map")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "timm_backbone", "backbone": "resnet18"}, "model_type: expected one of bit, .*'timm_backbone'"),
        ({"model_type": "llama"}, "model_type: expected one of bit, .*'llama'"),
        ({"model_type": ["resnet"]}, "model_type: expected one of bit, "),
        ({"hidden_act": "somebody/act"}, "hidden_act: expected a word, or a number"),
        ({"hidden_act": "no_such"}, "backbone"),
        ({"hidden_sizes": [8, 1 << 40]}, "hidden_sizes: expected a word, or a number up to ±16384, got 1099511627776"),
        ({"depths": [1, 65]}, "depths: expected a word, or a number up to ±64, got 65"),
        ({"depths": [1] * 65}, "depths: expected at most 64 values, got 65"),
        ({"depths": {"a": 1}}, "depths: expected a word"),
        ({"embedding_size": "8"}, "backbone"),
        ({"hidden_sizes": [4096, 4096]}, "its tensors are not those of the network"),
    ],
)
def test_others_are_refused(checkpoint: Path, changes: dict[str, Any], message: str):
    edit(checkpoint, **changes)
    with pytest.raises(ValueError, match=message):
        load_model(checkpoint)


def test_a_nested_configuration_is_refused():
    with pytest.raises(ValueError, match=r"backbone_config: .*expected flat JSON"):
        TransformersBackbone("somebody/network", '{"model_type": ' + 100_000 * "[")


@pytest.mark.parametrize("kind", ["resnet", "convnext", "swin", "dinov2"])
def test_a_backbone_says_how_to_build_it_again(kind: str):
    sizes = {"hidden_sizes": [8, 8, 16, 16]} if kind == "convnext" else {}
    with torch.device("meta"):  # shapes alone
        first = TransformersBackbone("", json.dumps({"model_type": kind} | sizes))
        second = TransformersBackbone("", first.configuration)
    shapes = [{name: tensor.shape for name, tensor in one.state_dict().items()} for one in (first, second)]
    assert shapes[0] == shapes[1]
    assert json.loads(first.configuration)["model_type"] == kind
