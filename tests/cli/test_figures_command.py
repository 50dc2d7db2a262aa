"""`trans3dhead figures` through the real command line."""

from pathlib import Path

import numpy as np
import pytest

from command_line import done, failed
from paths import ASTRONAUT
from trans3dhead.evaluation.predictions import PredictedHead
from trans3dhead.evaluation.write_predictions import write_predictions


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    points = np.random.default_rng(0).uniform(150, 300, (68, 2))
    write_predictions(
        tmp_path / "theirs.json", {"astronaut": PredictedHead(euler=np.array([0.0, 10, 0]), landmarks=points)}
    )
    return tmp_path / "theirs.json"


@pytest.mark.parametrize("name", ["poses", "landmarks", "meshes"])
def test_systems_side_by_side(name: str, theirs: Path, tmp_path: Path):
    out = tmp_path / f"{name}.pdf"
    words = done("figures", name, ASTRONAUT, "--system", "tiny", "--system", f"Theirs={theirs}", "-o", out)
    assert words == f"written: {out}"
    assert out.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("name", ["layers", "residuals"])
def test_layers_of_a_shipped_network(name: str, tmp_path: Path):
    out = tmp_path / f"{name}.png"
    done("figures", name, ASTRONAUT, "--model", "tiny", "-o", out)
    assert out.read_bytes().startswith(b"\x89PNG")


def test_dense_points_of_a_photograph(tmp_path: Path):
    out = tmp_path / "dense.jpg"
    done("figures", "dense", ASTRONAUT, "--system", "tiny", "--head", "astronaut", "-o", out)
    assert out.read_bytes().startswith(b"\xff\xd8")


def test_what_cannot_be_written_is_told_at_once(tmp_path: Path):
    assert "expected a figure's name to end with" in failed("figures", "poses", ASTRONAUT, "-o", tmp_path / "x.gif")
    (tmp_path / "file").write_text("")
    assert "file" in failed("figures", "poses", ASTRONAUT, "-o", tmp_path / "file" / "x.png")


def test_an_unknown_network_is_told(tmp_path: Path):
    out = tmp_path / "x.png"
    assert "small" in failed("figures", "layers", ASTRONAUT, "--model", "nobody", "-o", out)
