"""The paper's tables as rows: every row is a network that can be built, shared rows are the same, numbers add up."""

from dataclasses import replace
from pathlib import Path

import pytest

from small_networks import LAYOUT
from trans3dhead.evaluation.ablations import BUDGETS, TABLES, read_budget
from trans3dhead.evaluation.ablations.budgets import row_recipe
from trans3dhead.evaluation.ablations.tables import AblationTable, Row
from trans3dhead.head_model import ParametersLayout
from trans3dhead.networks.alignment import build

ROWS = [pytest.param(row, id=f"{name}: {row.name}") for name, table in TABLES.items() for row in table.rows]
FLAME = ParametersLayout(300, 100, 3)


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_a_valid_recipe(row, budget, recipes_folder):
    recipe = row_recipe(row, read_budget(budget, [row.system], recipes_folder), None, seed=3)
    assert recipe.seed == 3
    assert recipe.network.architecture == row.system
    assert (recipe.losses.euler.weight > 0) == (row.euler and row.system == "trans3dhead")


def test_rows_of_one_name_are_one_training(recipes_folder):
    """Tables share runs by their names, so equal names must mean equal recipes, and other names others."""
    recipes = read_budget("small", ["trans3dhead", "dad3dnet"], recipes_folder)
    by_name = {}
    for table in TABLES.values():
        for row in table.rows:
            recipe = row_recipe(row, recipes, None, 0)
            assert by_name.setdefault(row.run, recipe) == recipe
    settings = [(recipe.network, recipe.losses) for recipe in by_name.values()]
    assert all(settings.count(setting) == 1 for setting in settings)
    assert sum(len(table.rows) for table in TABLES.values()) > len(by_name)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_rows_of_a_table_are_those_that_are_published(table):
    assert [row.name for row in table.rows] == list(table.published)


def test_the_rows_that_the_paper_prints_twice_have_the_same_numbers():
    published = {}
    for table in TABLES.values():
        for row in table.rows:
            figures = table.published[row.name]
            assert published.setdefault(row.run, figures) == figures


def test_the_tables_of_the_paper_s_numbers_of_parameters(recipes_folder):
    recipes = read_budget("smoke", ["trans3dhead", "dad3dnet"], recipes_folder)
    sizes = [build(row_recipe(row, recipes, None, 0).network, FLAME).regressed.size for row in TABLES["table8"].rows]
    assert sizes == [60, 60, 160, 160, 413, 413]


def test_only_the_parameter_branch_has_no_landmarks(recipes_folder):
    recipes = read_budget("smoke", ["trans3dhead"], recipes_folder)
    only, whole = (build(row_recipe(row, recipes, None, 0).network, LAYOUT) for row in TABLES["table7"].rows)
    assert only.landmark_branch is None
    assert whole.landmark_branch is not None


@pytest.mark.parametrize("budget", ["smoke", "small"])
def test_all_rows_begin_with_a_network_that_is_none_of_them(budget, recipes_folder):
    words = ["data.train=[a]", "head_model=b.safetensors", "budget.samples=7", "network.crop_size=256"]
    recipes = read_budget(budget, ["trans3dhead", "dad3dnet"], recipes_folder, words)
    plain = read_budget(budget, ["trans3dhead"], recipes_folder).start
    assert plain.network.architecture == "pooled"
    assert recipes.start == replace(plain, head_model="b.safetensors", data=replace(plain.data, train=("a",)))
    for table in TABLES.values():
        for row in table.rows:
            recipe = row_recipe(row, recipes, Path("the_start"), 0)
            assert recipe.pretrained == "the_start"
            assert recipe.network.backbone == plain.network.backbone


def test_whoever_gives_a_backbone_gets_no_start(recipes_folder):
    recipes = read_budget("small", ["trans3dhead"], recipes_folder, ["pretrained=null"])
    assert recipes.start is None
    assert row_recipe(Row("Trans3DHead"), recipes, None, 0).pretrained is None
    given = read_budget("paper", ["trans3dhead"], recipes_folder, ["pretrained=resnet50.pth"])
    assert given.start is None
    assert row_recipe(Row("Trans3DHead"), given, None, 0).pretrained == "resnet50.pth"


def test_a_table_needs_its_baseline():
    with pytest.raises(ValueError, match="expected different names and among them 'b', got \\['a'\\]"):
        AblationTable("t", (Row("a"),), baseline="b", published={"a": {"nme": 1.0}})


def test_a_table_needs_published_figures_of_every_row():
    with pytest.raises(ValueError, match="expected published figures of every row, got none of b"):
        AblationTable("t", (Row("a"), Row("b")), baseline="a", published={"a": {"nme": 1.0}})


def test_an_unknown_budget_is_an_error(recipes_folder):
    with pytest.raises(ValueError, match="budget: expected one of smoke, small, paper, got 'huge'"):
        read_budget("huge", ["trans3dhead"], recipes_folder)
