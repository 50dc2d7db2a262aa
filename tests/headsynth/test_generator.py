"""Whole sets: the same bytes for any number of workers, resuming, refusals."""

import errno
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from headsynth import contact_sheet, generate
from headsynth.generator import Portion, generate_like
from headsynth.layouts import Shards
from headsynth.record import record_like
from one_process import OneProcess
from trans3dhead.data.shards import ShardedSet, read_manifest, shard_path, write_manifest
from trans3dhead.head_model import HeadModel

SETTINGS = {"count": 25, "seed": 3, "size": 64, "shard_size": 10}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one") / "set"
    generate(folder, engine=OneProcess(), sheet=folder.parent / "sheet.png", **SETTINGS)
    return folder


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_reader_finds_every_photograph(rendered: Path) -> None:
    photographs = ShardedSet(rendered)
    photographs.check(HeadModel.shipped("anny"))
    assert len(photographs) == 25
    assert {len(photographs.heads(index)) for index in range(25)} <= {1, 2}  # a neighbour now and then
    assert photographs.heads(7)[0].image_size == (64, 64)
    assert photographs.segmentation(7).shape == (64, 64)


@pytest.mark.slow
def test_the_number_of_workers_does_not_matter(rendered: Path, tmp_path: Path) -> None:
    generate(tmp_path / "two", workers=2, **SETTINGS)
    assert _bytes(tmp_path / "two") == _bytes(rendered)


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_stopped(rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, written = tmp_path / "set", []

    def dying(layout: Shards, output: Path, unit: int, samples: list) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(unit)
        write(layout, output, unit, samples)

    write = Shards.write
    monkeypatch.setattr(Shards, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        generate(folder, engine=OneProcess(), **SETTINGS)
    first = shard_path(folder, 0)
    stamp = first.stat().st_mtime_ns
    assert not shard_path(folder, 1).exists()
    monkeypatch.setattr(Shards, "write", write)
    generate(folder, engine=OneProcess(), **SETTINGS)
    assert first.stat().st_mtime_ns == stamp
    assert _bytes(folder) == _bytes(rendered)


def test_a_folder_with_another_set_is_refused(rendered: Path) -> None:
    with pytest.raises(ValueError, match=r"made with other settings.*seed"):
        generate(rendered, **{**SETTINGS, "seed": 4})
    with pytest.raises(ValueError, match=r"without: \[\] there, \['hair'\] here"):
        generate(rendered, without=["hair"], **SETTINGS)
    with pytest.raises(ValueError, match="count: expected at least 1, got 0"):
        generate(rendered, count=0)
    with pytest.raises(ValueError, match="seed: expected at least 0, got -1"):
        generate(rendered, count=1, seed=-1)
    with pytest.raises(ValueError, match=r"manifest\.json: expected a folder for the set, found a file"):
        generate(rendered / "manifest.json", count=1)


def test_a_sheet_that_cannot_be_written_is_refused_before_the_rendering(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"sheet: expected a file name that ends in \.jpg or \.png"):
        generate(tmp_path / "set", count=1, sheet=tmp_path / "sheet")
    assert not (tmp_path / "set").exists()


@pytest.mark.slow
def test_a_damaged_asset_is_named_and_its_repair_is_not_another_set(tmp_path: Path) -> None:
    skin = tmp_path / "assets" / "makehuman" / "skins" / "textures" / "young_diffuse.png"
    skin.parent.mkdir(parents=True)
    skin.write_bytes(b"not an image")
    settings = {
        "count": 1,
        "size": 32,
        "engine": OneProcess(),
        "assets": tmp_path / "assets",
        "without": ["hair", "occlusion"],
    }
    with pytest.raises(ValueError, match=r"young_diffuse\.png: expected an image"):
        generate(tmp_path / "set", **settings)
    cv2.imwrite(str(skin), np.full((8, 8, 3), 150, np.uint8))
    generate(tmp_path / "set", **settings)
    assert len(ShardedSet(tmp_path / "set")) == 1


def test_the_manifest_says_what_made_the_set(rendered: Path) -> None:
    manifest = read_manifest(rendered)
    assert manifest.geometry_hash == HeadModel.shipped("anny").geometry_hash
    assert (manifest.seed, manifest.image_size, manifest.assets) == (3, 64, {})


def test_the_manifest_makes_the_same_set_again(rendered: Path, tmp_path: Path) -> None:
    generate_like(rendered / "manifest.json", tmp_path / "again", engine=OneProcess())
    assert _bytes(tmp_path / "again") == _bytes(rendered)


def test_what_cannot_be_made_again_is_named(rendered: Path, tmp_path: Path) -> None:
    manifest = read_manifest(rendered)
    older = replace(manifest, versions={**manifest.versions, "numpy": "0.1"})
    write_manifest(tmp_path, older)
    with pytest.raises(ValueError, match=r"versions: numpy 0\.1 there, .* --any-versions"):
        record_like(tmp_path)
    assert record_like(tmp_path, any_versions=True) == manifest
    write_manifest(tmp_path, replace(older, assets={"hdri/room.hdr": "12ab"}))
    with pytest.raises(ValueError, match=r"assets: hdri/room\.hdr only there"):
        record_like(tmp_path, any_versions=True)


@pytest.mark.slow
def test_parts_join_to_the_whole(rendered: Path, tmp_path: Path) -> None:
    for number in (2, 1):
        generate(tmp_path / "set", engine=OneProcess(), part=Portion(number, 2), **SETTINGS)
    assert _bytes(tmp_path / "set") == _bytes(rendered)


@pytest.mark.parametrize(("total", "of"), [(10, 3), (2, 5), (7, 7), (100, 8)])
def test_parts_are_even_and_overlap_nowhere(total: int, of: int) -> None:
    parts = [Portion(number, of).shards(total) for number in range(1, of + 1)]
    assert [shard for part in parts for shard in part] == list(range(total))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("text", ["", "3", "0/2", "3/2", "1/0", "-1/2", "a/b", "1/2/3"])
def test_a_part_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="part: expected"):
        Portion.parse(text)


@pytest.mark.slow
def test_a_disk_that_is_full_leaves_nothing_half_written(
    rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> int:
        if path.name.startswith(".shard-000001"):
            path.touch()
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, data)

    write = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ValueError, match=r"shard-000001\.tar: could not be written \(No space left on device\)"):
        generate(tmp_path / "set", engine=OneProcess(), **SETTINGS)
    monkeypatch.undo()
    assert {path.name for path in (tmp_path / "set").glob("*shard*")} == {"shard-000000.tar"}
    with pytest.raises(ValueError, match="expected a folder that may be written to"):
        generate(rendered / "manifest.json" / "set", **SETTINGS)


def test_the_sheet_shows_the_first_photographs(rendered: Path, tmp_path: Path) -> None:
    sheet = cv2.imread(str(rendered.parent / "sheet.png"))
    assert sheet is not None
    assert sheet.shape[:2] == (5 * 192, 5 * 192)
    contact_sheet(rendered, tmp_path / "few.png", count=3, columns=3, side=40)
    few = cv2.imread(str(tmp_path / "few.png"))
    assert few is not None
    assert few.shape == (40, 120, 3)


@pytest.mark.parametrize(("count", "shape"), [(1, (1, 1)), (2, (1, 2)), (6, (2, 3)), (7, (3, 3)), (24, (4, 6))])
def test_a_sheet_is_about_square(rendered: Path, tmp_path: Path, count: int, shape: tuple[int, int]) -> None:
    contact_sheet(rendered, tmp_path / "sheet.png", count=count, side=16)
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    assert sheet.shape[:2] == (16 * shape[0], 16 * shape[1])


def test_a_sheet_with_labels_shows_three_pictures_of_each(rendered: Path, tmp_path: Path) -> None:
    contact_sheet(rendered, tmp_path / "labels.png", count=4, columns=2, side=64, labels=True)
    sheet = cv2.imread(str(tmp_path / "labels.png"))
    assert sheet is not None
    assert sheet.shape == (2 * 64, 2 * 3 * 64, 3)
    np.testing.assert_array_equal(sheet[:64, :64, ::-1], ShardedSet(rendered).image(0))
