"""The recipes of the two papers hold what is published of their settings: `published_settings.csv`.

Where a recipe departs on purpose, the column `ours` says what it has; docs/network.md and docs/training.md say why.
"""

import csv
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from paths import RECIPES
from trans3dhead.head_model import ParametersLayout
from trans3dhead.losses.term import TermOfVertices
from trans3dhead.networks.alignment import build
from trans3dhead.networks.alignment.prediction import LANDMARKS
from trans3dhead.training.alignment.recipe import Recipe, read_recipe

FLAME = ParametersLayout(300, 100, 3)
PUBLISHED_TERMS = {
    "paper": ("landmarks", "shape3d", "reprojection", "euler"),
    "dad3dnet": ("landmarks", "shape3d", "reprojection", "heatmaps"),
}

with Path(__file__).with_name("published_settings.csv").open(encoding="utf-8") as _file:
    LINES = list(csv.DictReader(_file))


def yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


def subsets(term: TermOfVertices) -> str:
    """The weighted subsets of a loss of vertices."""
    return ", ".join(f"{name} {weight:g}" for name, weight in sorted((term.subsets or {}).items()) if weight)


READ: dict[str, Callable[[Recipe], str | float]] = {
    "backbone": lambda recipe: recipe.network.backbone,
    "weights of the backbone": lambda recipe: recipe.pretrained or "none",
    "side of the crop, pixels": lambda recipe: recipe.network.crop_size,
    "parameters of FLAME": lambda recipe: build(recipe.network, FLAME).regressed.size,
    "landmarks": lambda recipe: LANDMARKS,
    "width": lambda recipe: recipe.network.width,
    "encoder layers": lambda recipe: recipe.network.encoder_layers,
    "decoder layers": lambda recipe: recipe.network.decoder_layers,
    "norm of the memory": lambda recipe: yes_or_no(recipe.network.memory_norm),
    "query-aware memory": lambda recipe: recipe.network.query_aware_memory,
    "queries from the memory": lambda recipe: recipe.network.memory_query_init,
    "average face": lambda recipe: recipe.network.residual_regression,
    "photographs of the average face": lambda recipe: recipe.data.reference_samples or "all",
    "mirror images in the average face": lambda recipe: yes_or_no(recipe.data.reference_mirrored),
    "filters of the pyramid": lambda recipe: recipe.network.filters,
    "layers of the pyramid": lambda recipe: recipe.network.pyramid_layers,
    "hidden width of the heads": lambda recipe: recipe.network.hidden,
    "dropout of the heads": lambda recipe: recipe.network.dropout,
    "weight of the landmark loss": lambda recipe: recipe.losses.landmarks.weight,
    "weight of the 3D loss": lambda recipe: recipe.losses.shape3d.weight,
    "weight of the reprojection loss": lambda recipe: recipe.losses.reprojection.weight,
    "weight of the Euler loss": lambda recipe: recipe.losses.euler.weight,
    "weight of the heatmap loss": lambda recipe: recipe.losses.heatmaps.weight,
    "weights of all other losses": lambda recipe: sum(
        getattr(recipe.losses, term.name).weight
        for term in fields(recipe.losses)
        if term.name not in PUBLISHED_TERMS[recipe.name]
    ),
    "Euler loss fades near 90 degrees of yaw": lambda recipe: yes_or_no(recipe.losses.euler.lock),
    "subsets of the 3D loss": lambda recipe: subsets(recipe.losses.shape3d),
    "subsets of the reprojection loss": lambda recipe: subsets(recipe.losses.reprojection),
    "optimizer": lambda recipe: recipe.optimizer.name,
    "learning rate": lambda recipe: recipe.optimizer.lr,
    "learning rate of the backbone, share": lambda recipe: recipe.optimizer.backbone_lr_factor,
    "epochs": lambda recipe: recipe.budget.epochs,
    "epochs after which the rate falls": lambda recipe: round(recipe.schedule.steps[0] * recipe.budget.epochs),
    "factor by which the rate falls": lambda recipe: recipe.schedule.step_factor,
    "batch size": lambda recipe: recipe.batch_size,
    "share of mirrored photographs": lambda recipe: recipe.augmentation.flip,
    "margin of the crop": lambda recipe: "{:g} to {:g}".format(*recipe.augmentation.margin),
}


@cache
def recipe_named(name: str) -> Recipe:
    return read_recipe(RECIPES / f"{name}.yaml")


@pytest.mark.parametrize("line", LINES, ids=[f"{line['recipe']}: {line['setting']}" for line in LINES])
def test_the_recipe_has_what_is_published(line: dict[str, str]):
    value = READ[line["setting"]](recipe_named(line["recipe"]))
    assert (value if isinstance(value, str) else f"{value:g}") == (line["ours"] or line["published"])


def test_every_line_is_a_setting_of_its_own_with_a_source():
    keys = [(line["recipe"], line["setting"]) for line in LINES]
    assert len(set(keys)) == len(keys)
    assert {setting for _, setting in keys} == set(READ)
    assert all(line["published"] and line["source"] and line["ours"] != line["published"] for line in LINES)
