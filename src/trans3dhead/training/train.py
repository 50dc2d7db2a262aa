"""From a recipe file of any kind to a run folder with the trained network."""

from collections.abc import Sequence
from pathlib import Path
from reprlib import repr as shown

from rich.console import Console

from trans3dhead.training.alignment.recipe import Recipe
from trans3dhead.training.alignment.train import train_alignment
from trans3dhead.training.detection.recipe import DetectorRecipe
from trans3dhead.training.detection.train import train_detector
from trans3dhead.training.engine.mapping import from_mapping, read_values


def train(
    recipe: str | Path,
    overrides: Sequence[str] = (),
    runs: str | Path = "runs",
    resume: bool = False,
    console: Console | None = None,
) -> Path:
    """Train by a recipe file and `key.sub=value` overrides; returns the run folder `runs/<name>`.

    resume: continue the run of that name from its last saved state, or begin it where there is none. Ctrl-C and SIGTERM
    save the state and raise SystemExit with the code 130 or 143; the second time they end without.
    Called in every process that torchrun starts, it trains on all of them; the first one alone writes and prints.
    """
    values, console = read_values(recipe, overrides), console or Console()
    match values.get("task", "alignment"):
        case "alignment":
            return train_alignment(from_mapping(Recipe, values), Path(runs), resume, console)
        case "detector":
            return train_detector(from_mapping(DetectorRecipe, values), Path(runs), resume, console)
        case task:
            raise ValueError(f"recipe.task: expected alignment or detector, got {shown(task)}")
