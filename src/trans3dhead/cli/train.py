"""`trans3dhead train`: train a network by a recipe."""

from pathlib import Path
from typing import Annotated

import typer

from trans3dhead.cli.errors import reported


@reported
def train(
    recipe: Annotated[Path, typer.Argument(help="A YAML file; recipes/ holds ours.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, for instance optimizer.lr=3e-4.")] = None,
    runs: Annotated[Path, typer.Option(help="The run's folder is made here, by the recipe's name.")] = Path("runs"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the run's last saved state, or begin.")] = False,
) -> None:
    """Train by a recipe; the run's folder holds the weights, the logs and previews."""
    from trans3dhead.training.train import train as train_by_recipe

    train_by_recipe(recipe, overrides or [], runs, resume)
