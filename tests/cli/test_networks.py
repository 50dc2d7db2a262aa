"""Both architectures through every command that makes, scores or uses a network, on a head model that does not ship."""

import csv
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
import torch
from scipy.io import savemat

from command_line import done, failed
from toy_dad import naive_figures, toy_split
from toy_sets import paint, project, random_head, toy_head, toy_set
from trans3dhead.evaluation.predictions import PredictedHead
from trans3dhead.evaluation.synthetic import open_test_set, true_heads
from trans3dhead.evaluation.write_predictions import write_predictions
from trans3dhead.head_model import SEVEN_LANDMARKS, HeadModel, topology_of
from trans3dhead.networks.alignment import load_model
from trans3dhead.weights.shipped import shipped_folder

NETWORKS = {
    "trans3dhead": "{backbone: resnet18, crop_size: 64, width: 16, heads: 2, decoder_layers: 1}",
    "dad3dnet": "{architecture: dad3dnet, backbone: resnet18, crop_size: 64, filters: 8, hidden: 16}",
}
RECIPE = """
name: trial
head_model: {head_model}
data: {{train: [{folder}], validation: [{folder}], workers: 0, validation_limit: 4, reference_samples: 12}}
network: {network}
losses:
  landmarks: {{weight: 100}}
  shape3d: {{subsets: {{head: 0.5, face: 1}}}}
  reprojection: {{subsets: {{head: 0.5}}}}
  heatmaps: {{weight: 1}}
schedule: {{name: constant}}
budget: {{samples: 16}}
monitor: {{log_steps: 1, validate_samples: 16, preview_crops: 4}}
batch_size: 8
threads: 1
"""


class Trained(NamedTuple):
    """A network of two steps."""

    architecture: str
    recipe: Path
    runs: Path

    @property
    def options(self) -> list[object]:
        """Those of every command that uses it."""
        return ["--model", self.runs / "trial" / "model.safetensors", "--head-model", self.recipe.parent / HEAD_MODEL]


HEAD_MODEL = "toy.safetensors"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head model, a synthetic set of 12 photographs, and two splits in DAD-3DHeads' layout."""
    folder = tmp_path_factory.mktemp("data")
    head_model = toy_head(folder)
    toy_set(folder / "set", head_model, 12)
    rng = np.random.default_rng(3)
    for split in ("train", "val"):
        heads = [random_head(head_model, rng) for _ in range(5)]
        toy_split(folder / "DAD-3DHeadsDataset" / split, head_model, heads)
    return folder


@pytest.fixture(scope="module")
def own(data: Path) -> HeadModel:
    return HeadModel.load(data / HEAD_MODEL)


@pytest.fixture(scope="module", params=list(NETWORKS))
def trained(request: pytest.FixtureRequest, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Two steps on the synthetic set."""
    recipe, runs = data / f"{request.param}.yaml", tmp_path_factory.mktemp("runs")
    network = NETWORKS[request.param]
    recipe.write_text(RECIPE.format(head_model=data / HEAD_MODEL, folder=data / "set", network=network))
    assert "model.safetensors" in done("train", recipe, "--runs", runs)
    return Trained(request.param, recipe, runs)


def test_the_run_folder(trained: Trained):
    folder = trained.runs / "trial"
    names = ("recipe.yaml", "train.csv", "metrics.csv", "checkpoints/last.pt", "previews/0000002.jpg")
    assert not [name for name in names if not (folder / name).is_file()]
    assert load_model(folder / "model.safetensors").config.architecture == trained.architecture
    assert "holds a run already" in failed("train", trained.recipe, "--runs", trained.runs)


@pytest.mark.slow
def test_a_resumed_training_is_the_uninterrupted_one(trained: Trained, tmp_path: Path):
    shutil.copytree(trained.runs / "trial", tmp_path / "resumed" / "trial")
    done("train", trained.recipe, "budget.samples=32", "--runs", tmp_path / "resumed", "--resume")
    done("train", trained.recipe, "budget.samples=32", "--runs", tmp_path / "whole")
    resumed, whole = (
        load_model(tmp_path / name / "trial" / "model.safetensors").model.state_dict() for name in ("resumed", "whole")
    )
    torch.testing.assert_close(resumed, whole, atol=1e-6, rtol=1e-6)
    with (tmp_path / "resumed" / "trial" / "train.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["1", "2", "3", "4"]


def test_a_synthetic_set(trained: Trained, data: Path, tmp_path: Path):
    done("evaluate", "synthetic", data / "set", *trained.options, "-o", tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    metrics = report["metrics"]
    assert {"nme", "z5", "chamfer", "pose_error"} <= set(metrics)
    assert all(mean["count"] == 12 and np.isfinite(mean["value"]) for mean in metrics.values())


def test_photographs_and_aflw2000(trained: Trained, own: HeadModel, tmp_path: Path):
    rng = np.random.default_rng(6)
    for name in ("a", "b"):
        head = random_head(own, rng)
        points = own.landmarks(torch.from_numpy(project(own, head))[None])[0].numpy()
        cv2.imwrite(str(tmp_path / f"{name}.jpg"), paint(own, head, rng))
        pose = {"Pose_Para": np.zeros((1, 7)), "pt3d_68": np.vstack((points.T, np.zeros(68)))}
        savemat(tmp_path / f"{name}.mat", pose)
        rows = "\n".join(f"{x} {y}" for x, y in points)
        (tmp_path / f"{name}.pts").write_text(f"version: 1\nn_points: 68\n{{\n{rows}\n}}\n")
    for command in ("photographs", "aflw2000"):
        done("evaluate", command, tmp_path, *trained.options, "-o", tmp_path / command)
        nme = json.loads((tmp_path / command / "report.json").read_text())["metrics"]["nme"]
        assert nme["count"] == 2
        assert 0 < nme["value"] < 100


@pytest.mark.slow
def test_a_split_of_dad3dheads_is_trained_on_submitted_and_scored(
    trained: Trained, data: Path, own: HeadModel, tmp_path: Path
):
    folder = data / "DAD-3DHeadsDataset"
    sets = (f"data.train=[{folder / 'train'}]", f"data.validation=[{folder / 'val'}]")
    done("train", trained.recipe, *sets, "--runs", tmp_path)
    given = ("--model", tmp_path / "trial" / "model.safetensors", "--head-model", data / HEAD_MODEL)
    assert "5 heads" in done("submit", "dad", data, *given, "-o", tmp_path / "sub.json")
    scoring = ("evaluate", "dad", "--root", data, "--submission", tmp_path / "sub.json", "--strict")
    done(*scoring, "--head-model", data / HEAD_MODEL, "-o", tmp_path / "out")
    metrics = json.loads((tmp_path / "out" / "report.json").read_text())["metrics"]
    expected = naive_figures(folder / "val", own, tmp_path / "sub.json")
    assert {name: metrics[name]["value"] for name in expected} == pytest.approx(expected, rel=1e-4)
    assert metrics["z5"]["count"] == metrics["chamfer"]["count"] == 5


def test_a_prediction_by_path_and_by_name(
    trained: Trained, data: Path, own: HeadModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    photograph = data / "DAD-3DHeadsDataset" / "val" / "images" / "head0.png"
    (tmp_path / "boxes.json").write_text(json.dumps({"head0.png": [[20, 20, 40, 40]]}))
    boxes = ("--boxes", tmp_path / "boxes.json")
    done("predict", photograph, *boxes, *trained.options, "-o", tmp_path / "path", "--format", "obj")
    (head,) = json.loads((tmp_path / "path" / "head0.json").read_text())["heads"]
    assert np.isfinite(head["landmarks_2d"]).all()
    assert len(head["parameters"]["shape"]) == own.layout.shape
    assert "trained on 'toy', which does not ship" in failed("predict", photograph, *trained.options[:2])
    shipped = tmp_path / "weights"
    shipped.mkdir()
    shutil.copy(trained.options[1], shipped / "mine.safetensors")
    monkeypatch.setattr("trans3dhead.weights.shipped.shipped_folder", lambda: shipped)
    assert f"network {trained.architecture}, resnet18, crops of 64 pixels" in done("models")
    done(
        "predict",
        photograph,
        *boxes,
        "--detector",
        "cascade",
        "--model",
        "mine",
        *trained.options[2:],
        "-o",
        tmp_path / "name",
    )
    assert json.loads((tmp_path / "name" / "head0.json").read_text())["heads"] == [head]


def test_a_set_of_a_head_model_that_does_not_ship(data: Path, own: HeadModel, tmp_path: Path):
    topology, heads = topology_of(own.numpy()), {}
    for head in true_heads(open_test_set(data / "set"), own):
        seven = topology.landmarks(head.vertices)[list(SEVEN_LANDMARKS)]
        heads[head.id] = PredictedHead(head.rotation, None, head.landmarks, seven, head.vertices)
    write_predictions(tmp_path / "p.json", heads)
    command = ("evaluate", "synthetic", data / "set", "--predictions", tmp_path / "p.json", "-o", tmp_path / "out")
    done(*command, "--head-model", data / HEAD_MODEL)
    metrics = json.loads((tmp_path / "out" / "report.json").read_text())["metrics"]
    values = {name: metrics[name]["value"] for name in ("nme", "z5", "chamfer", "pose_error")}
    assert values == pytest.approx({"nme": 0, "z5": 1, "chamfer": 0, "pose_error": 0}, abs=2e-3)
    assert "are of 'toy', which does not ship; give its file, --head-model" in failed(*command)
    another = failed(*command, "--head-model", shipped_folder() / "anny.safetensors")
    assert "not of 'anny' (" in another
    assert "but of 'toy', which does not ship" in another


def test_a_head_model_that_the_network_was_not_trained_on(trained: Trained, data: Path, tmp_path: Path):
    anny = ("--head-model", shipped_folder() / "anny.safetensors")
    photograph = data / "DAD-3DHeadsDataset" / "val" / "images" / "head0.png"
    message = "the network was trained on 'toy' with geometry"
    assert message in failed("predict", photograph, *trained.options[:2], *anny)
    assert message in failed("submit", "dad", data, *trained.options[:2], *anny, "-o", tmp_path / "sub.json")
