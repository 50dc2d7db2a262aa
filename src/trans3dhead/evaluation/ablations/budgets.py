"""How much each row of an ablation may cost: one recipe for each system and budget, and one for where they begin."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trans3dhead.evaluation.ablations.tables import Row, System
from trans3dhead.training.alignment.recipe import Recipe, read_recipe


@dataclass(frozen=True)
class Budget:
    """The files of its recipes."""

    rows: Mapping[System, str]
    start: str | None = None  # of a network whose backbone all rows begin with; None: they begin as their recipes say


BUDGETS: Mapping[str, Budget] = {
    "smoke": Budget(
        {"trans3dhead": "ablation-smoke.yaml", "dad3dnet": "ablation-smoke-dad3dnet.yaml"}, "ablation-smoke-start.yaml"
    ),
    "small": Budget(
        {"trans3dhead": "ablation-small.yaml", "dad3dnet": "ablation-small-dad3dnet.yaml"}, "ablation-small-start.yaml"
    ),
    "paper": Budget({"trans3dhead": "paper.yaml", "dad3dnet": "dad3dnet.yaml"}),
}
_OF_THE_START = ("data.", "head_model=", "precision=", "channels_last=", "threads=")  # words about photographs, machine


@dataclass(frozen=True)
class BudgetRecipes:
    """A budget's recipes, read."""

    rows: Mapping[System, Recipe]
    start: Recipe | None


def read_budget(budget: str, systems: Iterable[System], folder: Path, overrides: Sequence[str] = ()) -> BudgetRecipes:
    """A budget's recipe for each system, from the folder of recipes, all with the same `key.sub=value` overrides.

    The start takes those about photographs and machine; with `pretrained=...` among them rows begin there instead.
    """
    if budget not in BUDGETS:
        raise ValueError(f"budget: expected one of {', '.join(BUDGETS)}, got {budget!r}")
    files = BUDGETS[budget]
    rows = {system: read_recipe(folder / files.rows[system], overrides) for system in systems}
    if files.start is None or any(word.startswith("pretrained=") for word in overrides):
        return BudgetRecipes(rows, None)
    start = read_recipe(folder / files.start, [word for word in overrides if word.startswith(_OF_THE_START)])
    return BudgetRecipes(rows, replace(start, name="start"))


def row_recipe(row: Row, recipes: BudgetRecipes, start: Path | None, seed: int) -> Recipe:
    """The training of one row: its system's recipe with the row's departures, under the name of its run.

    start: the network whose backbone it begins with; None: it begins as its recipe says.
    """
    recipe = recipes.rows[row.system]
    losses = recipe.losses
    return replace(
        recipe,
        name=row.run_of(seed),
        seed=seed,
        pretrained=recipe.pretrained if start is None else str(start),
        network=replace(recipe.network, **row.network),
        losses=losses if row.euler else replace(losses, euler=replace(losses.euler, weight=0.0)),
    )
