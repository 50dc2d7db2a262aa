"""Checkpoints: exact, strict, without pickle, and clear about what is wrong."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from small_networks import BEYOND, LAYOUT, SMALL, small_network
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.head_model.surface_points import head_points
from trans3dhead.networks.alignment import (
    Trans3DHead,
    Trans3DHeadConfig,
    check_head_model,
    load_model,
    save_checkpoint,
)
from trans3dhead.weights.shipped import network_path

HASH = "f" * 64


@pytest.fixture
def model() -> Trans3DHead:
    return small_network().float().eval()


@pytest.fixture
def path(model: Trans3DHead, tmp_path: Path) -> Path:
    save_checkpoint(tmp_path / "model.safetensors", model, "toy", HASH, {"recipe": "small"})
    return tmp_path / "model.safetensors"


def edit(path: Path, **changes: object) -> None:
    """Write the file again with entries of its JSON block replaced."""
    with safe_open(path, framework="pt") as file:
        block = json.loads(file.metadata()["trans3dhead"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    save_file(tensors, path, metadata={"trans3dhead": json.dumps(block | changes)})


def test_a_file_says_all_that_is_needed(path: Path):
    loaded = load_model(path)
    assert (loaded.head_model_name, loaded.head_model_hash, loaded.crop_size) == ("toy", HASH, 64)
    assert loaded.layout == LAYOUT
    assert loaded.metadata == {"recipe": "small"}


def test_the_loaded_network_predicts_the_same(model: Trans3DHead, path: Path):
    crops = torch.randn(2, 3, 64, 64)
    mine, theirs = model(crops), load_model(path).model.eval()(crops)
    assert torch.equal(mine.parameters, theirs.parameters)
    assert torch.equal(mine.landmarks, theirs.landmarks)


def test_a_file_from_before_a_field_has_its_default(model: Trans3DHead, path: Path):
    with safe_open(path, framework="pt") as file:
        config = json.loads(file.metadata()["trans3dhead"])["config"]
    for name in BEYOND.keys() - {"memory_query_init", "parameter_reference"}:
        del config[name]
    edit(path, config=config)
    loaded = load_model(path)
    assert loaded.config == model.config
    prediction = loaded.model.eval()(torch.randn(1, 3, 64, 64))
    assert prediction.landmark_spread is prediction.surface is prediction.unfitted is None


def test_no_name_in_a_file_makes_anything_look_for_a_backbone(path: Path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "trans3dhead.networks.alignment.transformers_backbone.reachable", lambda *given, **_: asked.append(given)
    )
    with safe_open(path, framework="pt") as file:
        config = json.loads(file.metadata()["trans3dhead"])["config"]
    edit(path, config=config | {"backbone": "somebody/network"})
    with pytest.raises(ValueError, match=r"backbone 'somebody/network' is none of resnet18.*does not hold its config"):
        load_model(path)
    assert asked == []


def config_of(path: Path) -> dict[str, object]:
    with safe_open(path, framework="pt") as file:
        return json.loads(file.metadata()["trans3dhead"])["config"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 4096, "feed_forward": 64, "encoder_layers": 3}, "its tensors are not those of the network"),  # 50 GB
        ({"backbone": "resnet50"}, "its tensors are not those of the network"),
        ({"width": 1 << 40}, "width: got 1099511627776, expected 4 to 4096"),
        ({"width": "16"}, r"network: \$\.width: expected `int`, got `str`"),
        ({"width": None}, r"network: \$\.width: expected `int`, got `null`"),
        ({"crop_size": 1 << 20}, "crop_size: got 1048576, expected 32 to 4096"),
        ({"surface_points": 1 << 40}, "surface_points: got 1099511627776, expected 0 to 4096"),
        ({"dropout": [0.1]}, r"network: \$\.dropout: expected `float`, got `array`"),
        ({"residual_regression": ["fixed"]}, r"residual_regression: got \['fixed'\], expected one of none, fixed"),
        ({"backbone": {"name": "slim"}}, r"network: \$\.backbone: expected `str`, got `object`"),
        ({"architecture": []}, r"unknown architecture \[\], expected one of trans3dhead, dad3dnet, pooled"),
        (
            {"backbone": "slim", "backbone_widths": [8, 8, 8, 8, 8], "backbone_blocks": [1, 1, 1, 10**9]},
            "backbone_blocks: got",
        ),
    ],
)
def test_a_configuration_is_checked_before_a_network_is_built(path: Path, changes: dict[str, object], message: str):
    edit(path, config=config_of(path) | changes)
    with pytest.raises(ValueError, match=message):
        load_model(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config": []}, r"trans3dhead: \$\.config: expected `object`, got `array`"),
        ({"layout": {"shape": 1 << 40, "expression": 3}}, "shape: expected a width of 0 to 16384 parameters"),
        ({"layout": {"shape": "5", "expression": 3}}, r"\$\.layout\.shape: expected `int`, got `str`"),
        ({"head_model": {"name": 1, "hash": HASH}}, r"\$\.head_model\.name: expected `str`, got `int`"),
        ({"metadata": {"licence": None}}, r"\$\.metadata\[\.\.\.\]: expected `str`, got `null`"),
        ({"format": "1"}, r"\$\.format: expected `int`, got `str`"),
    ],
)
def test_a_block_of_wrong_types_is_refused(path: Path, changes: dict[str, object], message: str):
    edit(path, **changes)
    with pytest.raises(ValueError, match=message):
        load_model(path)


def test_weights_that_are_not_finite_are_refused(path: Path, model: Trans3DHead):
    with torch.no_grad():
        model.to_memory.bias[0] = torch.nan
    save_checkpoint(path, model, "toy", HASH)
    with pytest.raises(ValueError, match=r"'to_memory\.bias': expected finite numbers"):
        load_model(path)


def test_a_nested_block_is_refused(path: Path):
    save_file({"x": torch.zeros(1)}, path, metadata={"trans3dhead": '{"format": 1, "config": ' + 100_000 * "["})
    with pytest.raises(ValueError, match="expected flat JSON, got it nested too deeply"):
        load_model(path)


def test_the_network_that_ships_loads():
    loaded = load_model(network_path("small"))
    size = loaded.crop_size
    prediction = loaded.model.eval()(torch.zeros(1, 3, size, size))
    assert prediction.landmarks.shape == (1, 68, 2)
    check_head_model(loaded, HeadModel.shipped(loaded.head_model_name))


def test_a_network_past_the_paper_says_the_same_from_its_file(tmp_path: Path):
    model, crops = small_network(**BEYOND).float().eval(), torch.randn(2, 3, 64, 64)
    torch.nn.init.normal_(model.head_fit.log_weights)
    save_checkpoint(tmp_path / "model.safetensors", model, "toy", HASH)
    loaded = load_model(tmp_path / "model.safetensors").model.eval()
    assert loaded.state_dict().keys() == model.state_dict().keys()
    mine, theirs = vars(model(crops)), vars(loaded(crops))
    for name, tensor in mine.items():
        assert theirs[name] is tensor is None or torch.equal(theirs[name], tensor), name


def test_the_fit_bears_half_precision_in_the_file(tmp_path: Path):
    model, crops = small_network(**BEYOND).float().eval(), torch.randn(2, 3, 64, 64)
    save_checkpoint(tmp_path / "half.safetensors", model, "toy", HASH, dtype=torch.float16)
    half = load_model(tmp_path / "half.safetensors").model.eval()
    # What rounds the head model's points moves none by more than a tenth of a millimetre.
    torch.testing.assert_close(half.head_fit.template, model.head_fit.template, rtol=0, atol=1e-4)
    torch.testing.assert_close(half(crops).parameters, model(crops).parameters, rtol=0, atol=0.02)


def test_channels_last_networks_are_saved(model: Trans3DHead, tmp_path: Path):
    save_checkpoint(tmp_path / "last.safetensors", model.to(memory_format=torch.channels_last), "toy", HASH)
    for name, tensor in load_model(tmp_path / "last.safetensors").model.state_dict().items():
        assert torch.equal(tensor, model.state_dict()[name])


def test_half_precision_halves_the_file_and_loads_as_single(model: Trans3DHead, path: Path, tmp_path: Path):
    with torch.no_grad():
        model.to_memory.weight[0, 0] = 1e6  # more than float16 holds
    save_checkpoint(tmp_path / "half.safetensors", model, "toy", HASH, dtype=torch.float16)
    assert (tmp_path / "half.safetensors").stat().st_size < 0.52 * path.stat().st_size
    for name, tensor in load_model(tmp_path / "half.safetensors").model.state_dict().items():
        own = model.state_dict()[name]
        assert tensor.dtype == own.dtype
        exact = own.ndim < 2 or name == "to_memory.weight"
        torch.testing.assert_close(tensor, own, rtol=0 if exact else 1e-3, atol=0 if exact else 1e-6)


def test_loading_leaves_the_random_numbers_alone(path: Path):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    load_model(path)
    assert torch.equal(torch.rand(3), expected)


def test_a_failed_save_leaves_the_old_file(path: Path, model: Trans3DHead, monkeypatch: pytest.MonkeyPatch):
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("trans3dhead.networks.network_files.save_file", full)
    with pytest.raises(OSError, match="no space"):
        save_checkpoint(path, model, "toy", HASH)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_what_is_no_checkpoint_says_so(tmp_path: Path):
    with pytest.raises(ValueError, match="no such file"):
        load_model(tmp_path / "absent.safetensors")
    (tmp_path / "text.safetensors").write_text("hello")
    with pytest.raises(ValueError, match=r"not a readable \.safetensors file"):
        load_model(tmp_path / "text.safetensors")
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="no 'trans3dhead' in its metadata"):
        load_model(tmp_path / "other.safetensors")


def test_a_newer_format_an_unknown_field_and_other_tensors_are_errors(path: Path):
    edit(path, format=2)
    with pytest.raises(ValueError, match="format 2, this version reads 1"):
        load_model(path)
    edit(path, format=1, layout={"shape": 6, "expression": 3})
    with pytest.raises(ValueError, match="its tensors are not those"):
        load_model(path)
    edit(path, head_model={"name": "toy"})
    with pytest.raises(ValueError, match=r"trans3dhead: \$\.head_model: expected the key `hash`, got none"):
        load_model(path)
    edit(path, head_model={"name": "toy", "hash": HASH}, config={"resolutoin": 999})
    with pytest.raises(ValueError, match="unknown resolutoin"):
        load_model(path)


def test_the_head_model_must_be_the_one_of_the_training(path: Path):
    loaded = load_model(path)
    check_head_model(loaded, SimpleNamespace(name="toy", geometry_hash=HASH, layout=LAYOUT))
    with pytest.raises(ValueError, match=r"trained on 'toy' with geometry ffffffffffff .*train again"):
        check_head_model(loaded, SimpleNamespace(name="toy", geometry_hash="0" * 64, layout=LAYOUT))
    with pytest.raises(ValueError, match=r"18 parameters, got .* and 17;"):
        check_head_model(loaded, SimpleNamespace(name="toy", geometry_hash=HASH, layout=ParametersLayout(4, 3)))


def test_so_must_the_landmarks_of_a_network_that_fits_the_head_to_them(tmp_path: Path, anny: HeadModel):
    config = Trans3DHeadConfig(**{**SMALL, **BEYOND})
    model = Trans3DHead(config, anny.layout)
    model.set_head(head_points(anny, config.surface_points), torch.rand(config.surface_points, 2), torch.ones(212))
    path = tmp_path / "fit.safetensors"
    save_checkpoint(path, model, "anny", anny.geometry_hash, dtype=torch.float16)
    for head_model in (anny, anny.numpy()):
        check_head_model(load_model(path), head_model)
    moved = anny.numpy()
    moved.landmark_weights = np.roll(moved.landmark_weights, 1, axis=1)
    with pytest.raises(ValueError, match=r"its landmarks are up to \d+\.\d mm from those"):
        check_head_model(load_model(path), moved)
