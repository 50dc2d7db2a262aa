"""How much each row of an ablation may cost: one recipe for each system and budget."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from trans3dhead.evaluation.ablations.tables import Row, System
from trans3dhead.training.alignment.recipe import Recipe, read_recipe

BUDGETS: Mapping[str, Mapping[System, str]] = {
    "smoke": {"trans3dhead": "ablation-smoke.yaml", "dad3dnet": "ablation-smoke-dad3dnet.yaml"},
    "small": {"trans3dhead": "ablation-small.yaml", "dad3dnet": "ablation-small-dad3dnet.yaml"},
    "paper": {"trans3dhead": "paper.yaml", "dad3dnet": "dad3dnet.yaml"},
}


def read_budget(
    budget: str, systems: Iterable[System], folder: Path, overrides: Sequence[str] = ()
) -> dict[System, Recipe]:
    """A budget's recipe for each system, from the folder of recipes, all with the same `key.sub=value` overrides."""
    if budget not in BUDGETS:
        raise ValueError(f"budget: expected one of {', '.join(BUDGETS)}, got {budget!r}")
    return {system: read_recipe(folder / BUDGETS[budget][system], overrides) for system in systems}


def row_recipe(row: Row, recipes: Mapping[System, Recipe], seed: int) -> Recipe:
    """The training of one row: its system's recipe with the row's departures, under the name of its run."""
    recipe = recipes[row.system]
    losses = recipe.losses
    return replace(
        recipe,
        name=f"{row.run}+seed={seed}",
        seed=seed,
        network=replace(recipe.network, **row.network),
        losses=losses if row.euler else replace(losses, euler=replace(losses.euler, weight=0.0)),
    )
