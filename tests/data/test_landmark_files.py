"""Points of many heads in one .npz: what is read, and what is refused."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from trans3dhead.data.landmark_files import read_landmark_file

IDS = np.array(["image1", "image2", "image3"])
POINTS = np.random.default_rng(0).uniform(0, 450, (3, 68, 2)).astype(np.float32)


def saved(tmp_path: Path, **arrays: object) -> Path:
    np.savez(tmp_path / "points.npz", **({"ids": IDS, "landmarks": POINTS} | arrays))
    return tmp_path / "points.npz"


def test_points_are_those_of_the_heads_that_are_asked_for(tmp_path: Path):
    points = read_landmark_file(saved(tmp_path), ["image3", "image1", "image9"])
    assert list(points) == ["image3", "image1"]
    np.testing.assert_array_equal(points["image1"], POINTS[0].astype(np.float64))


def test_points_may_be_whole_numbers_and_nobody_need_be_asked_for(tmp_path: Path):
    path = saved(tmp_path, landmarks=POINTS.astype(np.int16))
    assert read_landmark_file(path, []) == {}
    for kind in (np.int16, np.uint16):
        points = read_landmark_file(saved(tmp_path, landmarks=POINTS.astype(kind)), ["image2"])["image2"]
        assert points.dtype == np.float64
        np.testing.assert_array_equal(points, POINTS[1].astype(kind))


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"ids": np.array([1, 2, 3])}, "ids: expected a word for each head"),
        ({"ids": IDS.astype("S")}, "ids: expected a word for each head"),
        ({"ids": IDS[:0], "landmarks": POINTS[:0]}, "ids: expected a word for each head"),
        ({"landmarks": POINTS.astype(complex)}, "landmarks: expected numbers"),
        ({"landmarks": POINTS[:, :67]}, r"landmarks: expected numbers of shape \(3, 68, 2\), got shape \(3, 67, 2\)"),
        ({"ids": IDS[:, None]}, "ids: expected a word for each head"),
        ({"ids": IDS[:2]}, r"landmarks: expected numbers of shape \(2, 68, 2\), got shape \(3, 68, 2\)"),
        ({"landmarks": POINTS.astype(str)}, "landmarks: expected numbers"),
        ({"ids": np.array(["a", "b", "a"])}, "each head once, got a more than once"),
        ({"landmarks": np.where(np.isin(POINTS, POINTS.max()), np.nan, POINTS)}, "finite numbers, those of image"),
        ({"ids": np.array(["x", "y", "z"])}, "heads such as 'image1', got those of 3 others, such as 'x'"),
        ({"ids": IDS.astype(object)}, "without objects; got something else"),  # it would take unpickling
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, arrays: dict[str, np.ndarray], words: str):
    with pytest.raises(ValueError, match=words):
        read_landmark_file(saved(tmp_path, **arrays), ["image1"])


def test_other_files_are_refused(tmp_path: Path):
    np.save(tmp_path / "one.npy", POINTS)
    np.savez(tmp_path / "other.npz", points=POINTS)
    (tmp_path / "text.npz").write_text("no array")
    (tmp_path / "cut.npz").write_bytes(saved(tmp_path).read_bytes()[:-100])
    (tmp_path / "empty.npz").write_bytes(b"")
    for name in ("one.npy", "text.npz", "cut.npz", "empty.npz"):
        with pytest.raises(ValueError, match=f"{name}: expected an .npz with ids"):
            read_landmark_file(tmp_path / name, ["image1"])
    with pytest.raises(ValueError, match="it lacks ids and landmarks and has points"):
        read_landmark_file(tmp_path / "other.npz", ["image1"])


def rewritten(path: Path, **members: bytes) -> Path:
    """An archive of these members in place of the file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_what_inflates_to_much_and_what_is_less_than_it_says_is_refused(tmp_path: Path):
    bomb = rewritten(tmp_path / "bomb.npz", ids=npy(IDS), landmarks=npy(POINTS), bomb=bytes(300 << 20))
    assert bomb.stat().st_size < 1 << 20
    with pytest.raises(ValueError, match=r"bomb\.npz: expected an .* bytes of arrays, where 268,435,456 are the most"):
        read_landmark_file(bomb, ["image1"])
    long = npy(POINTS).replace(b"(3, 68, 2), }        ", b"(3000000000, 68, 2), }", 1)[:-1]
    for content in (npy(POINTS)[:-1], npy(POINTS) + b"x", long):
        with pytest.raises(ValueError, match=r"short\.npz: expected an .* bytes for an array of float32"):
            read_landmark_file(rewritten(tmp_path / "short.npz", ids=npy(IDS), landmarks=content), ["image1"])


def test_what_is_no_file_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.npz")
    for name in ("gone.npz", "pipe.npz"):
        with pytest.raises(FileNotFoundError, match=name):
            read_landmark_file(tmp_path / name, ["image1"])
