"""Recipes are read strictly, and the ones that come with the repository are valid."""

import pytest

from paths import RECIPES
from trans3dhead.training.alignment.recipe import BudgetConfig, Recipe, read_recipe, read_values
from trans3dhead.training.detection.recipe import DetectorRecipe
from trans3dhead.training.engine.mapping import from_mapping
from trans3dhead.training.engine.run_folder import append_row, drop_rows_after

MINIMAL = "name: trial\ndata: {train: [a], validation: [b]}\nbudget: {epochs: 2}\n"


@pytest.fixture
def minimal(tmp_path):
    """The smallest valid recipe."""
    path = tmp_path / "minimal.yaml"
    path.write_text(MINIMAL)
    return path


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_recipes_of_the_repository_are_valid(path):
    values = read_values(path)
    kind = DetectorRecipe if values.get("task") == "detector" else Recipe
    assert from_mapping(kind, values).name == path.stem


def test_the_paper_s_recipe_is_the_paper_s():
    recipe = read_recipe(RECIPES / "paper.yaml")
    assert (recipe.network.backbone, recipe.network.width, recipe.batch_size) == ("resnet50", 256, 32)
    assert (recipe.optimizer.name, recipe.optimizer.lr, recipe.optimizer.backbone_lr_factor) == ("adam", 1e-4, 0.1)
    assert (recipe.budget.epochs, recipe.schedule.steps) == (360, pytest.approx((240 / 360,)))
    weights = recipe.losses
    assert (weights.landmarks, weights.shape3d, weights.reprojection, weights.euler) == (300, 50, 0.05, 0.05)
    assert not weights.euler_lock
    assert weights.shape_coefficients == weights.expression_coefficients == weights.rotation == 0


def test_overrides_reach_into_groups(minimal):
    overrides = [
        "optimizer.lr=3e-4",
        "network.width=64",
        "data.train=[x, y]",
        "pretrained=null",
        "losses.vertices=[head]",
    ]
    recipe = read_recipe(minimal, overrides)
    assert recipe.optimizer.lr == 3e-4
    assert recipe.network.width == 64
    assert recipe.data.train == ("x", "y")
    assert recipe.data.validation == ("b",)
    assert recipe.losses.vertices == ("head",)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimiser.lr=1", r"recipe: unknown key optimiser; valid keys are name, data, .*optimizer"),
        ("optimizer.learning_rate=1", r"recipe\.optimizer: unknown key learning_rate; valid keys are name, lr"),
        ("optimizer.lr=fast", r"recipe\.optimizer\.lr: expected float, got 'fast'"),
        ("optimizer.name=sgd", r"recipe\.optimizer\.name: expected one of adam, adamw, got 'sgd'"),
        ("augmentation.margin=[0.1]", r"recipe\.augmentation\.margin: expected a list of 2"),
        ("batch_size=1.5", r"recipe\.batch_size: expected int, got 1\.5"),
        ("channels_last=1", r"recipe\.channels_last: expected bool, got 1"),
        ("network.width=30", "width: got 30, expected a positive multiple of 4"),
        ("network=5", r"recipe\.network: expected the keys \w+.* got 5"),
        ("budget={}", "expected a positive epochs, samples or minutes"),
        ("losses.euler=-1", r"recipe\.losses: euler"),
        ("losses.landmark_likelihood=1", r"losses\.landmark_likelihood: .*0 without it, got 1\.0"),
        ("network.landmark_uncertainty=true", r"a weight above 0 with network\.landmark_uncertainty .*got 0\.0"),
        ("lr", "expected key.sub=value, got 'lr'"),
        ("data.train=[a", r"expected a YAML value after the =, got 'data\.train=\[a'"),
        ("batch_size=0", "recipe: batch_size: expected at least 1, got 0"),
        ("data.train_limit=0", r"recipe\.data: train_limit: expected at least 1, got 0"),
        ("batch_norm=global", r"recipe\.batch_norm: expected one of synchronized, local, frozen, got 'global'"),
        (
            "batch_norm=frozen",
            "batch_norm: frozen keeps the statistics that the backbone comes with; give `pretrained`",
        ),
        ("monitor.log_steps=0", r"recipe\.monitor: log_steps: expected at least 1"),
    ],
)
def test_a_wrong_override_is_explained(minimal, override, message):
    with pytest.raises(ValueError, match=message):
        read_recipe(minimal, [override])


def test_a_missing_key_is_named(tmp_path):
    path = tmp_path / "nameless.yaml"
    path.write_text(MINIMAL.replace("name: trial\n", ""))
    with pytest.raises(ValueError, match="missing key name"):
        read_recipe(path)


def test_a_file_that_is_no_recipe_is_named(tmp_path):
    path = tmp_path / "list.yaml"
    path.write_text("- a\n- b\n")
    with pytest.raises(ValueError, match=r"list\.yaml: expected the keys of a recipe"):
        read_recipe(path)


def test_a_missing_recipe_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"none\.yaml: no such recipe"):
        read_recipe(tmp_path / "none.yaml")


def test_the_nearest_limit_drives_the_budget():
    budget = BudgetConfig(epochs=2, samples=1000, minutes=10)
    assert budget.progress(500, 100_000, 1.0) == 0.5
    assert budget.progress(500, 300, 1.0) == pytest.approx(500 / 600)
    assert budget.progress(0, 300, 9.0) == 0.9
    assert budget.progress(2000, 300, 9.0) == 1.0


def test_a_resumed_table_forgets_what_came_after(tmp_path):
    path = tmp_path / "train.csv"
    for step in (2, 4, 6):
        append_row(path, {"step": step, "loss": step / 7})
    drop_rows_after(path, 4)
    append_row(path, {"step": 6, "loss": 1.0})
    assert path.read_text().split() == ["step,loss", "2,0.285714", "4,0.571429", "6,1"]


def test_a_log_keeps_the_columns_that_it_began_with(tmp_path):
    """A run that an earlier version began may be resumed by one with more terms."""
    path = tmp_path / "train.csv"
    append_row(path, {"step": 1, "loss": 0.5})
    append_row(path, {"new": 9.0, "step": 2, "loss": 0.25})
    assert path.read_text().split() == ["step,loss", "1,0.5", "2,0.25"]
