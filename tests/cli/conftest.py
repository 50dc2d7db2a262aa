"""What every test of a command has: the toy head model, a network for it, and plots without pixels."""

import pytest

from toy_heads import toy_checkpoint, toy_head_model
from trans3dhead.head_model import HeadModel


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    """An ellipsoid with five expressions."""
    return toy_head_model(tmp_path_factory.mktemp("toy") / "toy.safetensors")


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options that name a toy network and its head model, whose expressions are not Apple's."""
    folder = tmp_path_factory.mktemp("network")
    toy_checkpoint(folder / "network.safetensors", toy_head_model(folder / "head_model.safetensors"))
    return ["--model", str(folder / "network.safetensors"), "--head-model", str(folder / "head_model.safetensors")]


@pytest.fixture(autouse=True)
def _plots_without_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing them takes most of an evaluation's time; tests/evaluation/test_plots.py looks at each kind."""
    monkeypatch.setattr("trans3dhead.evaluation.plots.encoded", lambda figure, kind="png": b"a plot")
