"""Training from end to end on a small set: exact resume, the run folder, and that it learns."""

import csv
import io
import shutil
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from toy_dad import toy_split
from toy_sets import random_head, toy_set
from trans3dhead.data.shards import ShardedSet
from trans3dhead.inference import Predictor
from trans3dhead.networks.alignment import (
    PooledConfig,
    Trans3DHeadConfig,
    build,
    config_from_dict,
    load_model,
    save_checkpoint,
)
from trans3dhead.training.alignment.module import AlignmentModule
from trans3dhead.training.alignment.recipe import read_recipe
from trans3dhead.training.alignment.reference import average_reference
from trans3dhead.training.alignment.train import build_module, freeze_stages, load_backbone, train_alignment
from trans3dhead.training.engine.run import STATE, load_head_model, open_sets
from trans3dhead.training.train import train
from trans3dhead.weights.shipped import network_path
from trial_runs import assert_same_run, quiet, saved_tensors, write_recipe

RECIPE = """
name: trial
head_model: {head_model}
data: {{train: [{folder}], validation: [{folder}], workers: 0, validation_limit: 12, reference_samples: 40}}
network: {{backbone: resnet18, crop_size: 32, width: 32, heads: 2, decoder_layers: 1, parameter_reference: average}}
losses: {{shape_coefficients: {{weight: 1.0}}, expression_coefficients: {{weight: 1.0}}}}
augmentation: strong
optimizer: {{lr: 1e-3}}
schedule: {{name: constant}}
budget: {{samples: 32}}
monitor: {{log_steps: 1, validate_samples: 16, preview_crops: 4}}
batch_size: 8
average: 0.9
"""


@pytest.fixture(scope="module")
def recipe(toy, toy_file, tmp_path_factory):
    """A recipe for four steps on 40 photographs."""
    folder = tmp_path_factory.mktemp("training")
    toy_set(folder / "set", toy, 40)
    return write_recipe(folder, RECIPE, toy_file)


@pytest.fixture(scope="module")
def finished(recipe, tmp_path_factory):
    """The run folder of four steps in one go."""
    return train(recipe, runs=tmp_path_factory.mktemp("runs"), console=quiet())


def test_two_steps_and_two_resumed_are_four_steps(recipe, finished, tmp_path):
    train(recipe, ["budget.samples=16"], tmp_path, console=quiet())
    train(recipe, runs=tmp_path, resume=True, console=quiet())
    assert_same_run(tmp_path / "trial", finished, tolerance=1e-6)


def test_a_run_that_was_ended_after_its_last_step_takes_no_further_one(recipe, finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "trial")
    (folder / "model.safetensors").unlink()
    rows = (folder / "metrics.csv").read_text().splitlines(keepends=True)
    (folder / "metrics.csv").write_text("".join(rows[:-1]))
    for _ in range(2):  # and the second time all is there
        train(recipe, runs=tmp_path, resume=True, console=quiet())
        assert_same_run(folder, finished, tolerance=0)
        for name, value in load_file(finished / "model.safetensors").items():
            assert torch.equal(load_file(folder / "model.safetensors")[name], value), name
        with (folder / "metrics.csv").open() as file, (finished / "metrics.csv").open() as other:
            found, expected = list(csv.DictReader(file)), list(csv.DictReader(other))
        assert [row | {"minutes": ""} for row in found] == [row | {"minutes": ""} for row in expected]


def test_an_interrupted_training_says_so_and_goes_on(recipe, finished, tmp_path, monkeypatch):
    step, calls, said = AlignmentModule.training_step, [], io.StringIO()

    def interrupted(module, batch, index):
        calls.append(index)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return step(module, batch, index)

    handler = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(AlignmentModule, "training_step", interrupted)
    with pytest.raises(SystemExit):
        train(recipe, runs=tmp_path, console=Console(file=said))
    assert signal.getsignal(signal.SIGINT) is handler
    assert "interrupted at step 2, its state is saved" in said.getvalue()
    assert not (tmp_path / "trial" / "model.safetensors").exists()
    monkeypatch.setattr(AlignmentModule, "training_step", step)
    train(recipe, runs=tmp_path, resume=True, console=quiet())
    resumed = saved_tensors(tmp_path / "trial")
    for name, value in saved_tensors(finished).items():
        torch.testing.assert_close(resumed[name], value, atol=1e-6, rtol=1e-6, msg=name)


def test_the_run_folder_holds_what_it_should(finished):
    for name in ("recipe.yaml", "train.csv", "model.safetensors", str(STATE), "previews/0000004.jpg"):
        assert (finished / name).is_file(), name
    with (finished / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["samples"] for row in rows] == ["16", "32"]
    assert all(float(row["nme"]) > 0 for row in rows)


def test_the_recipe_s_copy_is_the_recipe(recipe, finished):
    assert read_recipe(finished / "recipe.yaml") == read_recipe(recipe)


def test_the_average_is_what_ships(toy, finished):
    state = torch.load(finished / STATE, weights_only=True)["weights"]
    loaded = load_model(finished / "model.safetensors")
    assert loaded.head_model_hash == toy.geometry_hash
    for name, value in loaded.model.state_dict().items():
        torch.testing.assert_close(value, state[f"average.model.{name}"])


def test_a_run_is_not_overwritten(recipe, finished):
    with pytest.raises(ValueError, match="holds a run already"):
        train(recipe, runs=finished.parent, console=quiet())


def test_resume_needs_the_same_network(recipe, finished, tmp_path):
    with pytest.raises(ValueError, match="cannot continue with another network"):
        train(recipe, ["network.width=64"], finished.parent, resume=True, console=quiet())
    assert read_recipe(finished / "recipe.yaml") == read_recipe(recipe)  # a refused one leaves no trace


def test_a_state_older_than_a_field_goes_on(recipe, finished, tmp_path):
    shutil.copytree(finished, tmp_path / "trial")
    state = torch.load(tmp_path / "trial" / STATE, weights_only=True)
    del state["recipe"]["network"]["memory_query_rank"]
    torch.save(state, tmp_path / "trial" / STATE)
    with pytest.raises(ValueError, match="cannot continue with another network"):
        train(recipe, ["network.memory_query_rank=4"], tmp_path, resume=True, console=quiet())
    folder = train(recipe, ["budget.samples=40"], tmp_path, resume=True, console=quiet())
    assert load_model(folder / "model.safetensors").metadata["samples"] == "40"


def test_a_run_that_could_not_begin_may_be_begun_again(recipe, tmp_path):
    with pytest.raises(ValueError, match="expected the manifest of a synthetic set"):
        train(recipe, [f"data.train=[{tmp_path}]"], tmp_path / "runs", console=quiet())
    assert not (tmp_path / "runs").exists()


def test_a_run_that_saved_nothing_begins_again_with_resume(recipe, finished, tmp_path):
    """As a kill before the first state leaves it, with a line of the log that was never ended."""
    (tmp_path / "trial" / "checkpoints").mkdir(parents=True)
    (tmp_path / "trial" / "recipe.yaml").write_text("name: trial\n")
    (tmp_path / "trial" / "train.csv").write_text("step,samples,total\n1,8,0.5\n2,16")
    with pytest.raises(ValueError, match="saved no state; begin it again with resume"):
        train(recipe, runs=tmp_path, console=quiet())
    train(recipe, runs=tmp_path, resume=True, console=quiet())
    assert_same_run(tmp_path / "trial", finished, tolerance=1e-6)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_amid_a_step_ends_the_training_after_it(recipe, finished, tmp_path, monkeypatch, number, code):
    step, said, before = AlignmentModule.training_step, io.StringIO(), signal.getsignal(number)

    def interrupted(module, batch, index):
        if index == 1:
            signal.raise_signal(number)
        return step(module, batch, index)

    monkeypatch.setattr(AlignmentModule, "training_step", interrupted)
    with pytest.raises(SystemExit) as ended:
        train(recipe, runs=tmp_path, console=Console(file=said))
    assert ended.value.code == code
    assert "interrupted at step 2, its state is saved" in said.getvalue()
    assert signal.getsignal(number) is before
    monkeypatch.setattr(AlignmentModule, "training_step", step)
    train(recipe, runs=tmp_path, resume=True, console=quiet())
    assert_same_run(tmp_path / "trial", finished, tolerance=1e-6)


def test_the_reference_is_the_mean_and_symmetric(toy, recipe):
    photographs = ShardedSet(recipe.parent / "set")
    reference = average_reference(photographs, toy, 40, mirrored=True)
    some = average_reference(photographs, toy, 13, mirrored=True)
    assert 0 < (reference.landmarks - some.landmarks).abs().max() < 0.1
    layout = toy.layout.unpack(reference.parameters)
    antisymmetric = toy.shape_mirror < 0
    torch.testing.assert_close(layout.shape[antisymmetric], torch.zeros(2), atol=1e-6, rtol=0)
    left, right = toy.expression_mirror[0], toy.expression_mirror[1]
    torch.testing.assert_close(layout.expression[left], layout.expression[right])
    expected = np.mean([photographs.heads(index)[0].expression[2] for index in range(40)])
    assert layout.expression[2].item() == pytest.approx(expected, abs=1e-5)
    spread = toy.layout.unpack(reference.spread)
    values = [photographs.heads(index)[0].shape[~antisymmetric.numpy()] for index in range(40)]
    np.testing.assert_allclose(spread.shape[~antisymmetric], np.std(values, axis=0), atol=1e-5)


def test_the_reference_of_all_photographs_is_their_plain_mean(toy, recipe):
    photographs = ShardedSet(recipe.parent / "set")
    reference = average_reference(photographs, toy)
    parameters = toy.layout.unpack(reference.parameters)
    for name in ("shape", "expression"):
        values = [getattr(photographs.heads(index)[0], name) for index in range(len(photographs))]
        np.testing.assert_allclose(getattr(parameters, name), np.mean(values, axis=0), atol=1e-5)
    mirrored = average_reference(photographs, toy, mirrored=True)
    assert (reference.landmarks - mirrored.landmarks).abs().max() > 1e-3


def test_the_network_holds_the_reference(toy, recipe):
    settings = read_recipe(recipe)
    photographs = open_sets(settings.data.train, toy)
    module = build_module(settings, toy, photographs)
    reference = average_reference(photographs, toy, 40, mirrored=True)
    held = list(module.model.buffers())
    for expected in (reference.landmarks, reference.parameters):
        assert any(value.shape == expected.shape and torch.equal(value, expected) for value in held)
    torch.testing.assert_close(module.spread, reference.spread)


def test_a_diverged_loss_ends_the_training(recipe, tmp_path):
    with pytest.raises(ValueError, match=r"loss: became .* lower optimizer\.lr"):
        train(recipe, ["optimizer.lr=1e30", "optimizer.clip_norm=null"], tmp_path, console=quiet())


@pytest.mark.slow
def test_it_learns_a_handful_of_photographs(recipe, tmp_path):
    overrides = ["augmentation={}", "average=0.0", "network.dropout=0.0", "monitor.log_steps=100"]
    overrides += ["data.train_limit=4", "data.validation_limit=4", "budget.samples=800"]
    settings = read_recipe(recipe, [*overrides, "monitor.validate_samples=800", "schedule.name=cosine"])
    folder = train_alignment(settings, tmp_path, False, quiet())
    with (folder / "metrics.csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    assert float(last["nme"]) < 2.5
    assert float(last["geodesic"]) < 6.0


def test_a_training_goes_on_from_a_network(recipe, finished):
    start = finished / "model.safetensors"
    settings = read_recipe(recipe, [f"start={start}"])
    head_model = load_head_model(settings.head_model)
    module = build_module(settings, head_model, open_sets(settings.data.train, head_model))
    for name, value in load_model(start).model.state_dict().items():
        torch.testing.assert_close(module.model.state_dict()[name], value)


def test_a_network_of_another_kind_is_no_start(recipe, finished):
    settings = read_recipe(recipe, [f"start={finished / 'model.safetensors'}", "network.width=48"])
    head_model = load_head_model(settings.head_model)
    with pytest.raises(ValueError, match=r"another network \(width differ\); give the recipe's `network` the same"):
        build_module(settings, head_model, open_sets(settings.data.train, head_model))


def test_a_training_goes_on_from_a_network_with_fewer_parts(recipe, finished, tmp_path):
    start = finished / "model.safetensors"
    more = ["network.surface_points=32", "network.landmark_uncertainty=true", "network.head_fit=true"]
    more += ["losses.landmark_likelihood.weight=0.1", "losses.surface.weight=1"]
    folder = train(recipe, [f"start={start}", "optimizer.lr=1e-6", *more], tmp_path, console=quiet())
    grown, before = load_model(folder / "model.safetensors"), load_model(start)
    assert grown.config.surface_points == 32
    queries = "landmark_branch.queries.layers.0.query_aware_memory.weight"
    after = grown.model.state_dict()
    torch.testing.assert_close(after[queries][:68], before.model.state_dict()[queries], atol=1e-4, rtol=0)
    assert len(after[queries]) == 70


def test_every_option_of_the_losses_reaches_the_training_and_the_spread_its_user(recipe, toy, tmp_path):
    options = {
        "landmarks.beta": 0.01,
        "landmarks.self_occluded_weight": 0.5,
        "landmarks.covered_weight": 0.2,
        "shape3d.beta": 0.01,
        "vertex_distance.weight": 1.0,
        "landmark_likelihood.weight": 0.1,
    }
    overrides = [f"losses.{name}={value}" for name, value in options.items()]
    folder = train(recipe, [*overrides, "network.landmark_uncertainty=true"], tmp_path, console=quiet())
    with (folder / "train.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert float(row["vertex_distance"]) > 0
        assert float(row["landmark_likelihood"]) != 0
        assert np.isfinite(float(row["total"]))
    photograph = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    boxes = np.array([[20.0, 10.0, 30.0, 40.0]])
    (head,) = Predictor(folder / "model.safetensors", head_model=toy)(photograph, boxes=boxes)
    assert head.landmark_spread.shape == (68,)
    assert (head.landmark_spread > 0).all()


@pytest.mark.parametrize(
    "architecture", ["trans3dhead", "pooled", "face_reader", pytest.param("dad3dnet", marks=pytest.mark.slow)]
)
def test_it_trains_on_the_layout_of_dad_3dheads(recipe, toy, tmp_path, architecture):
    """Meshes and cameras instead of coefficients; the baseline with its heatmaps and its weighted subsets."""
    rng = np.random.default_rng(5)
    split = toy_split(tmp_path / "DAD-3DHeadsDataset" / "train", toy, [random_head(toy, rng) for _ in range(9)])
    network = {
        "trans3dhead": "{backbone: resnet18, crop_size: 32, width: 32, heads: 2, decoder_layers: 1}",
        "dad3dnet": "{architecture: dad3dnet, backbone: resnet18, crop_size: 128, filters: 8, hidden: 16}",
        "pooled": "{architecture: pooled, crop_size: 32}",
        "face_reader": "{architecture: face_reader, crop_size: 32, cell_channels: 8, hidden: 16, surface_points: 16}",
    }[architecture]
    subsets = "{shape3d: {subsets: {head: 0.5, face: 1}}, reprojection: {subsets: {head: 0.5}}}"
    losses = ["losses.heatmaps.weight=1", "losses.expression_coefficients.weight=1"]
    if architecture == "face_reader":
        losses += ["losses.landmark_likelihood.weight=0.1", "losses.surface.weight=1", "data.largest_yaw=170"]
    overrides = [
        f"data.train=[{split}]",
        f"data.validation=[{split}]",
        f"network={network}",
        f"losses={subsets}",
        *losses,
    ]
    folder = train(recipe, overrides, tmp_path, console=quiet())
    loaded = load_model(folder / "model.safetensors")
    assert loaded.config.architecture == architecture
    with (folder / "train.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    assert all(np.isfinite(float(row["total"])) for row in rows)
    assert (float(rows[0].get("heatmaps", 0)) > 0) == (architecture == "dad3dnet")
    assert float(rows[0]["expression_coefficients"]) == 0


@pytest.mark.parametrize("architecture", ["trans3dhead", "dad3dnet"])
def test_every_network_may_begin_with_the_backbone_of_plain_regression(recipe, tmp_path, architecture):
    layout = load_head_model("anny").layout
    plain = build(PooledConfig(crop_size=64), layout)
    save_checkpoint(tmp_path / "plain.safetensors", plain, "anny", "0" * 64)
    own = build(config_from_dict({"architecture": architecture, "backbone": "resnet18", "crop_size": 64}), layout)
    load_backbone(own, str(tmp_path / "plain.safetensors"))
    expected = plain.backbone.state_dict()
    for name, value in own.backbone.state_dict().items():
        torch.testing.assert_close(value, expected[name])


@pytest.mark.parametrize("source", ["small", str(network_path("small"))])
def test_a_training_may_begin_with_the_backbone_of_another_network(recipe, source):
    overrides = [f"pretrained={source}", "head_model=anny", "network.memory_stride=16"]
    read = read_recipe(recipe, overrides)
    expected = load_model(network_path("small")).model.backbone.state_dict()
    head_model = load_head_model(read.head_model)
    own = build(read.network, head_model.layout)
    load_backbone(own, read.pretrained)
    for name, value in own.backbone.state_dict().items():
        torch.testing.assert_close(value, expected[name])
    other = build(replace(read.network, backbone="resnet34"), head_model.layout)
    with pytest.raises(ValueError, match="pretrained: small has a resnet18, the recipe asks for a resnet34"):
        load_backbone(other, "small")


def test_a_whole_backbone_takes_the_stages_of_one_without_its_last_and_says_so(recipe, tmp_path):
    read = read_recipe(recipe)
    layout = load_head_model(read.head_model).layout
    without_last = build(replace(read.network, memory_stride=16), layout)
    save_checkpoint(tmp_path / "without_last.safetensors", without_last, "toy", "0" * 64)
    whole = build(read.network, layout)
    before = {name: value.clone() for name, value in whole.backbone.state_dict().items()}
    with pytest.warns(UserWarning, match=r"pretrained: .*without_last.* has no last stage.*random weights"):
        load_backbone(whole, str(tmp_path / "without_last.safetensors"))
    expected = without_last.backbone.state_dict()
    for name, value in whole.backbone.state_dict().items():
        torch.testing.assert_close(value, before[name] if name.startswith("layer4.") else expected[name])


def test_a_slim_backbone_comes_from_one_of_the_same_sizes(toy, tmp_path):
    config = Trans3DHeadConfig(backbone="slim", backbone_widths=(4, 4, 8, 8), memory_stride=16, width=32, crop_size=32)
    networks = [build(config, toy.layout) for _ in range(2)]
    save_checkpoint(tmp_path / "slim.safetensors", networks[0], toy.name, toy.geometry_hash)
    load_backbone(networks[1], str(tmp_path / "slim.safetensors"))
    for name, value in networks[1].backbone.state_dict().items():
        torch.testing.assert_close(value, networks[0].backbone.state_dict()[name])
    for other in ({"backbone_widths": (4, 4, 8, 16)}, {"backbone_blocks": (1, 1, 2)}):
        with pytest.raises(ValueError, match=r"has other backbone_widths or backbone_blocks than the recipe"):
            load_backbone(build(replace(config, **other), toy.layout), str(tmp_path / "slim.safetensors"))


def test_frozen_stages_keep_their_weights_and_statistics(recipe, toy, tmp_path):
    start = tmp_path / "start.safetensors"
    first = build(read_recipe(recipe).network, toy.layout)
    save_checkpoint(start, first, toy.name, toy.geometry_hash)
    folder = train(recipe, [f"start={start}", "batch_norm=frozen", "frozen_stages=2"], tmp_path, console=quiet())
    before, after = first.backbone.state_dict(), load_model(folder / "model.safetensors").model.backbone.state_dict()
    kept = ("conv1.", "bn1.", "layer1.", "layer2.")
    for name, value in before.items():
        moves = not name.startswith(kept) and value.ndim == 4  # of the others the kernels
        assert torch.equal(value, after[name]) != moves, name


@pytest.mark.parametrize("count", [-1, 5])
def test_only_stages_that_there_are_can_be_frozen(recipe, toy, count):
    with pytest.raises(ValueError, match=f"frozen_stages: expected 0, or up to the number of stages.*got {count}"):
        freeze_stages(build(read_recipe(recipe).network, toy.layout), count)


def test_frozen_stages_need_frozen_statistics(recipe):
    with pytest.raises(ValueError, match="frozen_stages: got 1, expected 0 unless batch_norm is frozen"):
        read_recipe(recipe, ["frozen_stages=1"])
