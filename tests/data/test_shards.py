"""Synthetic sets: what is written is read, at random, and damage is named."""

import json
import multiprocessing
import pickle
import re
import shutil
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from toy_sets import one_shard_set, paint, random_head, toy_classes, toy_head, toy_set
from trans3dhead.data.shards import (
    Manifest,
    ShardedSet,
    StoredSample,
    read_manifest,
    sample_annotation,
    sample_key,
    shard_path,
    write_manifest,
    write_shard,
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
        picture = photographs.image(index)
        assert np.abs(picture.astype(float) - paint(toy, head, rng)).mean() < 10
        assert photographs.key(index) == f"{index:09d}"


def test_segmentations_come_back(toy, photographs):
    for index in (39, 0, 17):
        rng = np.random.default_rng((0, index))
        expected = toy_classes(paint(toy, random_head(toy, rng), rng))
        np.testing.assert_array_equal(photographs.segmentation(index), expected)


def test_a_set_of_the_first_format_is_read_without_what_it_lacks(toy, tmp_path):
    """Such sets are on users' disks; their labels then say what is not known."""
    head = random_head(toy, np.random.default_rng(0))
    label = sample_annotation(toy.name, [head])
    for name in ("landmark_visibility", "visible", "face_box"):
        del label["heads"][0][name]
    write_manifest(tmp_path, Manifest(1, 96, toy.name, toy.geometry_hash, format="trans3dhead-synth-1"))
    write_shard(shard_path(tmp_path, 0), [StoredSample(sample_key(0), b"a picture", label)])
    old = ShardedSet(tmp_path)
    (read,) = old.heads(0)
    np.testing.assert_array_equal(read.rotation, head.rotation)
    assert read.landmark_visibility is None
    assert read.landmark_visible is None
    assert read.visible is None
    assert read.face_box is None
    assert read.mirrored(toy).landmark_visibility is None
    assert old.jpeg(0) == b"a picture"
    with pytest.raises(ValueError, match=r"trans3dhead-synth-1 has no segmentation of 000000000"):
        old.segmentation(0)


def test_a_set_in_another_layout_is_refused(copy):
    write_manifest(copy, replace(read_manifest(copy), layout="dad"))
    with pytest.raises(ValueError, match=r"layout 'dad', which trans3dhead\.data\.dad3dheads reads"):
        ShardedSet(copy)


def test_a_standard_reader_finds_triples(toy_folder):
    with tarfile.open(shard_path(toy_folder, 2)) as tar:
        names = tar.getnames()
    assert names == [f"{index:09d}.{kind}" for index in range(32, 40) for kind in ("jpg", "json", "seg.png")]


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


@pytest.mark.parametrize(
    ("whole", "damaged", "read", "name"),
    [
        (b'"heads"', b'"hands"', ShardedSet.heads, "annotation 000000000.json"),
        (b"\x89PNG", b"\x89GNP", ShardedSet.segmentation, "000000000.seg.png"),
    ],
)
def test_damage_inside_of_a_shard_is_named(copy, whole, damaged, read, name):
    path = shard_path(copy, 0)
    path.write_bytes(path.read_bytes().replace(whole, damaged, 1))
    with pytest.raises(ValueError, match=re.escape(f"shard-000000.tar: damaged {name}")):
        read(ShardedSet(copy), 0)


@pytest.mark.parametrize(("start", "place", "read"), [(b"\x89PNG", 16, "segmentation"), (b"\xff\xc0", 5, "image")])
def test_a_picture_larger_than_the_manifest_says_is_not_decoded(copy, start, place, read):
    path = shard_path(copy, 0)
    data = bytearray(path.read_bytes())
    at = data.index(start) + place
    data[at : at + 2] = b"\x60\x00"  # of a PNG the width, of a JPEG the height
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"000000000\.(seg\.png|jpg): expected 96 × 96 pixels, as the manifest says"):
        getattr(ShardedSet(copy), read)(0)


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
    path.write_text(path.read_text().replace("trans3dhead-synth-2", "trans3dhead-synth-9"))
    with pytest.raises(ValueError, match="synth-9"):
        ShardedSet(copy)
    path.write_text("[]")
    with pytest.raises(ValueError, match=r"manifest\.json: \$: expected `object`, got `array`"):
        ShardedSet(copy)


def test_a_manifest_that_lacks_something_is_named(copy):
    path = copy / "manifest.json"
    path.write_text(path.read_text().replace('"count"', '"number"'))
    with pytest.raises(ValueError, match=r"manifest\.json: .*count.*rendered again"):
        ShardedSet(copy)


def test_toy_heads_are_alike(tmp_path):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    assert toy_head(tmp_path / "a").geometry_hash == toy_head(tmp_path / "b").geometry_hash


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 0}, r"\$\.count: expected `int` >= 1"),
        ({"count": 10**12}, r"\$\.count: expected `int` <= 1000000000"),
        ({"count": "40"}, r"\$\.count: expected `int`, got `str`"),
        ({"count": True}, r"\$\.count: expected `int`, got `bool`"),
        ({"shard_size": 0}, r"\$\.shard_size: expected `int` >= 1"),
        ({"shard_size": 1.5}, r"\$\.shard_size: expected `int`, got `float`"),
        ({"without": 3}, r"\$\.without: expected `array`, got `int`"),
        ({"assets": {"a": 1}}, r"\$\.assets\[...\]: expected `str`, got `int`"),
        ({"head_model": "../../other/head"}, r"\$\.head_model: expected `str` matching"),
        ({"head_model": "a" * 101}, r"\$\.head_model: expected `str` of length <= 100"),
        ({"format": 2}, r"\$\.format: expected `str`, got `int`"),
        ({"layout": None}, r"\$\.layout: expected `str`, got `null`"),
    ],
)
def test_a_wrong_value_of_a_manifest_is_named(copy, change, message):
    path = copy / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match=rf"manifest\.json: {message}.*; the set has to be rendered again"):
        read_manifest(copy)


@pytest.mark.parametrize("text", ['{"format": NaN}', '{"distribution": ' + "[" * 100_000, b"\xff", ""])
def test_what_is_no_manifest_is_named(copy, text):
    (copy / "manifest.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=r"manifest\.json: \$"):
        read_manifest(copy)


def test_a_set_of_a_billion_photographs_is_not_waited_for(copy):
    for shard in (1, 2):
        shard_path(copy, shard).unlink()
    write_manifest(copy, replace(read_manifest(copy), count=10**9, shard_size=1))
    with pytest.raises(ValueError, match=r"shard-000001\.tar: missing"):
        ShardedSet(copy)
    assert len(ShardedSet(copy, partial=True)) == 1
    write_manifest(copy, replace(read_manifest(copy), shard_size=10**9))
    with pytest.raises(ValueError, match=r"shard-000000\.tar: damaged shard, photograph 000000016"):
        ShardedSet(copy)


def header(name: str = "000000000.json", size: bytes = b"00000000010\0", kind: bytes = b"0") -> bytes:
    """A tar's header with any size, its checksum right."""
    info = tarfile.TarInfo(name)
    info.type = kind
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    block[124:136], block[148:156] = size, b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


@pytest.mark.parametrize(
    "damage",
    [
        header(size=b"\xff" * 10 + b"\xfe\x00"),  # -512: TarFile would read this header for ever
        header(size=b"\x80" + b"\x7f" * 11),
        header(size=b"77777777777\0"),
        header(size=b"nonsense\0\0\0\0"),
        header(kind=b"x", size=b"77777777777\0"),
        header(kind=b"L", size=b"00000000000\0") * 5_000,
        header(name="\xe9" * 40),
        b"\x01" * 512,
        b"\x01",
    ],
)
def test_a_tar_that_lies_about_itself_is_named(copy, damage):
    path = shard_path(copy, 0)
    path.write_bytes(damage + path.read_bytes()[: 512 * 20])
    with pytest.raises(ValueError, match=r"shard-000000\.tar: damaged shard"):
        ShardedSet(copy)


def test_what_other_programs_put_into_a_tar_is_passed_over(copy):
    path = shard_path(copy, 0)
    whole, expected = path.read_bytes(), ShardedSet(copy).jpeg(3)
    path.write_bytes(header("./", b"00000000000\0", b"5") + header("a", b"00000000005\0", b"x") + b"a" * 512 + whole)
    assert ShardedSet(copy).jpeg(3) == expected


def test_other_numbers_of_coefficients_than_the_head_models_are_named(toy, tmp_path):
    head = random_head(toy, np.random.default_rng(0))
    wrong = replace(head, expression=head.expression[:2])
    photographs = ShardedSet(one_shard_set(tmp_path, toy, 96, [(b"", [head]), (b"", [wrong])]))
    assert len(photographs.heads(1)) == 1
    photographs.check(toy)
    assert len(photographs.heads(0)) == 1
    with pytest.raises(ValueError, match=r"annotation 000000001\.json: expected 4 and 3 coefficients .* got 4 and 2"):
        photographs.heads(1)
