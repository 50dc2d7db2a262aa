"""Short trainings: their recipe on disk, and what they leave."""

import csv
import io
from pathlib import Path

import torch
from rich.console import Console

from trans3dhead.training.engine.run import STATE


def quiet() -> Console:
    """A console that prints nothing."""
    return Console(file=io.StringIO())


def write_recipe(folder: Path, recipe: str, head_model: Path) -> Path:
    """The file of a recipe whose head model and whose set, `folder`/set, are left open."""
    path = folder / "trial.yaml"
    path.write_text(recipe.format(head_model=head_model, folder=folder / "set"))
    return path


def saved_tensors(folder: Path) -> dict[str, torch.Tensor]:
    """All weights and optimizer moments in the state that a run folder holds."""
    state = torch.load(folder / STATE, weights_only=True)
    moments = {f"{n}.{k}": v for n, entry in state["optimizer"]["state"].items() for k, v in entry.items()}
    return {**state["weights"], **moments}


def assert_same_run(folder: Path, expected: Path, tolerance: float) -> None:
    """Weights and moments within a tolerance, absolute and relative, and the same four steps in train.csv."""
    tensors, wanted = saved_tensors(folder), saved_tensors(expected)
    assert tensors.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(tensors[name], value, atol=tolerance, rtol=tolerance, msg=name)
    with (folder / "train.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["1", "2", "3", "4"]
