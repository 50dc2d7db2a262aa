"""`trans3dhead predict` on what strangers have: a bad file is one line, the rest is done, nothing is half written."""

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from command_line import results_in, run
from paths import ASTRONAUT
from trans3dhead.images import encode_jpeg

WALL = encode_jpeg(np.full((80, 120, 3), 128, np.uint8))


def no_permission(path: Path) -> None:
    path.write_bytes(WALL)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")


def loop(path: Path) -> None:
    path.symlink_to(path.with_name("b.jpg"))
    path.with_name("b.jpg").symlink_to(path)


def huge(path: Path) -> None:
    at = WALL.index(b"\xff\xc0") + 5
    path.write_bytes(WALL[:at] + bytes([0x4E, 0x20] * 2) + WALL[at + 4 :])


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "expected a JPEG, PNG"),
    "cut in its header": (lambda path: path.write_bytes(WALL[:100]), "expected a JPEG, PNG"),
    "cut in its pixels": (lambda path: path.write_bytes(ASTRONAUT.read_bytes()[:20_000]), "damaged or cut off"),
    "text": (lambda path: path.write_text("<html>"), "expected a JPEG, PNG"),
    "a pipe": (os.mkfifo, "no such photograph"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "no such photograph"),
    "a loop of links": (loop, "no such photograph"),
    "a link to nothing": (lambda path: path.symlink_to("gone"), "no such photograph"),
    "no permission": (no_permission, "Permission denied"),
    "too many pixels": (huge, "at most 200,000,000 pixels, its header says 20,000 × 20,000"),
    "not there": (lambda path: None, "no such photograph"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_line_and_the_others_are_done(network, tmp_path, name):
    make, words = BAD[name]
    make(tmp_path / "bad.jpg")
    (tmp_path / "wall.jpg").write_bytes(WALL)
    out = tmp_path / "out"
    result = run("predict", tmp_path / "bad.jpg", tmp_path / "wall.jpg", "-o", out, *network)
    assert result.exit_code == 1
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    assert "bad.jpg" in lines[0]
    assert words in lines[0]
    assert results_in(out) == {"wall.json", "wall.overlay.png"}


def test_a_folder_that_is_called_like_a_photograph_is_a_folder(network, tmp_path):
    (tmp_path / "x.jpg").mkdir()
    result = run("predict", tmp_path / "x.jpg", "-o", tmp_path / "out", *network)
    assert result.exit_code == 1
    assert "x.jpg: expected a folder with photographs" in result.stderr
    (tmp_path / "x.jpg" / "wall.jpg").write_bytes(WALL)
    assert run("predict", tmp_path, "-r", "-o", tmp_path / "out", *network, "--no-overlay").exit_code == 0
    assert (tmp_path / "out" / "x.jpg" / "wall.json").is_file()


@pytest.mark.parametrize("name", ["two\nlines", "[red]", "-o", "a b%s", "x" * 200, "\x1b[31m", "\udcff"])
def test_a_name_of_any_kind_is_read_and_told_of_in_one_line(network, tmp_path, name):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / f"{name}.jpg").write_bytes(WALL)
    (folder / f"{name}.png").write_bytes(b"gone")
    out = tmp_path / "out"
    result = run("predict", folder, "-o", out, *network, "--no-overlay")
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert "\x1b" not in result.stderr
    assert results_in(out) == {f"{name}.jpg.json"}
    assert json.loads((out / f"{name}.jpg.json").read_text())["heads"] == []


def test_results_that_cannot_be_written_are_told_of_and_nothing_is_half_written(network, tmp_path):
    (tmp_path / "wall.jpg").write_bytes(WALL)
    shutil.copy(ASTRONAUT, tmp_path / "astronaut.jpg")
    out = tmp_path / "out"
    (out / "wall.json").mkdir(parents=True)  # where a file is to be
    result = run("predict", tmp_path / "wall.jpg", tmp_path / "astronaut.jpg", "-o", out, *network, "--no-overlay")
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert results_in(out) == {"wall.json", "astronaut.json", "astronaut.glb"}
    (tmp_path / "file").touch()
    result = run("predict", tmp_path / "wall.jpg", "-o", tmp_path / "file", *network)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr


def test_on_a_full_disk_each_photograph_is_told_of_and_nothing_is_half_written(network, tmp_path, monkeypatch):
    """A disk of 64 kB, where this user may make one: the JSON fits into it, the picture does not."""
    out = tmp_path / "out"
    out.mkdir()
    if os.system(f"mount -t tmpfs -o size=64k tmpfs {out} 2>/dev/null") != 0:
        pytest.skip("needs a user who may mount")
    try:
        photograph = np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8)
        for name in ("a", "b"):
            cv2.imwrite(str(tmp_path / f"{name}.png"), photograph)
        result = run(
            "predict", tmp_path / "a.png", tmp_path / "b.png", "-o", out, *network, "--boxes", _no_boxes(tmp_path)
        )
        assert result.exit_code == 1
        lines = result.stderr.strip().splitlines()
        assert len(lines) == 2, result.stderr
        assert all("No space left on device" in line for line in lines)
        assert {path.name for path in out.iterdir()} <= {"a.json", "b.json"}
        for path in out.iterdir():
            assert stat.S_ISREG(path.stat().st_mode)
            json.loads(path.read_text())
    finally:
        os.system(f"umount {out}")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"wall.jpg": [[NaN, 0, 9, 9]]}',
        b'{"wall.jpg": [[0, 0, 1e999, 9]]}',
        b'{"wall.jpg": [[0, 0, 1' + b"0" * 400 + b", 9]]}",
        b'{"wall.jpg": [[9, 9, -5, -5]]}',
        b'{"wall.jpg": [["x", 0, 9, 9]]}',
        b'{"wall.jpg": ' + b"[" * 60 + b"1" + b"]" * 60 + b"}",
        None,
    ],
)
def test_boxes_that_are_none_are_one_line(network, tmp_path, content):
    (tmp_path / "wall.jpg").write_bytes(WALL)
    if content is None:
        (tmp_path / "boxes.json").mkdir()
    else:
        (tmp_path / "boxes.json").write_bytes(content)
    result = run("predict", tmp_path / "wall.jpg", "-o", tmp_path / "out", *network, "--boxes", tmp_path / "boxes.json")
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert "box" in result.stderr
    assert not (tmp_path / "out").exists()


def test_animated_pictures(network, tmp_path):
    """Of a WebP the first picture is read; a GIF that moves is a video, one that does not a photograph."""
    image = pytest.importorskip("PIL.Image")
    frames = [image.new("RGB", (64, 48), (shade, 0, 0)) for shade in (10, 120, 240)]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "still.gif")
    files = [tmp_path / "a.webp"]
    if cv2.haveImageReader(str(tmp_path / "still.gif")):
        files.append(tmp_path / "still.gif")
    out = tmp_path / "out"
    result = run("predict", *files, "-o", out, *network, "--no-overlay")
    assert result.exit_code == 0, result.output
    assert {json.loads(path.read_text())["image"] for path in out.glob("*.json")} == {file.name for file in files}


def _no_boxes(folder: Path) -> Path:
    (folder / "boxes.json").write_text(json.dumps({"a.png": [], "b.png": []}))
    return folder / "boxes.json"
