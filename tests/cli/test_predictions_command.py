"""`trans3dhead predictions`: each command once, on its own app."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from typer.testing import CliRunner, Result

from trans3dhead.cli.predictions import app
from trans3dhead.evaluation.predictions import PredictedHead, read_predictions

FLIP = np.diag([1.0, -1.0, -1.0])
POINTS = np.random.default_rng(0).uniform(0, 400, (68, 2))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def read(path: Path) -> PredictedHead:
    predictions = read_predictions(path)
    assert predictions.problems == []
    return predictions.heads["a"]


def save(path: Path, array: np.ndarray) -> Path:
    np.savez(path, a=array)
    return path


def test_from_pts(tmp_path):
    lines = "\n".join(f"{x} {y}" for x, y in POINTS.tolist())
    (tmp_path / "a.pts").write_text(f"version: 1\nn_points: 68\n{{\n{lines}\n}}\n")
    done = run("from-pts", tmp_path, "-o", tmp_path / "out" / "p.json")
    assert done.exit_code == 0, done.output
    assert "1 heads; landmarks of 1" in done.output
    np.testing.assert_allclose(read(tmp_path / "out" / "p.json").landmarks, POINTS - 0.5, atol=1e-4)


def test_from_landmarks(tmp_path):
    done = run("from-landmarks", save(tmp_path / "a.npz", POINTS), "-o", tmp_path / "p.json", "--origin", "corner")
    assert done.exit_code == 0, done.output
    np.testing.assert_allclose(read(tmp_path / "p.json").landmarks, POINTS, atol=1e-4)


def test_from_csv(tmp_path):
    (tmp_path / "a.csv").write_text("id,pitch,yaw,roll\na,0.1,0.2,0.3\n")
    options = ("--negate", "pitch", "--negate", "roll", "--radians")
    done = run("from-csv", tmp_path / "a.csv", "-o", tmp_path / "p.json", *options)
    assert done.exit_code == 0, done.output
    np.testing.assert_allclose(read(tmp_path / "p.json").euler, np.rad2deg([-0.1, 0.2, -0.3]), rtol=1e-6)
    done = run("from-csv", tmp_path / "a.csv", "-o", tmp_path / "p.json", *options, "--order", "zyx")
    assert done.exit_code == 0, done.output
    expected = Rotation.from_euler("ZYX", [0.3, -0.2, 0.1]).as_matrix()
    np.testing.assert_allclose(read(tmp_path / "p.json").rotation, FLIP @ expected, atol=1e-6)


def test_from_3ddfa(tmp_path):
    parameters = save(tmp_path / "a.npz", np.r_[np.c_[np.eye(3), np.zeros(3)].ravel(), np.zeros(50)])
    landmarks = save(tmp_path / "l.npz", np.c_[POINTS, np.ones(68)].T)
    done = run("from-3ddfa", parameters, "-o", tmp_path / "p.json", "--landmarks", landmarks, "--vertices", landmarks)
    assert done.exit_code == 0, done.output
    assert "pose of 1, landmarks of 1, seven 3D landmarks of 1, mesh of 1" in done.output
    head = read(tmp_path / "p.json")
    np.testing.assert_allclose(head.euler, 0, atol=1e-6)
    np.testing.assert_allclose(head.vertices[:, :2], POINTS + 0.5, atol=1e-4)


@pytest.mark.parametrize(("command", "neutral"), [("from-img2pose", np.zeros(6)), ("from-mediapipe", np.eye(4))])
def test_neutral_poses(tmp_path, command, neutral):
    done = run(command, save(tmp_path / "a.npz", neutral), "-o", tmp_path / "p.json")
    assert done.exit_code == 0, done.output
    np.testing.assert_allclose(read(tmp_path / "p.json").rotation, FLIP, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [(("--order", "abc"), "order: expected one of"), (("--negate", "jaw"), "negate: expected any of")],
)
def test_a_bad_option_is_one_line(tmp_path, options, message):
    (tmp_path / "a.csv").write_text("id,pitch,yaw,roll\na,1,2,3\n")
    done = run("from-csv", tmp_path / "a.csv", "-o", tmp_path / "p.json", *options)
    assert done.exit_code == 1
    assert f"error: {message}" in done.output
    assert not (tmp_path / "p.json").exists()


def test_a_missing_file_is_one_line(tmp_path):
    for command in ("from-csv", "from-img2pose", "from-pts"):
        done = run(command, tmp_path / "none", "-o", tmp_path / "p.json")
        assert done.exit_code == 1
        assert "error: " in done.output
        assert "none" in done.output
