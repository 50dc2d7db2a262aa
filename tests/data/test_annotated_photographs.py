import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pts_files import write_pts
from trans3dhead.data.annotated_photographs import (
    AnnotatedHead,
    Unreadable,
    read_aflw2000,
    read_annotations_json,
    read_pts,
)

POINTS = np.random.default_rng(0).uniform(10, 90, size=(68, 2))  # continuous pixels


def photograph(path: Path) -> None:
    cv2.imwrite(str(path), np.zeros((100, 100, 3), np.uint8))


def same(first: np.ndarray | None, second: np.ndarray) -> None:
    assert first is not None
    assert first.dtype == np.float64
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-10)


# AFLW2000-3D


def mat_fields(pose: tuple[float, ...] = (0.1, -0.5, 0.2)) -> dict[str, np.ndarray]:
    """As the data set has them: centres of pixels counted from 1, depth below, radians and then what is not pose."""
    return {
        "pt3d_68": np.vstack((POINTS.T + 0.5, np.linspace(-40, 40, 68))),
        "Pose_Para": np.array([[*pose, 50.0, 60.0, -66.7, 0.001]], dtype=np.float32),
        "Illum_Para": np.zeros((1, 10)),
    }


@pytest.fixture
def aflw2000(tmp_path: Path) -> Path:
    io = pytest.importorskip("scipy.io")
    for stem in ("image2", "image1", "image3"):
        photograph(tmp_path / f"{stem}.jpg")
        io.savemat(tmp_path / f"{stem}.mat", mat_fields())
    return tmp_path


def test_aflw2000_is_read_into_continuous_pixels_and_degrees(aflw2000):
    heads, unreadable = read_aflw2000(aflw2000)
    assert [head.id for head in heads] == ["image1", "image2", "image3"]
    assert heads[0].photograph == aflw2000 / "image1.jpg"
    assert unreadable == []
    same(heads[0].landmarks, POINTS)
    same(heads[0].pose, np.rad2deg(np.float32([0.1, -0.5, 0.2]).astype(np.float64)))


def test_aflw2000_is_read_without_regard_to_other_files(aflw2000):
    (aflw2000 / "Code").mkdir()
    (aflw2000 / "readme.txt").touch()
    (aflw2000 / "._image1.jpg").touch()
    (aflw2000 / "image1.jpg").rename(aflw2000 / "image1.JPG")
    heads, _ = read_aflw2000(aflw2000)
    assert [head.photograph.name for head in heads] == ["image1.JPG", "image2.jpg", "image3.jpg"]


def resave(path: Path, **fields: np.ndarray | None) -> None:
    from scipy.io import savemat

    savemat(path, {name: array for name, array in (mat_fields() | fields).items() if array is not None})


def with_nan(array: np.ndarray) -> np.ndarray:
    array.flat[1] = np.nan
    return array


AFLW2000_FAULTS = {
    "no mat": (lambda f: (f / "image2.mat").unlink(), r"image2\.jpg: there is no image2\.mat"),
    "no jpg": (lambda f: (f / "image2.jpg").unlink(), r"image2\.mat: there is no photograph"),
    "two photographs": (lambda f: photograph(f / "image2.JPG"), r"got image2\.JPG and image2\.jpg; remove all but one"),
    "no field": (lambda f: resave(f / "image2.mat", pt3d_68=None), r"image2\.mat: .*without pt3d_68"),
    "shape": (lambda f: resave(f / "image2.mat", Pose_Para=np.zeros((7,))[:6]), r"image2\.mat: .*Pose_Para.*\(1, 6\)"),
    "text": (lambda f: resave(f / "image2.mat", Pose_Para=np.array(["abc"])), r"image2\.mat: .*Pose_Para.*numbers"),
    "no number": (
        lambda f: resave(f / "image2.mat", pt3d_68=with_nan(mat_fields()["pt3d_68"])),
        r"image2\.mat: pt3d_68: expected finite numbers, got 1",
    ),
    "no MATLAB file": (lambda f: (f / "image2.mat").write_bytes(b"gone" * 99), r"image2\.mat: .*unreadable"),
    "empty file": (lambda f: (f / "image2.mat").write_bytes(b""), r"image2\.mat: .*unreadable"),
    "cut file": (
        lambda f: (f / "image2.mat").write_bytes((f / "image2.mat").read_bytes()[:300]),
        r"image2\.mat: .*unreadable",
    ),
}


def assert_named_or_left_out(read, folder: Path, message: str, good: list[str], bad: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        read(folder)
    heads, unreadable = read(folder, skip_bad=True)
    assert [head.id for head in heads] == good
    assert unreadable == [Unreadable(bad, str(raised.value))]


@pytest.mark.parametrize("fault", AFLW2000_FAULTS)
def test_a_bad_sample_of_aflw2000_is_named_or_left_out(aflw2000, fault):
    spoil, message = AFLW2000_FAULTS[fault]
    spoil(aflw2000)
    assert_named_or_left_out(read_aflw2000, aflw2000, message, good=["image1", "image3"], bad="image2")


@pytest.mark.parametrize("read", [read_aflw2000, read_pts])
def test_a_folder_with_nothing_in_it_is_named_even_if_bad_samples_are_left_out(tmp_path, read):
    with pytest.raises(ValueError, match="found none"):
        read(tmp_path, skip_bad=True)
    with pytest.raises(ValueError, match=r"gone: expected a folder"):
        read(tmp_path / "gone", skip_bad=True)


# A JSON of one's own


def rows_of(folder: Path) -> list[dict]:
    return json.loads((folder / "annotations.json").read_text())


@pytest.fixture
def annotated(tmp_path: Path) -> Path:
    rows = []
    for name in ("a.png", "b.jpg"):
        photograph(tmp_path / name)
        rows.append({"file": name, "landmarks_68": POINTS.tolist(), "pose": {"pitch": 1, "yaw": -20.5, "roll": 3}})
    del rows[1]["pose"]
    rows[1]["landmarks_68"] = [[*point, 7.0] for point in POINTS.tolist()]
    (tmp_path / "annotations.json").write_text(json.dumps(rows))
    return tmp_path


def test_rows_are_read_with_two_or_three_columns_and_with_or_without_pose(annotated):
    (first, second), unreadable = read_annotations_json(annotated)
    assert (first.id, second.id) == ("a", "b")
    assert (first.photograph, second.photograph) == (annotated / "a.png", annotated / "b.jpg")
    same(first.landmarks, POINTS)
    same(second.landmarks, POINTS)
    same(first.pose, np.array([1, -20.5, 3]))
    assert second.pose is None
    assert unreadable == []


def test_heads_of_one_photograph_are_numbered_even_if_one_is_bad(annotated):
    first, second = rows_of(annotated)
    (annotated / "annotations.json").write_text(json.dumps([first, second, first | {"landmarks_68": 1}, first]))
    heads, unreadable = read_annotations_json(annotated, skip_bad=True)
    assert [head.id for head in heads] == ["a#0", "b", "a#2"]
    assert [bad.sample for bad in unreadable] == ["a#1"]


ROW_FAULTS = {
    "no landmarks": (lambda row: row.pop("landmarks_68"), r"expected the key `landmarks_68`, got none"),
    "no file": (lambda row: row.pop("file"), r"expected the key `file`, got none"),
    "file is no name": (lambda row: row.update(file=5), r"\$\.file: expected `str`, got `int`"),
    "67 points": (lambda row: row["landmarks_68"].pop(), r"\$\.landmarks_68: expected `array` of length >= 68"),
    "four columns": (
        lambda row: row.update(landmarks_68=[[1, 2, 3, 4]] * 68),
        r"\$\.landmarks_68\[0\]: expected `array` of length <= 3",
    ),
    "ragged": (lambda row: row["landmarks_68"][3].pop(), r"\$\.landmarks_68\[3\]: expected `array` of length >= 2"),
    "text": (lambda row: row["landmarks_68"][3].append("x"), r"landmarks_68\[3\]\[2\]: expected `float`, got `str`"),
    "a huge integer": (
        lambda row: row.update(landmarks_68=[[10**400, 2]] * 68),
        r"landmarks_68\[0\]\[0\]: number out of range",
    ),
    "NaN": (
        lambda row: row["landmarks_68"][3].__setitem__(0, float("nan")),
        r"\$\.landmarks_68\[3\]\[0\]: expected `float` >= ",
    ),
    "null": (
        lambda row: row["landmarks_68"][3].__setitem__(0, None),
        r"landmarks_68\[3\]\[0\]: expected `float`, got `null`",
    ),
    "photograph gone": (lambda row: row.update(file="gone.jpg"), r"no photograph .*gone\.jpg"),
    "pose is a list": (lambda row: row.update(pose=[1, 2, 3]), r"\$\.pose: expected `object \| null`, got `array`"),
    "pose without roll": (lambda row: row["pose"].pop("roll"), r"\$\.pose: expected the key `roll`, got none"),
    "pose of lists": (
        lambda row: row.update(pose={key: [1.0] for key in ("pitch", "yaw", "roll")}),
        r"\$\.pose\.pitch: expected `float`, got `array`",
    ),
    "infinite pose": (lambda row: row["pose"].update(yaw=float("inf")), r"\$\.pose\.yaw: expected `float` <= "),
    "photograph elsewhere": (lambda row: row.update(file="../a.png"), r"a photograph in .*, got '\.\./a\.png'"),
    "photograph by a whole path": (lambda row: row.update(file="/a.png"), r"a photograph in .*, got '/a\.png'"),
    "a name too long": (lambda row: row.update(file="a" * 300), r"there is no photograph"),
    "nested": (
        lambda row: row.update(landmarks_68=[[[1.0]]] * 68),
        r"landmarks_68\[0\]: expected `array` of length >= 2",
    ),
}


@pytest.mark.parametrize("fault", ROW_FAULTS)
def test_a_bad_row_is_named_or_left_out(annotated, fault):
    spoil, message = ROW_FAULTS[fault]
    rows = rows_of(annotated)
    spoil(rows[0])
    (annotated / "annotations.json").write_text(json.dumps(rows))
    with pytest.raises(ValueError, match=rf"annotations\.json, row 0.*{message}") as raised:
        read_annotations_json(annotated)
    heads, unreadable = read_annotations_json(annotated, skip_bad=True)
    assert [head.id for head in heads] == ["b"]
    assert [bad.message for bad in unreadable] == [str(raised.value)]


def test_a_row_that_is_no_object_is_named_or_left_out(annotated):
    (annotated / "annotations.json").write_text(json.dumps([3, *rows_of(annotated)]))
    with pytest.raises(ValueError, match=r"row 0: \$: expected `object`, got `int`"):
        read_annotations_json(annotated)
    heads, unreadable = read_annotations_json(annotated, skip_bad=True)
    assert [head.id for head in heads] == ["a", "b"]
    assert [bad.sample for bad in unreadable] == ["row 0"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 100_000, "expected JSON"),
        (b"[{", "expected JSON"),
        (b"\xff\xfe", "expected JSON"),
        (b"[]", "got \\[\\]"),
        (b'{"file": 1}', "a list"),
    ],
)
def test_annotations_that_are_no_list_of_heads_are_named(tmp_path, content, message):
    (tmp_path / "annotations.json").write_bytes(content)
    with pytest.raises(ValueError, match=rf"annotations\.json: .*{message}"):
        read_annotations_json(tmp_path, skip_bad=True)


def test_a_folder_without_annotations_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"annotations\.json"):
        read_annotations_json(tmp_path)


def test_the_reference_photographs_are_all_readable(shared):
    heads, _ = read_annotations_json(shared / "realfaces" / "faces_in_scenes")
    assert len({head.id for head in heads}) == len(heads) == 43
    heads, _ = read_annotations_json(shared / "realfaces" / "aflw2000")
    assert len(heads) == 13
    assert all(head.pose is not None for head in heads)


# ibug's .pts


@pytest.fixture
def points_folder(tmp_path: Path) -> Path:
    for name in ("b.png", "a.jpg", "c.JPEG"):
        photograph(tmp_path / name)
        write_pts((tmp_path / name).with_suffix(".pts"), POINTS)
    return tmp_path


def test_pts_come_back_as_they_were_written(points_folder):
    heads, unreadable = read_pts(points_folder)
    assert [head.id for head in heads] == ["a", "b", "c"]
    assert heads[2].photograph == points_folder / "c.JPEG"
    assert heads[0].pose is None
    assert unreadable == []
    for head in heads:
        same(head.landmarks, POINTS)


def test_pts_are_read_as_ibug_writes_them(tmp_path):
    photograph(tmp_path / "a.jpg")
    body = "\r\n".join(f"{x:.6f} {y:.6f} " for x, y in POINTS + 0.5)
    (tmp_path / "a.pts").write_bytes(f"version: 1\r\nn_points:  68\r\n{{\r\n{body}\r\n}}\r\n".encode())
    (head,), _ = read_pts(tmp_path)
    np.testing.assert_allclose(head.landmarks, POINTS, atol=1e-6)


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


FIRST_X = repr(float(POINTS[0, 0] + 0.5))
PTS_FAULTS = {
    "no pts": (lambda f: (f / "b.pts").unlink(), r"b\.png: there is no b\.pts"),
    "no photograph": (lambda f: (f / "b.png").unlink(), r"b\.pts: there is no photograph"),
    "two photographs": (lambda f: photograph(f / "b.bmp"), r"got b\.bmp and b\.png; remove all but one"),
    "no brace": (lambda f: edited(f / "b.pts", "}", ""), r"b\.pts: expected ibug's \.pts"),
    "no header": (lambda f: edited(f / "b.pts", "n_points", "points"), r"b\.pts: expected ibug's \.pts"),
    "not text": (lambda f: (f / "b.pts").write_bytes(bytes(range(256))), r"b\.pts: expected"),
    "69 points": (lambda f: edited(f / "b.pts", "{", "{\n1 2"), r"b\.pts: expected 68 lines of x and y, got 69"),
    "three columns": (lambda f: edited(f / "b.pts", FIRST_X, f"3 {FIRST_X}"), r"b\.pts: expected 68 lines of x and y"),
    "text": (lambda f: edited(f / "b.pts", FIRST_X, "left"), r"b\.pts: points: expected numbers"),
    "NaN": (lambda f: edited(f / "b.pts", FIRST_X, "nan"), r"b\.pts: points: expected finite"),
}


@pytest.mark.parametrize("fault", PTS_FAULTS)
def test_a_bad_sample_of_pts_is_named_or_left_out(points_folder, fault):
    spoil, message = PTS_FAULTS[fault]
    spoil(points_folder)
    assert_named_or_left_out(read_pts, points_folder, message, good=["a", "c"], bad="b")


def test_heads_are_compared_by_identity():
    head = AnnotatedHead("a", Path("a.jpg"), POINTS, None)
    assert head != AnnotatedHead("a", Path("a.jpg"), POINTS, None)
