"""The benchmarks through the real command line, on small data in the formats that users have."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from typer.testing import Result

from command_line import run
from toy_sets import toy_head
from trans3dhead.data.dad3dheads import MeshAnnotation
from trans3dhead.evaluation.dad3dheads import GroundTruth, read_ground_truth, write_ground_truth
from trans3dhead.evaluation.predictions import PredictedHead
from trans3dhead.evaluation.write_predictions import write_submission
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import SEVEN_LANDMARKS, HeadModel, MeshTopology, topology_of

WIDTH, HEIGHT = 64, 48


def failed(result: Result, code: int) -> str:
    """What a command that must fail says, in one line."""
    assert result.exit_code == code, result.output
    return " ".join(result.stderr.split())


@pytest.fixture
def small_head(tmp_path: Path) -> HeadModel:
    return toy_head(tmp_path)


@pytest.fixture
def head_file(small_head: HeadModel, tmp_path: Path) -> Path:
    return tmp_path / "toy.safetensors"


@pytest.fixture
def topology(small_head: HeadModel) -> MeshTopology:
    return topology_of(small_head.numpy())


@pytest.fixture
def truth(small_head: HeadModel) -> list[GroundTruth]:
    """Three heads of the small head model before an OpenGL camera."""
    rng = np.random.default_rng(2)
    projection = np.array([[80.0, 0, -WIDTH / 2, 0], [0, 80.0, -HEIGHT / 2, 0], [0, 0, -1, 0], [0, 0, -1, 0]])
    heads = []
    for name, pose in (("a", "front"), ("b", "sided"), ("c", "sided")):
        shape, expression = torch.from_numpy(rng.normal(size=(1, 4))), torch.zeros(1, 3)
        vertices = small_head(shape.float(), expression)[0].double().numpy()
        model_view = np.eye(4)
        model_view[:3, :3] = (
            np.diag([1, -1, -1]) @ rotation_from_euler(torch.from_numpy(rng.normal(size=3) * 30)).numpy()
        )
        model_view[2, 3] = -1.0
        mesh = MeshAnnotation(vertices, model_view, projection)
        heads.append(GroundTruth(name, np.array([8.0, 4, 40, 40]), mesh, HEIGHT, {"pose": pose}))
    return heads


@pytest.fixture
def root(truth: list[GroundTruth], tmp_path: Path) -> Path:
    """The same heads in DAD-3DHeads' layout."""
    folder = tmp_path / "DAD-3DHeadsDataset" / "val"
    (folder / "images").mkdir(parents=True)
    (folder / "annotations").mkdir()
    rows = []
    for head in truth:
        cv2.imwrite(str(folder / "images" / f"{head.id}.png"), np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
        mesh = {
            "vertices": head.mesh.vertices.tolist(),
            "model_view_matrix": head.mesh.model_view.tolist(),
            "projection_matrix": head.mesh.projection.tolist(),
        }
        (folder / "annotations" / f"{head.id}.json").write_text(json.dumps(mesh))
        paths = {"annotation_path": f"val/annotations/{head.id}.json", "img_path": f"val/images/{head.id}.png"}
        rows.append({"item_id": head.id, **paths, "bbox": head.box.tolist(), "attributes": head.attributes})
    (folder / "val.json").write_text(json.dumps(rows))
    return folder.parent


def perfect(head: GroundTruth, topology: MeshTopology) -> PredictedHead:
    true = head.true_head(topology)
    seven = topology.landmarks(true.vertices)[list(SEVEN_LANDMARKS)]
    return PredictedHead(true.rotation, None, true.landmarks, seven, true.vertices)


@pytest.fixture
def submission(truth: list[GroundTruth], topology: MeshTopology, tmp_path: Path) -> Path:
    """Perfect but for a shift of b's landmarks by 4 pixels."""
    heads = {head.id: perfect(head, topology) for head in truth}
    heads["b"] = replace(heads["b"], landmarks=heads["b"].landmarks + np.array([4.0, 0.0]))
    write_submission(tmp_path / "submission.json", heads)
    return tmp_path / "submission.json"


def test_dad3dheads_from_its_folder(root: Path, submission: Path, head_file: Path, tmp_path: Path):
    given = ("--submission", submission, "--head-model", head_file)
    result = run("evaluate", "dad", "--root", root, *given, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    values = {key: mean["value"] for key, mean in report["metrics"].items()}
    expected = {"nme": 10 / 3, "z5": 1, "z5_paper": 1, "chamfer": 0, "pose_error": 0}  # 4 of 40 pixels in one of three
    assert values == pytest.approx(expected, abs=1e-4)
    assert report["attributes"]["pose"]["sided"]["nme"]["value"] == pytest.approx(5, abs=1e-4)
    assert {"DAD-3DNet", "Trans3DHead"} <= {row["system"] for row in report["published"]}
    assert "DAD-3DNet" in result.output
    assert (tmp_path / "out" / "worst_nme.jpg").is_file()
    assert len((tmp_path / "out" / "samples.csv").read_text().splitlines()) == 4


def test_the_ground_truth_file_that_it_saves_gives_the_same_report(
    root: Path, submission: Path, head_file: Path, truth: list[GroundTruth], tmp_path: Path
):
    saved = tmp_path / "truth.json"
    result = run("evaluate", "dad", "--root", root, "--save-ground-truth", saved)
    assert result.exit_code == 0, result.output
    for head, expected in zip(read_ground_truth(saved), truth, strict=True):
        np.testing.assert_array_equal(head.mesh.vertices, expected.mesh.vertices)
        assert (head.id, head.image_height, head.attributes) == (expected.id, HEIGHT, expected.attributes)
    given = ("--submission", submission, "--head-model", head_file)
    reports = []
    for source in (("--root", root), ("--ground-truth", saved)):
        assert run("evaluate", "dad", *source, *given, "-o", tmp_path / "out").exit_code == 0
        reports.append(json.loads((tmp_path / "out" / "report.json").read_text())["metrics"])
    assert reports[0] == reports[1]


def test_flames_topology_comes_from_a_checkout(shared: Path, truth: list[GroundTruth], tmp_path: Path):
    from trans3dhead.head_model.flame.static import read_static

    checkout = shared / "flame_static" / "original"
    topology = read_static(checkout)
    vertices = np.random.default_rng(0).normal(scale=0.1, size=(topology.vertices, 3))
    head = replace(truth[0], mesh=replace(truth[0].mesh, vertices=vertices))
    write_ground_truth(tmp_path / "truth.json", [head])
    write_submission(tmp_path / "sub.json", {head.id: perfect(head, topology)})
    source = ("--ground-truth", tmp_path / "truth.json", "--submission", tmp_path / "sub.json")
    result = run("evaluate", "dad", *source, "--static", checkout, "-o", tmp_path / "out", "--strict")
    assert result.exit_code == 0, result.output
    metrics = json.loads((tmp_path / "out" / "report.json").read_text())["metrics"]
    values = {key: mean["value"] for key, mean in metrics.items()}
    expected = {"nme": 0, "z5": 1, "z5_paper": 1, "chamfer": 0, "pose_error": 0}
    assert values == pytest.approx(expected, abs=1e-4)


def spoiled(submission: Path, head: str, key: str | None, value: object) -> Path:
    """The submission with one field, or one head, changed; None takes it away."""
    content = json.loads(submission.read_text())
    if key is not None:
        content[head][key] = value
    elif value is None:
        del content[head]
    else:
        content[head] = value
    submission.write_text(json.dumps(content))
    return submission


@pytest.mark.parametrize(
    ("head", "key", "value", "code", "message"),
    [
        ("b", None, None, 4, "b: is in the ground truth, but is not predicted"),
        ("d", None, {"rotation_matrix": np.eye(3).tolist()}, 5, "d: is predicted, but is not in the ground truth"),
        ("a", "68_landmarks_2d", [[float("nan"), 0.0]] * 68, 6, "a: 68_landmarks_2d"),
        ("c", "68_landmarks_2d", [[1.0, 2.0]] * 67, 7, "c: 68_landmarks_2d"),
    ],
)
def test_strictness(root: Path, submission: Path, head_file: Path, head, key, value, code, message):
    spoiled(submission, head, key, value)
    command = ("evaluate", "dad", "--root", root, "--submission", submission, "--head-model", head_file)
    assert message in failed(run(*command, "--strict"), code)
    relaxed = run(*command)
    assert relaxed.exit_code == 0, relaxed.output
    assert message.split(":")[0] in relaxed.output


def test_files_that_are_none(root: Path, submission: Path, head_file: Path, tmp_path: Path):
    given = ("--root", root, "--head-model", head_file)
    empty = tmp_path / "empty.json"
    empty.write_text("")
    assert "empty.json" in failed(run("evaluate", "dad", *given, "--submission", empty), 3)
    assert "absent.json" in failed(run("evaluate", "dad", *given, "--submission", tmp_path / "absent.json"), 1)
    assert "--static" in failed(run("evaluate", "dad", "--root", root, "--submission", submission), 1)
    assert "--root" in failed(run("evaluate", "dad", "--submission", submission, "--head-model", head_file), 1)
    assert "--submission" in failed(run("evaluate", "dad", *given), 1)
    truth = tmp_path / "truth.json"
    truth.write_text(" ")
    given = ("--ground-truth", truth, "--submission", submission, "--head-model", head_file)
    assert "truth.json: is empty" in failed(run("evaluate", "dad", *given), 3)


def test_damaged_files_of_the_data_set(root: Path, submission: Path, head_file: Path):
    (root / "val" / "images" / "b.png").unlink()
    command = ("evaluate", "dad", "--root", root, "--submission", submission, "--head-model", head_file)
    assert "b.png" in failed(run(*command), 1)
    skipped = run(*command, "--skip-bad")
    assert skipped.exit_code == 0, skipped.output
    assert "unreadable" in skipped.output
    assert "b.png" in failed(run(*command, "--skip-bad", "--strict"), 8)


def test_an_output_folder_that_is_a_file_is_refused_before_the_work(tmp_path: Path):
    (tmp_path / "out").write_text("")
    assert "expected a folder" in failed(run("evaluate", "photographs", tmp_path, "-o", tmp_path / "out"), 1)


def test_a_submission_of_a_model(root: Path, tmp_path: Path):
    result = run("submit", "dad", root, "-o", tmp_path / "sub.json")
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "sub.json").read_text())
    assert sorted(content) == ["a", "b", "c"]
    shapes = {key: np.shape(value) for key, value in content["a"].items()}
    assert shapes == {
        "68_landmarks_2d": (68, 2),
        "N_landmarks_3d": (len(HeadModel.shipped().template), 3),
        "7_landmarks_3d": (7, 3),
        "rotation_matrix": (3, 3),
    }
