"""The benchmark's ground-truth file."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trans3dhead.data.dad3dheads import MeshAnnotation
from trans3dhead.evaluation.dad3dheads import GroundTruth, open_ground_truth, read_ground_truth, write_ground_truth
from trans3dhead.evaluation.strictness import ScoringError
from trans3dhead.head_model import MeshTopology

VERTICES = 80


@pytest.fixture
def truth() -> GroundTruth:
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    model_view = np.eye(4)
    model_view[:3, :3], model_view[:3, 3] = turn * np.sign(np.linalg.det(turn)), [0.1, -0.05, -2.0]
    projection = np.array([[700.0, 0, -320, 0], [0, 700.0, -240, 0], [0, 0, -1, -0.1], [0, 0, -1, 0]])
    mesh = MeshAnnotation(rng.normal(scale=0.1, size=(VERTICES, 3)), model_view, projection)
    return GroundTruth("one", np.array([1.0, 2.0, 30.0, 40.0]), mesh, 480.0, {"pose": "front"})


@pytest.fixture
def row(truth: GroundTruth, tmp_path: Path) -> dict:
    write_ground_truth(tmp_path / "truth.json", [truth])
    return json.loads((tmp_path / "truth.json").read_text())[0]


def test_a_true_head_is_what_a_literal_reading_of_the_official_definitions_gives(truth: GroundTruth):
    rng = np.random.default_rng(1)
    corners, weights = rng.integers(VERTICES, size=(68, 3)), rng.dirichlet((1, 1, 1), size=68)
    topology = MeshTopology(VERTICES, corners, weights, np.arange(10), np.arange(10))
    head = truth.true_head(topology)
    for number in range(68):
        point = sum(w * truth.mesh.vertices[c] for w, c in zip(weights[number], corners[number], strict=True))
        x, y, _, w = truth.mesh.projection @ truth.mesh.model_view @ [*point, 1.0]
        np.testing.assert_allclose(head.landmarks[number], [x / w, 480 - y / w], rtol=1e-12)
    for vertex, seen in zip(truth.mesh.vertices, head.vertices, strict=True):
        in_opengl = (truth.mesh.model_view @ [*vertex, 1.0])[:3]
        np.testing.assert_allclose(seen, in_opengl * [1, -1, -1], rtol=1e-12)
    np.testing.assert_allclose(head.rotation, np.diag([1, -1, -1]) @ truth.mesh.model_view[:3, :3])


def test_the_file_has_the_keys_that_the_official_code_reads(row: dict):
    keys = {"id", "bbox", "vertices", "model_view_matrix", "projection_matrix", "image_height", "attributes"}
    assert set(row) == keys


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"vertices": [[0.0, 1.0]]}, "shape", "vertices of V × 3"),
        ({"vertices": [[0.0, float("nan"), 1.0]]}, "not finite", "vertices"),
        ({"bbox": [1, 2, 3]}, "shape", "bbox of 4 numbers, got 3"),
        ({"bbox": "wide"}, "shape", "bbox"),
        ({"model_view_matrix": None}, "shape", "model_view_matrix"),
        ({"projection_matrix": [[1, 2], [3]]}, "shape", "projection_matrix"),
        ({"projection_matrix": [["1", "2", "3", "4"]] * 4}, "shape", "projection_matrix"),
        ({"vertices": [[10**400, 0, 0]]}, "shape", "vertices"),
        ({"bbox": [1, 2, 3, 0]}, "shape", "bbox of a positive width and height"),
    ],
)
def test_a_damaged_row_is_named(row: dict, change: dict, kind: str, message: str, tmp_path: Path):
    (tmp_path / "truth.json").write_text(json.dumps([row | change]))
    with pytest.raises(ScoringError, match=rf"row 0 \(one\).*{message}") as error:
        read_ground_truth(tmp_path / "truth.json")
    assert error.value.exit_code == {"shape": 7, "not finite": 6}[kind]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("{", "as JSON"),
        ("[]", "one row a head"),
        ("{}", "one row a head"),
        ("[3]", "row 0"),
        ("[" * 100_000, "as JSON"),
    ],
)
def test_a_file_that_is_none_is_refused(text: str, message: str, tmp_path: Path):
    (tmp_path / "truth.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_ground_truth(tmp_path / "truth.json")


def test_heights_are_needed_and_truths_of_attributes_become_words(row: dict, tmp_path: Path):
    (tmp_path / "truth.json").write_text(json.dumps([row | {"image_height": "high"}]))
    with pytest.raises(ValueError, match="image_height"):
        read_ground_truth(tmp_path / "truth.json")
    (tmp_path / "truth.json").write_text(json.dumps([row | {"attributes": {"occlusions": True}}]))
    assert read_ground_truth(tmp_path / "truth.json")[0].attributes == {"occlusions": "true"}


@pytest.mark.parametrize(
    "change",
    [{"image_height": float("nan")}, {"image_height": True}, {"attributes": [1]}, {"id": [1]}, {"id": "\ud800"}],
)
def test_wrong_words_are_named(row: dict, change: dict, tmp_path: Path):
    (tmp_path / "truth.json").write_text(json.dumps([row | change]))
    with pytest.raises(ValueError, match=rf"truth\.json, row 0: \$\.{next(iter(change))}: expected"):
        read_ground_truth(tmp_path / "truth.json")


def test_a_mesh_of_another_topology_and_a_blind_camera_are_named(truth: GroundTruth):
    corners, weights = np.full((68, 3), VERTICES), np.full((68, 3), 1 / 3)
    with pytest.raises(ScoringError, match=r"one: expected the 81 vertices of the head model, got 80"):
        truth.true_head(MeshTopology(VERTICES + 1, corners, weights, np.arange(10), np.arange(10)))
    blind = replace(truth, mesh=replace(truth.mesh, projection=np.zeros((4, 4))))
    with pytest.raises(ScoringError, match=r"one: expected a camera that sees the head"):
        blind.true_head(MeshTopology(VERTICES, corners - 1, weights, np.arange(10), np.arange(10)))


def test_nothing_is_left_of_a_file_that_could_not_be_written(truth: GroundTruth, tmp_path: Path):
    def heads():
        yield truth
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="full"):
        write_ground_truth(tmp_path / "truth.json", heads())
    assert not list(tmp_path.iterdir())


def test_one_source_is_expected(tmp_path: Path):
    for file, root in ((None, None), (tmp_path, tmp_path)):
        with pytest.raises(ValueError, match="either its file"):
            open_ground_truth(file, root, "val")
