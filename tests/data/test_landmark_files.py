"""Points of many heads in one .npz: what is read, and what is refused."""

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


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"ids": np.array([1, 2, 3])}, "ids: expected a word for each head"),
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
