"""Recipes are read strictly, and the ones that come with the repository are valid."""

import pytest

from paths import RECIPES
from trans3dhead.data.augmentation import STRONG, AugmentationConfig
from trans3dhead.losses.alignment import ShapeTerm
from trans3dhead.training.alignment.recipe import Recipe, read_recipe
from trans3dhead.training.detection.recipe import DetectorRecipe
from trans3dhead.training.engine.mapping import from_mapping, read_values

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


def test_overrides_reach_into_groups(minimal):
    overrides = [
        "optimizer.lr=3e-4",
        "network.width=64",
        "data.train=[x, y]",
        "pretrained=null",
        "losses.shape3d.subsets={head: 1}",
    ]
    recipe = read_recipe(minimal, overrides)
    assert recipe.optimizer.lr == 3e-4
    assert recipe.network.width == 64
    assert recipe.data.train == ("x", "y")
    assert recipe.data.validation == ("b",)
    assert recipe.losses.shape3d == ShapeTerm(50.0, {"head": 1.0})


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimiser.lr=1", r"recipe: unknown key optimiser; valid keys are name, data, .*optimizer"),
        ("optimizer.learning_rate=1", r"recipe\.optimizer: unknown key learning_rate; valid keys are name, lr"),
        ("optimizer.lr=fast", r"recipe\.optimizer\.lr: expected float, got 'fast'"),
        ("optimizer.name=sgd", r"recipe\.optimizer\.name: expected one of adam, adamw, got 'sgd'"),
        ("augmentation.margin=[0.1]", r"recipe\.augmentation\.margin: expected a list of 2"),
        ("augmentation=weak", r"recipe\.augmentation: expected strong, or the keys tone, .* got 'weak'"),
        ("batch_size=1.5", r"recipe\.batch_size: expected int, got 1\.5"),
        ("channels_last=1", r"recipe\.channels_last: expected bool, got 1"),
        ("network.width=30", "width: got 30, expected a positive multiple of 4"),
        ("network=5", r"recipe\.network: expected the keys \w+.* got 5"),
        ("budget={}", r"recipe\.budget: expected positive epochs, samples or minutes"),
        ("losses.euler.weight=-1", r"recipe\.losses\.euler: weight: got -1\.0, expected 0 or more"),
        ("losses.euler=1", r"recipe\.losses\.euler: expected the keys weight, lock, got 1"),
        ("losses.euler.beta=1", r"recipe\.losses\.euler: unknown key beta; valid keys are weight, lock"),
        ("losses.shape3d.subsets={head: big}", r"recipe\.losses\.shape3d\.subsets\.head: expected float, got 'big'"),
        ("losses.landmark_likelihood.weight=1", r"losses\.landmark_likelihood\.weight: .*else 0, got 1\.0"),
        ("network.landmark_uncertainty=true", r"expected it above 0 with network\.landmark_uncertainty, .*got 0\.0"),
        ("lr", "expected key.sub=value, got 'lr'"),
        ("data.train=[a", r"expected a YAML value after the =, got 'data\.train=\[a'"),
        ("batch_size=0", "recipe: batch_size: expected at least 1, got 0"),
        ("data.largest_yaw=0", r"recipe\.data: largest_yaw: expected degrees, above 0 and up to 180, got 0"),
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


def test_a_whole_set_of_augmentation_has_a_name(minimal):
    assert read_recipe(minimal).augmentation == AugmentationConfig()
    assert read_recipe(minimal, ["augmentation=strong"]).augmentation == STRONG
    with pytest.raises(ValueError, match=r"changes a part of augmentation, which is 'strong'; give the whole"):
        read_recipe(minimal, ["augmentation=strong", "augmentation.noise=0"])


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
