"""The rows of tables, trained and scored one after the other; what is done already is not done again."""

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import torch
from rich.console import Console
from torch import distributed

from trans3dhead.data.mesh_photographs import is_split
from trans3dhead.data.shards import ShardedSet
from trans3dhead.evaluation.ablations.budgets import BudgetRecipes, row_recipe
from trans3dhead.evaluation.ablations.results import SCORES, Results, read_results
from trans3dhead.evaluation.ablations.tables import AblationTable, Row
from trans3dhead.evaluation.dad3dheads import OpenGroundTruth, open_ground_truth
from trans3dhead.evaluation.head_alignment import TrueHead, score_head_alignment
from trans3dhead.evaluation.predict import HeadToFind, predict_heads
from trans3dhead.evaluation.report import Report
from trans3dhead.evaluation.synthetic import heads_to_find, true_heads
from trans3dhead.head_model import topology_of
from trans3dhead.inference import Predictor
from trans3dhead.training.alignment.recipe import Recipe, read_recipe
from trans3dhead.training.alignment.train import train_alignment
from trans3dhead.training.engine.run import MODEL, load_head_model


def run_tables(
    tables: Mapping[str, AblationTable], recipes: BudgetRecipes, runs: Path, seeds: int, console: Console
) -> Iterator[tuple[str, Results]]:
    """Every row with seeds 0 to `seeds` - 1: within a seed all rows see the same samples in the same order.

    Yields a table by its key whenever all its rows have one seed more; the first seed of all tables comes first. Each
    row is a run folder of `runs`, shared by the tables that have it. Rows that are trained or scored are left as they
    are, one that was interrupted goes on. Raises ValueError where a folder holds the row with other settings.
    """
    if seeds < 1:
        raise ValueError(f"seeds: expected 1 or more, got {seeds}")
    if distributed.is_available() and distributed.is_torchelastic_launched():
        raise ValueError("ablate: expected one process, got torchrun's; rows are trained one after the other in one")
    for recipe in recipes.rows.values():
        _check_fixed(recipe)
    start = None if recipes.start is None else _start(recipes.start, runs, console)
    planned = {row.run_of(seed) for seed in range(seeds) for table in tables.values() for row in table.rows}
    for seed in range(seeds):
        for key, table in tables.items():
            for row in table.rows:
                recipe = row_recipe(row, recipes, start, seed)
                if not _is_scored(runs / recipe.name):
                    console.print(f"[bold]{row.name}[/bold], seed {seed}; {_left(planned, runs)}", highlight=False)
                _train_and_score(recipe, runs, console)
            yield key, read_results(table, {row.name: _folders(row, seed, runs) for row in table.rows})


def _check_fixed(recipe: Recipe) -> None:
    """A set that grows from row to row would not be the same for all."""
    data = recipe.data
    if data.partial and None in (data.train_limit, data.validation_limit):
        raise ValueError(
            "data.partial: expected data.train_limit and data.validation_limit with it, no larger than what there is "
            "already, so that all rows see the same photographs while their rendering goes on"
        )


def _folders(row: Row, last: int, runs: Path) -> list[Path]:
    """The run folders of a row, one for each seed up to `last`."""
    return [runs / row.run_of(seed) for seed in range(last + 1)]


def _left(planned: Collection[str], runs: Path) -> str:
    """How many rows are to be trained yet, and how long that takes if each takes as long as those that were."""
    done = [runs / name for name in planned if _is_scored(runs / name)]
    left = f"{len(planned) - len(done)} of {len(planned)} rows to train"
    if not done:
        return left
    minutes = sum(_minutes(folder) for folder in done) / len(done) * (len(planned) - len(done))
    return f"{left}, about {minutes / 60:.1f} hours"


def _minutes(folder: Path) -> float:
    with (folder / "metrics.csv").open(newline="") as file:
        return float(list(csv.DictReader(file))[-1]["minutes"])


def _start(recipe: Recipe, runs: Path, console: Console) -> Path:
    """The network whose backbone all rows begin with."""
    if not (runs / recipe.name / MODEL).is_file():
        console.print("[bold]The start of all rows[/bold]", highlight=False)
    return _trained(recipe, runs, console) / MODEL


def _is_scored(folder: Path) -> bool:
    return (folder / SCORES / "samples.csv").is_file()


def _train_and_score(recipe: Recipe, runs: Path, console: Console) -> None:
    folder = _trained(recipe, runs, console)
    if not _is_scored(folder):
        _score(folder / MODEL, recipe).save(folder / SCORES)


def _trained(recipe: Recipe, runs: Path, console: Console) -> Path:
    """The run folder of a recipe with its network in it."""
    folder = runs / recipe.name
    if (folder / "recipe.yaml").is_file():
        _check_same(recipe, folder)
        if (folder / MODEL).is_file():
            return folder
    return train_alignment(recipe, runs, resume=True, console=console)


def _check_same(recipe: Recipe, folder: Path) -> None:
    wanted, stored = asdict(recipe), asdict(read_recipe(folder / "recipe.yaml"))
    differing = [name for name in wanted if wanted[name] != stored[name]]
    if differing:
        raise ValueError(
            f"{folder}: holds this training with another {', '.join(differing)}; all rows must have the same settings: "
            "delete the folder, or give another folder of runs"
        )


def _score(model: Path, recipe: Recipe) -> Report:
    """The metrics of 3D head alignment on the recipe's validation heads, each seen once, in its true box."""
    if len(recipe.data.validation) != 1:
        raise ValueError(f"data.validation: expected one set to score the rows on, got {list(recipe.data.validation)}")
    folder, limit = Path(recipe.data.validation[0]), recipe.data.validation_limit
    head_model = load_head_model(recipe.head_model)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    predictor = Predictor(model, passes=1, device=device, head_model=head_model)
    topology = topology_of(head_model.numpy())
    if is_split(folder):
        truth = open_ground_truth(None, folder.parent, folder.name)
        found = predict_heads(predictor, islice(_heads_of(truth), limit))
        true: Iterator[TrueHead] = (head.true_head(topology) for head in truth.heads())
    else:
        photographs = ShardedSet(folder, recipe.data.partial)
        found = predict_heads(predictor, islice(heads_to_find(photographs), limit))
        true = true_heads(photographs, head_model)
    return score_head_alignment(islice(true, limit), topology, found, folder.name)


def _heads_of(truth: OpenGroundTruth) -> Iterator[HeadToFind]:
    return (HeadToFind(head.id, head.photograph, head.box) for head in truth.split)
