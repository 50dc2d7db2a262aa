"""FLAME from its pickle to a scored submission, by the command line alone, on random arrays of FLAME's size."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from command_line import done
from flame_files import VERTICES, flame_arrays, write_checkout
from toy_dad import naive_figures, toy_split
from toy_sets import random_head
from trans3dhead.head_model import HeadModel

NETWORKS = {
    "trans3dhead": "{backbone: resnet18, crop_size: 64, width: 16, heads: 2, decoder_layers: 1}",
    "dad3dnet": "{architecture: dad3dnet, backbone: resnet18, crop_size: 64, filters: 8, hidden: 16}",
}
RECIPE = """
name: flame
head_model: {folder}/flame.safetensors
data: {{train: [{folder}/DAD-3DHeadsDataset/train], validation: [{folder}/DAD-3DHeadsDataset/val], workers: 0}}
losses:
  landmarks: {{weight: 100}}
  shape3d: {{subsets: {{head: 0.5, face: 1}}}}
  reprojection: {{subsets: {{head: 0.5}}}}
  heatmaps: {{weight: 1}}
augmentation: {{flip: 0}}  # a random mesh has no mirror symmetry
budget: {{samples: 8}}
batch_size: 4
threads: 1
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A converted FLAME with the jaw, its checkout, the data set, and a recipe."""
    folder = tmp_path_factory.mktemp("flame")
    static = write_checkout(folder)
    for number, name in enumerate(("head_indices", "flame_indices/head", "flame_indices/face")):
        np.save(static / f"{name}.npy", np.arange(number, VERTICES, 9))
    arrays = flame_arrays()
    points = np.random.default_rng(1).normal(size=(VERTICES, 3))
    arrays["v_template"] = np.array([0.07, 0.11, 0.09]) * points / np.linalg.norm(points, axis=1, keepdims=True)
    (folder / "generic_model.pkl").write_bytes(pickle.dumps(arrays, protocol=2))
    source = (folder / "generic_model.pkl", "--static", folder / "DAD-3DHeads", "--shape", 40, "--expression", 10)
    assert "5023 vertices, 63 parameters" in done("convert", "flame", *source, "-o", folder / "flame.safetensors")
    flame, rng = HeadModel.load(folder / "flame.safetensors"), np.random.default_rng(2)
    for split in ("train", "val"):
        toy_split(folder / "DAD-3DHeadsDataset" / split, flame, [random_head(flame, rng) for _ in range(4)])
    (folder / "flame.yaml").write_text(RECIPE.format(folder=folder))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("architecture", list(NETWORKS))
def test_flame_is_trained_on_submitted_and_scored(folder: Path, tmp_path: Path, architecture: str):
    flame = ("--head-model", folder / "flame.safetensors")
    done("train", folder / "flame.yaml", f"network={NETWORKS[architecture]}", "--runs", tmp_path)
    model = ("--model", tmp_path / "flame" / "model.safetensors")
    assert "4 heads" in done("submit", "dad", folder, *model, *flame, "-o", tmp_path / "sub.json")
    reports = []
    for topology in (flame, ("--static", folder / "DAD-3DHeads")):
        scoring = ("evaluate", "dad", "--root", folder, "--submission", tmp_path / "sub.json", "--strict")
        done(*scoring, *topology, "-o", tmp_path / "out")
        reports.append(json.loads((tmp_path / "out" / "report.json").read_text())["metrics"])
    values = [{name: mean["value"] for name, mean in report.items()} for report in reports]
    assert values[1] == pytest.approx(values[0], rel=1e-4)  # the file holds float32
    expected = naive_figures(folder / "DAD-3DHeadsDataset" / "val", HeadModel.load(flame[1]), tmp_path / "sub.json")
    assert {name: values[0][name] for name in expected} == pytest.approx(expected, rel=1e-4)
    assert all(mean["count"] == 4 for mean in reports[0].values())
