"""A set's distributions: angles and shares as its labels have them, and plots that can be read back."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from toy_sets import one_shard_set
from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.data.shards import ShardedSet
from trans3dhead.evaluation.set_description import describe_set, description_tables
from trans3dhead.geometry.rotations import euler_from_rotation
from trans3dhead.head_model import HeadModel


@pytest.fixture
def folder(toy: HeadModel, toy_folder: Path, tmp_path: Path) -> Path:
    """The toy set's labels with attributes: 40 heads, every second with a hat, an age of its own each."""
    toy_set = ShardedSet(toy_folder)
    heads = [head for index in range(len(toy_set)) for head in toy_set.heads(index)]
    photographs = []
    for index, head in enumerate(heads):
        words = {"hat": "fedora" if index % 2 else "none", "age": str(index), "$": "odd words"}
        photographs.append((b"", [replace(head, attributes=words)]))
    return one_shard_set(tmp_path, toy, 64, photographs, without=["hair"])


def _euler(head: HeadAnnotation) -> np.ndarray:
    """As a camera sees it that is turned towards the middle of the box about the axis across."""
    ray = np.append((head.box[:2] + head.box[2:] / 2 - head.principal_point) / head.focal, 1.0)
    axis = np.cross([0.0, 0.0, 1.0], ray)
    turn = Rotation.from_rotvec(axis / np.linalg.norm(axis) * np.arctan2(np.linalg.norm(axis), 1.0))
    return euler_from_rotation(torch.from_numpy(turn.as_matrix().T @ head.rotation)[None])[0].numpy()


def test_the_angles_are_those_that_a_camera_towards_the_box_sees(folder: Path) -> None:
    description, photographs = describe_set(folder), ShardedSet(folder)
    for index in (0, 17, 39):
        expected = _euler(photographs.heads(index)[0])
        found = [description.numbers[name][index] for name in ("pitch (°)", "yaw (°)", "roll (°)")]
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_attributes_are_shares_and_many_numbers_a_distribution(folder: Path) -> None:
    description = describe_set(folder)
    assert description.shares("hat") == {"fedora": 0.5, "none": 0.5}
    assert description.numbers["age"].tolist() == list(range(40))
    assert "age" not in description.attributes
    assert description.to_json()["settings"]["without"] == ["hair"]


def test_rare_values_are_counted_together(folder: Path) -> None:
    description = describe_set(folder)
    words = {f"hat {number:02d}": number + 1 for number in range(8)}
    description.attributes["hat"].clear()
    description.attributes["hat"].update(words)
    shares = description.shares("hat", listed=3)
    assert list(shares) == ["hat 07", "hat 06", "6 others"]
    assert sum(shares.values()) == pytest.approx(sum(words.values()) / 40)


@pytest.mark.slow
def test_plots_and_figures_are_written(folder: Path, tmp_path: Path) -> None:
    plots = pytest.importorskip("trans3dhead.evaluation.set_plots")
    pytest.importorskip("matplotlib", reason="plots need the extra `evaluate`")
    description = describe_set(folder)
    assert len(description_tables(description)) == 2
    written = plots.save_description(description, tmp_path / "out")
    assert json.loads(written[0].read_text())["heads"] == 40
    for path in written[1:]:
        assert cv2.imread(str(path)) is not None, path
    assert {path.stem for path in written} == {
        "description", "pose", "sphere", "camera", "expressions", "attributes"
    }  # fmt: skip
    vector = plots.save_description(description, tmp_path / "out", "svg")[-1].read_bytes()
    assert b"<svg" in vector
    assert plots.save_description(description, tmp_path / "out", "svg")[-1].read_bytes() == vector


def test_describing_needs_no_matplotlib() -> None:
    code = (
        "import sys; from trans3dhead.evaluation import set_description, set_plots, figures;"
        "assert not any(name.startswith('matplotlib') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
