"""`trans3dhead ablate` at the budget smoke, from the command line."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from paths import REPOSITORY
from toy_dad import toy_split
from toy_sets import random_head, toy_head, toy_set
from trans3dhead.cli import app
from trans3dhead.evaluation.ablations import TABLES
from trans3dhead.head_model import HeadModel


def ablate(*words: object, expected: int = 0) -> str:
    """What the command prints."""
    done = CliRunner().invoke(app, ["ablate", *map(str, words)], env={"COLUMNS": "160"})
    assert done.exit_code == expected, done.output
    return done.output


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the budgets' recipes are found."""
    monkeypatch.chdir(REPOSITORY)


@pytest.fixture(scope="module")
def words(tmp_path_factory) -> list[str]:
    """A toy head model and sets of it, as overrides."""
    folder = tmp_path_factory.mktemp("ablate")
    head_model = toy_head(folder)
    toy_set(folder / "train", head_model, 40)
    toy_set(folder / "validation", head_model, 10)
    return [
        f"head_model={folder / 'toy.safetensors'}",
        f"data.train=[{folder / 'train'}]",
        f"data.validation=[{folder / 'validation'}]",
        *("data.validation_limit=8", "data.reference_samples=20", "budget.samples=32", "monitor.preview_crops=0"),
        "--budget",
        "smoke",
    ]


@pytest.mark.slow
def test_every_row_of_a_table_is_trained_and_scored_once(words, tmp_path):
    output = ablate("table3", *words, "--runs", tmp_path)
    assert output.count("for validation") == 1 + 6  # the start of all rows is trained before them
    assert [line for line in output.splitlines() if "to train" in line][-1].startswith(
        "Trans3DHead, seed 0; 1 of 6 rows to train, about 0.0 hours"
    )
    results = json.loads((tmp_path / "smoke" / "table3.json").read_text())
    assert [row["name"] for row in results["rows"]][::5] == ["DAD-3DNet", "Trans3DHead"]
    assert results["heads"] == 8
    begun = (tmp_path / "smoke" / "trans3dhead+seed=0" / "recipe.yaml").read_text()
    assert f"pretrained: {tmp_path / 'smoke' / 'start' / 'model.safetensors'}\n" in begun
    for row in results["rows"]:
        assert all(measured["value"] > 0 and measured["spread"] is None for measured in row["measured"].values())
    assert "| Trans3DHead<br>to baseline<br>paper |" in (tmp_path / "smoke" / "table3.md").read_text()

    kept = (tmp_path / "smoke" / "trans3dhead+seed=0" / "model.safetensors").read_bytes()
    other = ablate("table7", *words, "--runs", tmp_path, "--seeds", 2)  # has a row in common, of one seed
    assert other.count("for validation") == 3
    for row in json.loads((tmp_path / "smoke" / "table7.json").read_text())["rows"]:
        assert all(measured["value"] > 0 and measured["spread"] > 0 for measured in row["measured"].values())
    assert ablate("table7", *words, "--runs", tmp_path).count("for validation") == 0
    assert (tmp_path / "smoke" / "trans3dhead+seed=0" / "model.safetensors").read_bytes() == kept

    changed = ablate("table7", *words, "batch_size=8", "--runs", tmp_path, expected=1)
    assert "holds this training with another batch_size" in " ".join(changed.split())


@pytest.mark.slow
def test_all_tables_have_a_seed_before_any_has_two(words, tmp_path, monkeypatch):
    two = {name: TABLES[name] for name in ("table7", "table4")}
    monkeypatch.setattr("trans3dhead.evaluation.ablations.TABLES", two)
    output = ablate("all", *words, "--runs", tmp_path, "--seeds", 2)
    rows = [line.split(";")[0] for line in output.splitlines() if "rows to train" in line]
    names = ["only-3DMM", "Trans3DHead", "+averinit", "+randinit"]
    assert rows == [f"{name}, seed {seed}" for seed in (0, 1) for name in names]
    assert output.count("for validation") == 1 + 8
    written = [line.strip() for line in output.splitlines() if line.strip().startswith(str(tmp_path))]
    assert [line.split("smoke/")[1].split(".md")[0] for line in written if ".md" in line] == ["table7", "table4"] * 2
    assert all(json.loads((tmp_path / "smoke" / f"{name}.json").read_text())["seeds"] == 2 for name in two)
    assert ablate("all", *words, "--runs", tmp_path, "--seeds", 2).count("for validation") == 0


@pytest.mark.slow
def test_a_row_that_was_interrupted_goes_on(words, tmp_path):
    """Killed before its first state a row begins anew; with a state it goes on; scores that are missing are made."""
    ablate("table7", *words, "--runs", tmp_path)
    table = (tmp_path / "smoke" / "table7.json").read_text()
    only, whole = (tmp_path / "smoke" / f"trans3dhead{name}+seed=0" for name in ("+landmark_branch=false", ""))
    (only / "model.safetensors").unlink()
    (only / "checkpoints" / "last.pt").unlink()
    (whole / "scores" / "samples.csv").unlink()
    output = ablate("table7", *words, "--runs", tmp_path)
    assert output.count("for validation") == 1
    assert (tmp_path / "smoke" / "table7.json").read_text() == table


@pytest.mark.slow
def test_sets_in_the_layout_of_dad_3dheads(words, tmp_path):
    head_model = HeadModel.load(words[0].partition("=")[2])
    rng = np.random.default_rng(0)
    for split in ("train", "val"):
        toy_split(
            tmp_path / "DAD-3DHeadsDataset" / split, head_model, [random_head(head_model, rng) for _ in range(20)]
        )
    folder = tmp_path / "DAD-3DHeadsDataset"
    sets = [f"data.train=[{folder / 'train'}]", f"data.validation=[{folder / 'val'}]"]
    ablate("table7", words[0], *sets, *words[3:], "--runs", tmp_path)
    results = json.loads((tmp_path / "smoke" / "table7.json").read_text())
    assert all(row["measured"]["chamfer"]["value"] > 0 for row in results["rows"])


def test_bad_words_are_answered(words, tmp_path):
    assert "table: expected one of table3, table3-layers" in ablate("table9", expected=1)
    grows = ablate("table7", *words, "data.partial=true", "data.train_limit=null", expected=1)
    assert "data.partial: expected data.train_limit and data.validation_limit with it" in grows
    assert "seeds: expected 1 or more, got 0" in ablate("table7", *words, "--seeds", 0, expected=1)
    missing = ablate("table7", "--budget", "smoke", "--recipes", tmp_path, expected=1)
    assert "no such recipe" in " ".join(missing.split())


def test_one_process_does_it(words, monkeypatch):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "a run")
    assert "expected one process, got torchrun's" in ablate("table7", *words, expected=1)
