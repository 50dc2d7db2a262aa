"""Synthetic sets: what is written is read, at random, and damage is named."""

import multiprocessing
import pickle
import shutil
import tarfile

import cv2
import numpy as np
import pytest

from toy_sets import paint, random_head, toy_head, toy_set
from trans3dhead.data.shards import (
    Manifest,
    ShardedSet,
    read_manifest,
    shard_path,
    write_manifest,
)


@pytest.fixture
def copy(toy_folder, tmp_path):
    """A copy of the set that may be damaged."""
    return shutil.copytree(toy_folder, tmp_path / "copy")


def test_photographs_and_labels_come_back(toy, photographs):
    assert len(photographs) == 40
    for index in (39, 0, 17):
        rng = np.random.default_rng((0, index))
        head = random_head(toy, rng)
        (read,) = photographs.heads(index)
        np.testing.assert_array_equal(read.rotation, head.rotation)
        np.testing.assert_array_equal(read.shape, head.shape)
        picture = cv2.imdecode(np.frombuffer(photographs.jpeg(index), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        assert np.abs(picture.astype(float) - paint(toy, head, rng)).mean() < 10
        assert photographs.key(index) == f"{index:09d}"


def test_a_standard_reader_finds_pairs(toy_folder):
    with tarfile.open(shard_path(toy_folder, 2)) as tar:
        names = tar.getnames()
    assert names == [f"{index:09d}.{kind}" for index in range(32, 40) for kind in ("jpg", "json")]


def test_the_same_samples_give_the_same_bytes(toy, toy_folder, tmp_path):
    again = toy_set(tmp_path, toy, 40)
    for name in ("manifest.json", "shard-000001.tar"):
        assert (again / name).read_bytes() == (toy_folder / name).read_bytes()


def test_it_survives_pickling_and_a_fork(photographs):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        forked = pool.map(photographs.jpeg, range(6))
    copied = pickle.loads(pickle.dumps(photographs))
    assert forked == [copied.jpeg(index) for index in range(6)]


def test_a_missing_shard_is_named(copy):
    shard_path(copy, 1).unlink()
    with pytest.raises(ValueError, match=r"shard-000001\.tar: missing"):
        ShardedSet(copy)
    assert [ShardedSet(copy, partial=True).key(index)[-2:] for index in (15, 16)] == ["15", "32"]


@pytest.mark.parametrize("keep", [0, 100, 512, 5_000, -700])
def test_a_truncated_shard_is_named(copy, keep):
    path = shard_path(copy, 0)
    path.write_bytes(path.read_bytes()[: keep if keep >= 0 else 20_000 + keep])
    with pytest.raises(ValueError, match=r"shard-000000\.tar: damaged"):
        ShardedSet(copy)


def test_a_damaged_annotation_is_named(copy):
    path = shard_path(copy, 0)
    path.write_bytes(path.read_bytes().replace(b'"heads"', b'"hands"', 1))
    with pytest.raises(ValueError, match=r"shard-000000\.tar: damaged annotation 000000000\.json"):
        ShardedSet(copy).heads(0)


def test_another_geometry_is_refused(copy, toy):
    manifest = read_manifest(copy)
    ShardedSet(copy).check(toy)
    write_manifest(copy, Manifest(**{**vars(manifest), "geometry_hash": "0" * 64}))
    with pytest.raises(ValueError, match=r"000000000000.*render the set again"):
        ShardedSet(copy).check(toy)


def test_a_folder_without_a_manifest_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"manifest\.json.*found none"):
        ShardedSet(tmp_path)


def test_another_format_is_refused(copy):
    path = copy / "manifest.json"
    path.write_text(path.read_text().replace("trans3dhead-synth-1", "trans3dhead-synth-9"))
    with pytest.raises(ValueError, match="synth-9"):
        ShardedSet(copy)
    path.write_text("[]")
    with pytest.raises(ValueError, match=r"manifest\.json: expected format"):
        ShardedSet(copy)


def test_a_manifest_that_lacks_something_is_named(copy):
    path = copy / "manifest.json"
    path.write_text(path.read_text().replace('"count"', '"number"'))
    with pytest.raises(ValueError, match=r"manifest\.json: .*count.*rendered again"):
        ShardedSet(copy)


def test_toy_heads_are_alike(tmp_path):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    assert toy_head(tmp_path / "a").geometry_hash == toy_head(tmp_path / "b").geometry_hash
