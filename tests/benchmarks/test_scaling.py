"""Every size has its rows, and QAMem its two forms."""

import sys
from pathlib import Path

import pytest

from small_networks import LAYOUT, SMALL, small_network
from trans3dhead.benchmarks import scaling
from trans3dhead.benchmarks.fresh_process import Taken, measured_in_process
from trans3dhead.benchmarks.query_memory import EFFICIENT, NAIVE
from trans3dhead.benchmarks.scaling import ScalingSettings, cells_of, measure_scaling
from trans3dhead.networks.alignment import DAD3DNetConfig, build, config_from_dict, save_checkpoint


def test_every_size_has_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "own.safetensors"
    save_checkpoint(path, small_network().float(), "none", "0")
    asked: list[dict] = []

    def measured(case: str, arguments: dict) -> Taken:
        asked.append(arguments)
        return Taken(0.0, 0.0, 3.0, 4.0)

    monkeypatch.setattr(scaling, "measured_in_process", measured)
    sizes = {"heads": (2, 1), "queries": (3, 5), "layers": (1, 2), "pixels": (64, 96)}
    rows = measure_scaling(ScalingSettings(str(path), **sizes, threads=1, rounds=1, calls=1, pause=0))
    assert [(row.against, row.value, row.form) for row in rows] == [
        ("heads", 1, ""),
        ("heads", 2, ""),
        ("landmark queries", 3, ""),
        ("landmark queries", 5, ""),
        ("parameter queries", 3, ""),
        ("parameter queries", 5, ""),
        ("decoder layers", 1, ""),
        ("decoder layers", 2, ""),
        ("crop pixels", 64, ""),
        ("crop pixels", 96, ""),
        ("query-aware memory", 3, EFFICIENT),
        ("query-aware memory", 3, NAIVE),
        ("query-aware memory", 5, EFFICIENT),
        ("query-aware memory", 5, NAIVE),
    ]
    assert all(row.ratio.median == 1 for row in rows[:10:2])  # the first of each
    assert [row.call_mb for row in rows[9:]] == [None, 3.0, 3.0, 3.0, 3.0]
    assert asked[1] == {"form": NAIVE, "threads": 1, "batch": 1, "queries": 3, "cells": 4, "width": 16}


def test_cells_follow_the_stride():
    assert cells_of(config_from_dict({**SMALL, "crop_size": 128})) == 16
    assert cells_of(config_from_dict({**SMALL, "crop_size": 128, "memory_stride": 16})) == 64


def test_the_baseline_has_no_queries(tmp_path: Path):
    path = tmp_path / "baseline.safetensors"
    config = DAD3DNetConfig(backbone="resnet18", crop_size=64, filters=8, hidden=8)
    save_checkpoint(path, build(config, LAYOUT), "none", "0")
    with pytest.raises(ValueError, match="expected a Trans3DHead"):
        measure_scaling(ScalingSettings(str(path)))


@pytest.mark.parametrize("wrong", [{"queries": ()}, {"heads": (0,)}, {"threads": 0}])
def test_wrong_settings_are_refused(wrong: dict):
    with pytest.raises(ValueError, match=r"expected (one|1) or more"):
        ScalingSettings(**wrong)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the peak of a call is not told")
def test_the_naive_form_holds_a_memory_for_each_query():
    sizes = {"batch": 4, "queries": 413, "cells": 64, "width": 128, "threads": 1}
    memories = 4 * 413 * 64 * 128 * 4 / 1e6  # MB of float32
    naive, efficient = (measured_in_process("query memory", {"form": form, **sizes}) for form in (NAIVE, EFFICIENT))
    assert naive.call_mb > memories
    assert efficient.call_mb < memories / 4
