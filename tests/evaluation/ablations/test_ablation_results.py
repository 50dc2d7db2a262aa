"""Means, spreads and differences against numbers worked out by hand."""

import csv
from functools import cache

import numpy as np
import pytest

from small_networks import small_network
from trans3dhead.evaluation.ablations.results import PUBLISHED, read_results
from trans3dhead.evaluation.ablations.show import results_markdown
from trans3dhead.evaluation.ablations.tables import AblationTable, Row
from trans3dhead.networks.alignment import save_checkpoint

TABLE = AblationTable(
    "a table",
    (Row("first"), Row("second")),
    baseline="first",
    published={
        "first": {"nme": 2.0, "z5": 0.9, "chamfer": 3.0, "pose_error": 0.2},
        "second": {"nme": 1.0, "z5": 0.9, "chamfer": 3.0},
    },
)


@cache
def network():
    """The same in every folder: only its configuration is read."""
    return small_network().float()


def run_folder(folder, values, mesh):
    """A run folder with the files that results are read from; values: of each head, for every metric."""
    (folder / "scores").mkdir(parents=True)
    with (folder / "scores" / "samples.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", *(column.key for column in PUBLISHED)])
        writer.writeheader()
        for number, value in enumerate(values):
            cells = {column.key: "" if np.isnan(value) else value for column in PUBLISHED}
            writer.writerow({"id": number, **cells})
    (folder / "metrics.csv").write_text(f"step,nme_mesh,vertices\n1,9,9\n2,{mesh},{2 * mesh}\n")
    save_checkpoint(folder / "model.safetensors", network(), "toy", "0")
    return folder


@pytest.fixture
def folders(tmp_path):
    """Two rows with two seeds."""
    return {
        "first": [run_folder(tmp_path / "a0", [1, 3, 5], 4), run_folder(tmp_path / "a1", [2, 4, 6], 6)],
        "second": [run_folder(tmp_path / "b0", [1, 2, 3], 2), run_folder(tmp_path / "b1", [1, 4, 4], 3)],
    }


def test_means_spreads_and_differences(folders):
    rows = read_results(TABLE, folders).rows
    first, second = rows["first"]["nme"], rows["second"]["nme"]
    assert (first.value, first.change, first.change_error) == (3.5, None, None)
    assert first.spread == pytest.approx(np.std([3, 4], ddof=1))
    assert second.value == pytest.approx(2.5)
    assert second.change == pytest.approx(100 * (2.5 - 3.5) / 3.5)
    each = np.array([(0 - 1) / 2, (-1 + 0) / 2, (-2 - 2) / 2])  # mean over seeds of each head's difference
    assert second.change_error == pytest.approx(100 / 3.5 * each.std(ddof=1) / 3**0.5)


def test_means_of_the_mesh_are_those_of_the_last_validation(folders):
    second = read_results(TABLE, folders).rows["second"]["vertices"]
    assert second.value == 5.0
    assert second.change == pytest.approx(-50.0)
    assert second.change_error is None


def test_one_seed_has_no_spread(folders):
    results = read_results(TABLE, {name: paths[:1] for name, paths in folders.items()})
    assert results.rows["second"]["nme"].spread is None
    assert "one seed" in results_markdown(results)


def test_a_head_without_a_value_counts_in_no_difference(folders, tmp_path):
    folders["second"][0] = run_folder(tmp_path / "gap", [1, float("nan"), 3], 2)
    second = read_results(TABLE, folders).rows["second"]["nme"]
    each = np.array([(0 - 1) / 2, (-2 - 2) / 2])
    assert second.change_error == pytest.approx(100 / 3.5 * each.std(ddof=1) / 2**0.5)


def test_the_paper_s_differences(folders):
    results = read_results(TABLE, folders)
    assert results.published_change(TABLE.rows[1], "nme") == pytest.approx(-50.0)
    assert results.published_change(TABLE.rows[1], "pose_error") is None
    assert results.published_change(TABLE.rows[0], "nme") is None


def test_the_markdown_has_a_line_a_row(folders):
    lines = results_markdown(read_results(TABLE, folders)).splitlines()
    assert lines[2].startswith("| first<br><br>paper | 3.50 ± 0.71<br><br>2.000 |")
    assert lines[3].startswith("| second<br>to first<br>paper | 2.50 ± 0.71<br>-28.6 ±")
    assert len({line.count("|") for line in lines[:4]}) == 1
