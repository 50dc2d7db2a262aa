"""Training the detector from end to end on small scenes: exact resume, the run folder, and that it learns."""

import csv

import cv2
import numpy as np
import pytest
import torch

from toy_scenes import SIZE, toy_scenes
from toy_sets import toy_set
from trans3dhead.data.scenes import SceneLabels
from trans3dhead.data.shards import ShardedSet
from trans3dhead.metrics.detection import Picture, average_precision
from trans3dhead.networks.detection.checkpoint import load_detector
from trans3dhead.networks.detection.found import find
from trans3dhead.networks.detection.network import folded
from trans3dhead.networks.preprocess import normalize
from trans3dhead.training.engine.run import STATE
from trans3dhead.training.train import train
from trial_runs import assert_same_run, quiet, write_recipe

RECIPE = """
name: trial
task: detector
head_model: {head_model}
data: {{train: [{folder}], validation: [{folder}], workers: 0, validation_limit: 10}}
network: {{stem: 8, widths: [8, 12, 16, 24], depths: [0, 1, 1, 1], neck: 8, head: 12}}
image_size: 64
augmentation: mild
optimizer: {{lr: 1e-3}}
schedule: {{name: constant}}
budget: {{samples: 32}}
monitor: {{log_steps: 1, validate_samples: 16, preview_crops: 6}}
batch_size: 8
average: 0.9
"""


@pytest.fixture(scope="module")
def recipe(toy, toy_file, tmp_path_factory):
    """A recipe for four steps on 16 scenes."""
    folder = tmp_path_factory.mktemp("detector")
    toy_scenes(folder / "set", toy, 16)
    return write_recipe(folder, RECIPE, toy_file)


@pytest.fixture(scope="module")
def finished(recipe, tmp_path_factory):
    """The run folder of four steps in one go."""
    return train(recipe, runs=tmp_path_factory.mktemp("runs"), console=quiet())


def test_two_steps_and_two_resumed_are_four_steps(recipe, finished, tmp_path):
    train(recipe, ["budget.samples=16"], tmp_path, console=quiet())
    train(recipe, runs=tmp_path, resume=True, console=quiet())
    assert_same_run(tmp_path / "trial", finished, tolerance=0)
    with pytest.raises(ValueError, match="cannot continue with another network"):
        train(recipe, ["network.neck=16"], finished.parent, resume=True, console=quiet())


def test_the_run_folder_holds_what_it_should(finished):
    for name in ("recipe.yaml", "train.csv", "model.safetensors", str(STATE)):
        assert (finished / name).is_file(), name
    assert cv2.imread(str(finished / "previews" / "0000004.jpg")).shape == (640, 1280, 3)
    with (finished / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["samples"] for row in rows] == ["16", "32"]
    assert all(0 <= float(row["ap50"]) <= 1 for row in rows)
    with (finished / "train.csv").open() as file:
        for row in csv.DictReader(file):
            parts = float(row["scores"]) + 2 * float(row["boxes"]) + 0.5 * float(row["rotations"])
            assert float(row["total"]) == pytest.approx(parts, rel=1e-4)


def test_the_average_is_what_ships_and_a_training_may_go_on_from_it(recipe, finished, tmp_path):
    saved = torch.load(finished / STATE, weights_only=True)["weights"]
    loaded = load_detector(finished / "model.safetensors")
    assert loaded.metadata["samples"] == "32"
    for name, value in loaded.network.state_dict().items():
        torch.testing.assert_close(value, saved[f"average.model.{name}"])
    start = f"start={finished / 'model.safetensors'}"
    again = train(recipe, [start, "optimizer.lr=1e-12", "optimizer.weight_decay=0"], tmp_path, console=quiet())
    kernel = "backbone.stem.conv.weight"
    torch.testing.assert_close(
        load_detector(again / "model.safetensors").network.state_dict()[kernel], saved[f"average.model.{kernel}"]
    )
    with pytest.raises(ValueError, match=r"start: .* is another network"):
        train(recipe, [start, "network.neck=16", "name=other"], tmp_path, console=quiet())


def test_it_learns_from_portraits_too(recipe, toy, tmp_path):
    portraits = toy_set(tmp_path / "portraits", toy, 4)
    overrides = [f"data.train=[{recipe.parent / 'set'}, {portraits}]", "budget={epochs: 1}"]
    folder = train(recipe, overrides, tmp_path, console=quiet())
    assert load_detector(folder / "model.safetensors").metadata["samples"] == "24"  # all 16 and 4, in batches of 8


def test_sets_of_another_kind_are_refused_and_scenes_by_the_other_task(recipe, toy, tmp_path):
    portraits = toy_set(tmp_path / "portraits", toy, 4)
    with pytest.raises(ValueError, match="expected a set of scenes for this recipe, got one of heads"):
        train(recipe, [f"data.validation=[{portraits}]"], tmp_path, console=quiet())
    split = tmp_path / "DAD-3DHeadsDataset" / "train"
    (split / "images").mkdir(parents=True)
    (split / "train.json").write_text("[]")
    with pytest.raises(ValueError, match="expected a set of scenes or heads, got a split of DAD-3DHeads"):
        train(recipe, [f"data.train=[{split}]"], tmp_path, console=quiet())
    other = tmp_path / "alignment.yaml"
    other.write_text(f"name: a\nbudget: {{epochs: 1}}\ndata: {{train: [{recipe.parent / 'set'}], validation: [x]}}\n")
    with pytest.raises(ValueError, match="expected a set of heads for this recipe, got one of scenes"):
        train(other, runs=tmp_path, console=quiet())
    with pytest.raises(ValueError, match=r"recipe\.task: expected alignment or detector, got 'segmentation'"):
        train(other, ["task=segmentation"], tmp_path, console=quiet())


@pytest.mark.slow
def test_it_finds_the_heads_of_a_handful_of_scenes(recipe, toy, tmp_path):
    overrides = [
        "network={stem: 8, widths: [16, 16, 32, 32], depths: [0, 1, 1, 1], neck: 16, head: 16}",
        "image_size=96",
        "augmentation={flip: 0.5, focus: 0, extent: [1.0, 1.0]}",
        "optimizer.lr=4e-3",
        "schedule={name: cosine, warmup_samples: 64}",
        "budget.samples=3200",
        "average=0.98",
        "monitor={log_steps: 100, validate_samples: 3200, preview_crops: 0}",
    ]
    folder = train(recipe, overrides, tmp_path, console=quiet())
    network = folded(load_detector(folder / "model.safetensors").network)
    photographs, labels, pictures = ShardedSet(recipe.parent / "set"), SceneLabels(toy), []
    for index in range(len(photographs)):
        image = torch.from_numpy(np.ascontiguousarray(photographs.image(index))).permute(2, 0, 1)[None]
        assert image.shape[-1] == SIZE
        with torch.inference_mode():
            (found,) = find(network(normalize(image)), 0.05)
        targets = labels(photographs.heads(index))
        pictures.append(Picture(found.boxes.numpy(), found.scores.numpy(), targets.boxes, targets.wanted))
    assert average_precision(pictures) > 0.9
    with (folder / "metrics.csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    assert float(last["ap50"]) > 0.9
