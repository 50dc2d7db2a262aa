"""`trans3dhead evaluate aflw2000` and `photographs` through the real command line."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from scipy.io import savemat
from scipy.spatial.transform import Rotation

from command_line import failed, run
from paths import ASTRONAUT
from toy_mediapipe import TASK, toy_mediapipe
from trans3dhead.evaluation.predictions import PredictedHead
from trans3dhead.evaluation.write_predictions import write_predictions
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import HeadModel

FLIP = torch.diag(torch.tensor([1.0, -1.0, -1.0]))


@pytest.fixture
def aflw2000(tmp_path: Path) -> Path:
    """Three photographs with their .mat files, one of them turned too far."""
    folder = tmp_path / "AFLW2000"
    folder.mkdir()
    rng = np.random.default_rng(4)
    for name, yaw in (("image1", 10.0), ("image2", -80.0), ("image3", 120.0)):
        cv2.imwrite(str(folder / f"{name}.jpg"), rng.integers(0, 255, size=(450, 450, 3), dtype=np.uint8))
        pose = np.zeros((1, 7))
        pose[0, :3] = np.deg2rad([5.0, yaw, 0.0])
        savemat(folder / f"{name}.mat", {"Pose_Para": pose, "pt3d_68": landmarks_at(yaw) + 0.5})
    return folder


def turned(yaw: float) -> torch.Tensor:
    """(3, 3) the rotation of the photographs' heads."""
    return rotation_from_euler(torch.tensor([5.0, yaw, 0.0]))


def landmarks_at(yaw: float) -> np.ndarray:
    """(3, 68) continuous pixels: the head model's points, turned."""
    head = HeadModel.shipped()
    points = head.landmarks(head.template[None])[0].double()
    return 225 + 900 * (points @ turned(yaw).double().T).numpy().T


def test_aflw2000_with_anybodys_predictions(aflw2000: Path, tmp_path: Path):
    heads = {
        "image1": PredictedHead(euler=np.array([6.0, 12.0, -3.0]), landmarks=landmarks_at(10.0)[:2].T),
        "image2": PredictedHead(euler=np.array([5.0, -80.0, 0.0])),
        "image3": PredictedHead(euler=np.array([5.0, 0.0, 0.0])),
    }
    write_predictions(tmp_path / "p.json", heads)
    out = tmp_path / "out"
    result = run("evaluate", "aflw2000", aflw2000, "--predictions", tmp_path / "p.json", "-o", out)
    assert result.exit_code == 0, result.output
    assert "without the 1 heads" in " ".join(result.output.split())
    report = json.loads((out / "report.json").read_text())
    values = {key: mean["value"] for key, mean in report["metrics"].items()}
    geodesic = values.pop("geodesic")
    assert values == pytest.approx({"mae": 1.0, "pitch": 0.5, "yaw": 1.0, "roll": 1.5, "nme": 0.0}, abs=1e-4)
    between = FLIP @ rotation_from_euler(torch.tensor([6.0, 12.0, -3.0])) @ turned(10.0).T @ FLIP
    assert geodesic == pytest.approx(np.rad2deg(Rotation.from_matrix(between.numpy()).magnitude()) / 2, abs=1e-3)
    assert report["left_out"] == 1
    assert "SynergyNet" in result.output


def test_aflw2000_by_points_that_others_drew(aflw2000: Path, tmp_path: Path):
    """The points of the mesh are right by the .mat files, those of the landmark branch by the other file."""
    old = {name: landmarks_at(yaw)[:2].T for name, yaw in (("image1", 10.0), ("image2", -80.0))}
    new = {name: points + np.array([0.0, 6.0]) for name, points in old.items()}
    np.savez(tmp_path / "new.npz", ids=np.array([*new, "image9"]), landmarks=np.array([*new.values(), new["image1"]]))
    heads = {name: PredictedHead(landmarks=new[name], mesh_landmarks=old[name]) for name in old}
    write_predictions(tmp_path / "p.json", heads)
    given = ("--predictions", tmp_path / "p.json", "--reannotated", tmp_path / "new.npz")
    result = run("evaluate", "aflw2000", aflw2000, *given, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "of 2 of the 3 heads" in " ".join(result.output.split())
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    off = np.mean([600 / np.sqrt(np.ptp(points, axis=0).prod()) for points in old.values()])
    values = {key: mean["value"] for key, mean in report["metrics"].items() if key.startswith("nme")}
    expected = {"nme": off, "nme_mesh": 0, "nme_reannotated": 0, "nme_mesh_reannotated": off}
    assert values == pytest.approx(expected, abs=1e-4)
    assert report["by_true_yaw"]["mesh NME (%)"]["mean of the bins"] is None  # no head between 30 and 60
    assert report["expression_reannotated"]["mouth opening, mesh"] == {
        "r": None,
        "slope": None,
        "bias": None,
        "heads": 1,
    }
    np.savez(tmp_path / "new.npz", ids=np.array(["image9"]), landmarks=old["image1"][None])
    assert "heads such as 'image1'" in failed("evaluate", "aflw2000", aflw2000, *given)


def test_aflw2000_with_a_model_and_with_its_detector(aflw2000: Path):
    result = run("evaluate", "aflw2000", aflw2000)
    assert result.exit_code == 0, result.output
    assert "measured, 3" in result.output
    strict = run("evaluate", "aflw2000", aflw2000, "--detect", "--strict")
    assert strict.exit_code == 9
    assert "did not find this head" in " ".join(strict.stderr.split())
    (aflw2000 / "image2.mat").unlink()
    assert "image2" in failed("evaluate", "aflw2000", aflw2000)


def test_expressions_and_mediapipes_blendshapes_of_photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Twelve faces, one brighter than the other, which to the stand-in for MediaPipe is an open jaw."""
    monkeypatch.setitem(sys.modules, "mediapipe", toy_mediapipe())
    (tmp_path / "face_landmarker.task").write_bytes(TASK)
    folder, rows, heads = tmp_path / "folder", [], {}
    folder.mkdir()
    for number in range(12):
        points = landmarks_at(0.0)[:2].T
        points[[65, 66, 67]] += (0, number)
        cv2.imwrite(str(folder / f"face{number}.png"), np.full((450, 450, 3), 20 + 15 * number, np.uint8))
        pose = {"pitch": 5.0, "yaw": 0.0, "roll": 0.0}
        rows.append({"file": f"face{number}.png", "landmarks_68": points.tolist(), "pose": pose})
        heads[f"face{number}"] = PredictedHead(landmarks=points, blendshapes={"jawOpen": 1 - number / 12})
    (folder / "annotations.json").write_text(json.dumps(rows))
    write_predictions(tmp_path / "p.json", heads)
    command = ("evaluate", "photographs", folder, "--predictions", tmp_path / "p.json")
    task = ("--mediapipe-task", tmp_path / "face_landmarker.task")
    result = run(*command, *task, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    expected = {"r": 1, "slope": 1, "bias": 0, "heads": 12}
    assert report["expression"]["mouth opening, landmarks"] == pytest.approx(expected, abs=1e-5)
    assert report["expression"]["brow height, landmarks"]["r"] is None  # they are the same everywhere
    assert report["mediapipe"] == {"jawOpen": {"rank correlation": pytest.approx(-1), "heads": 12}}
    assert "blendshapes against MediaPipe's" in result.output
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    assert "pip install mediapipe" in failed(*command, *task)


def test_photographs_with_pts_files(tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    photograph = cv2.imread(str(ASTRONAUT))
    cv2.imwrite(str(folder / "astronaut.png"), photograph)
    points = "\n".join(f"{x + 30} {y - 20}" for x, y in landmarks_at(0.0)[:2].T)
    (folder / "astronaut.pts").write_text(f"version: 1\nn_points: 68\n{{\n{points}\n}}\n")
    result = run("evaluate", "photographs", folder, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "The detector found" in result.output
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["detector"]["of"] == 1
    assert report["detector"]["false_boxes"] == len(report["detector"]["unmatched"]) == 1  # the points are elsewhere
    assert (tmp_path / "out" / "false_boxes.jpg").is_file()
    wrong = failed("evaluate", "photographs", folder, "--detector", f"heads:{tmp_path / 'none.safetensors'}")
    assert "detector: expected a checkpoint's path" in wrong
    flipped = run("evaluate", "photographs", folder, "--flip", "-o", tmp_path / "out")
    assert flipped.exit_code == 0, flipped.output
    other = json.loads((tmp_path / "out" / "report.json").read_text())
    assert other["metrics"]["nme"] != report["metrics"]["nme"]
    assert any("mirror image" in note for note in other["notes"])
    once = run("evaluate", "photographs", folder, "--closer-look", "none", "-o", tmp_path / "out")
    assert once.exit_code == 0, once.output
    other = json.loads((tmp_path / "out" / "report.json").read_text())
    assert other["metrics"]["nme"] != report["metrics"]["nme"]
    assert [any("close, by face" in note for note in told["notes"]) for told in (report, other)] == [True, False]
    (tmp_path / "p.json").write_text("{}")
    for option in (("--flip",), ("--closer-look", "none")):
        assert option[0] in failed("evaluate", "photographs", folder, *option, "--predictions", tmp_path / "p.json")
