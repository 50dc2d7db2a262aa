"""The rows of a table, trained and scored one after the other; what is done already is not done again."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import torch
from rich.console import Console
from torch import distributed

from trans3dhead.data.mesh_photographs import is_split
from trans3dhead.data.shards import ShardedSet
from trans3dhead.evaluation.ablations.budgets import row_recipe
from trans3dhead.evaluation.ablations.results import SCORES, Results, read_results
from trans3dhead.evaluation.ablations.tables import AblationTable, System
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


def run_table(table: AblationTable, recipes: dict[System, Recipe], runs: Path, seeds: int, console: Console) -> Results:
    """Every row with seeds 0 to `seeds` - 1: within a seed all rows see the same samples in the same order.

    Each is a run folder of `runs`, shared by the tables that have the row. Rows that are trained or scored are left as
    they are, one that was interrupted goes on. Raises ValueError where a folder holds the row with other settings.
    """
    if seeds < 1:
        raise ValueError(f"seeds: expected 1 or more, got {seeds}")
    if distributed.is_available() and distributed.is_torchelastic_launched():
        raise ValueError("ablate: expected one process, got torchrun's; rows are trained one after the other in one")
    folders: dict[str, list[Path]] = {row.name: [] for row in table.rows}
    for seed in range(seeds):
        for row in table.rows:
            console.print(f"[bold]{row.name}[/bold], seed {seed}", highlight=False)
            recipe = row_recipe(row, recipes, seed)
            folder = _trained(recipe, runs, console)
            if not (folder / SCORES / "samples.csv").is_file():
                _score(folder / MODEL, recipe).save(folder / SCORES)
            folders[row.name].append(folder)
    return read_results(table, folders)


def _trained(recipe: Recipe, runs: Path, console: Console) -> Path:
    """The run folder of a row with its network in it."""
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
            f"{folder}: holds this row with another {', '.join(differing)}; rows of one table must have the same "
            "settings: delete the folder, or give another folder of runs"
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
