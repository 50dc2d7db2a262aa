"""`trans3dhead train`: train a network by a recipe."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trans3dhead.cli.errors import reported


@reported
def train(
    recipe: Annotated[Path, typer.Argument(help="A YAML file; recipes/ holds ours.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, for instance optimizer.lr=3e-4.")] = None,
) -> None:
    """Train by a recipe. The same command after an interruption goes on from the last checkpoint."""
    from trans3dhead.training import train as train_by_recipe

    checkpoint = train_by_recipe(recipe, overrides or [])
    Console().print(f"weights: {checkpoint}")
