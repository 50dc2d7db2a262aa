"""Sets of scenes: the manifest says what they are, and they are read like any other."""

from dataclasses import replace
from pathlib import Path

import pytest

from headsynth.distribution import distribution
from headsynth.engines import Processes
from headsynth.generator import Portion, generate, make
from headsynth.record import record, record_like
from one_process import OneProcess
from trans3dhead.data.shards import ShardedSet


def test_the_manifest_says_what_the_photographs_show() -> None:
    scenes, heads = record(4, kind="scenes"), record(4)
    assert (scenes.kind, scenes.image_size) == ("scenes", 384)
    assert (heads.kind, heads.image_size) == ("heads", 256)
    assert scenes.generator != heads.generator  # a change to one kind leaves the sets of the other as they are
    assert record(4, size=96, kind="scenes").image_size == 96
    with pytest.raises(ValueError, match="kind: expected one of heads, scenes, got 'crowds'"):
        record(4, kind="crowds")


def test_each_kind_tells_its_own_distribution() -> None:
    heads, scenes = distribution(), distribution("scenes")
    assert not [name for name in heads if name.startswith("scenes.")]
    assert {"scenes.composition", "scenes.props", "scenes.setting"} <= scenes.keys()
    assert "people.poses" in heads
    assert "people.poses" not in scenes


def test_scenes_do_not_go_into_a_layout_of_heads(tmp_path: Path) -> None:
    manifest = replace(record(4, kind="scenes"), layout="dad/train")
    with pytest.raises(ValueError, match="expected shards for scenes"):
        make(tmp_path, manifest, None, Processes(1), Portion())


def test_a_set_of_scenes_is_read_again(tmp_path: Path) -> None:
    generate(tmp_path, 5, size=96, seed=2, shard_size=3, engine=OneProcess(), kind="scenes")
    scenes = ShardedSet(tmp_path)
    assert scenes.manifest.kind == "scenes"
    assert record_like(tmp_path).kind == "scenes"
    for index in range(5):
        assert scenes.image(index).shape == (96, 96, 3)
        assert scenes.segmentation(index).shape == (96, 96)
        assert all(head.visible is not None for head in scenes.heads(index))
    assert len({len(scenes.heads(index)) for index in range(5)}) > 1
