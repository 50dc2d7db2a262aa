"""Photographs whose heads are known by their 68 landmarks: AFLW2000-3D, a JSON of one's own, and ibug's .pts files.

Landmarks are in the iBUG/Multi-PIE order and in continuous pixels: (0, 0) is the corner of the top-left pixel. The
formats that count pixel centres from 1, as MATLAB does, are moved by half a pixel on the way in and out.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as shown  # short, whatever the file holds
from typing import Annotated, Any, TypeVar

import numpy as np
from msgspec import Meta, Struct

from trans3dhead.data.mat_files import read_mat
from trans3dhead.files import inside, is_there
from trans3dhead.reading.checked_json import LONGEST, from_plain

PTS_PHOTOGRAPHS = (".jpg", ".jpeg", ".png", ".bmp")
_POINTS = 68
REMEDY = "correct the row or leave it out"
_FROM_ONE_BASED = -0.5  # the centre of the top-left pixel is (1, 1) in MATLAB and (0.5, 0.5) here

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class AnnotatedHead:
    """One head of one photograph."""

    id: str  # of its data set; each head has its own
    photograph: Path
    landmarks: np.ndarray  # (68, 2) float64 pixels of the photograph
    pose: np.ndarray | None  # (3,) float64 pitch, yaw, roll in degrees, AFLW2000-3D's convention


@dataclass(frozen=True)
class Unreadable:
    """A sample that was left out, and why."""

    sample: str  # id, or what there is of one
    message: str  # names the file


def read_aflw2000(root: Path, skip_bad: bool = False) -> tuple[list[AnnotatedHead], list[Unreadable]]:
    """AFLW2000-3D: a folder of pairs <id>.jpg and <id>.mat, sorted by id.

    Landmarks are the first two rows of `pt3d_68`, pose the first three values of `Pose_Para`. A bad sample raises
    ValueError, or is left out and told of with `skip_bad`; a folder without any is a ValueError either way.
    """
    pairs = _pairs(root, (".jpg",), ".mat")
    if not pairs:
        raise ValueError(f"{root}: expected a folder with AFLW2000-3D's pairs of .jpg and .mat, found none in it")
    return read_each(pairs, lambda pair: pair.read(_read_mat), name=lambda pair: pair.stem, skip_bad=skip_bad)


def read_annotations_json(folder: Path, skip_bad: bool = False) -> tuple[list[AnnotatedHead], list[Unreadable]]:
    """`annotations.json` beside its photographs: a list with one row a head, in the order of the list.

    A row holds `file`, `landmarks_68` (68 × 2 or 68 × 3, pixels) and, where it is known, `pose` (`pitch`, `yaw`,
    `roll` in degrees). The id is the file's stem, or stem#0, stem#1 ... where several heads share it. A bad row raises
    ValueError, or is left out and told of with `skip_bad`; what is no list of rows is a ValueError either way.
    """
    path = folder / "annotations.json"
    if not path.is_file():
        raise ValueError(f"{folder}: expected a folder with annotations.json beside its photographs, found none")
    rows = read_rows(path)
    numbered = list(enumerate(_row_ids(rows)))
    return read_each(
        numbered,
        lambda item: _read_row(rows[item[0]], item[1], f"{path}, row {item[0]}", folder),
        name=lambda item: item[1],
        skip_bad=skip_bad,
    )


def read_pts(folder: Path, skip_bad: bool = False) -> tuple[list[AnnotatedHead], list[Unreadable]]:
    """A folder of photographs, each beside ibug's <stem>.pts with one head's 68 landmarks, as 300-W has them.

    Sorted by stem, which is the id; the pose is not known. A bad sample raises ValueError, or is left out and told of
    with `skip_bad`; a folder without any is a ValueError either way.
    """
    pairs = _pairs(folder, PTS_PHOTOGRAPHS, ".pts")
    if not pairs:
        raise ValueError(f"{folder}: expected a folder with photographs, each beside its .pts, found none in it")
    return read_each(pairs, lambda pair: pair.read(_read_pts), name=lambda pair: pair.stem, skip_bad=skip_bad)


def read_points(path: Path) -> np.ndarray:
    """A .pts file -> (68, 2), the numbers as they stand in it; ibug's count pixel centres from 1."""
    header, brace, after_brace = path.read_text(encoding="utf-8", errors="replace").partition("{")
    body, end, _ = after_brace.partition("}")
    if not brace or not end or "n_points" not in header:
        raise ValueError(f"{path}: expected ibug's .pts: version, n_points, then the points between {{ and }}")
    lines = [line.split() for line in body.splitlines() if line.strip()]
    if len(lines) != _POINTS or any(len(line) != 2 for line in lines):
        raise ValueError(f"{path}: expected {_POINTS} lines of x and y, got {len(lines)} lines")
    return _checked_points(_numbers(lines, f"{path}: points"), f"{path}: points")


def read_each(
    items: Iterable[Item], read: Callable[[Item], Result], *, name: Callable[[Item], str] = str, skip_bad: bool
) -> tuple[list[Result], list[Unreadable]]:
    """What `read` makes of each item. Its ValueErrors go through, or are collected with `skip_bad`."""
    results, unreadable = [], []
    for item in items:
        try:
            results.append(read(item))
        except ValueError as error:
            if not skip_bad:
                raise
            unreadable.append(Unreadable(name(item), str(error)))
    return results, unreadable


def read_rows(path: Path) -> list[Any]:
    """The rows of a JSON list, of which there is one at least; `from_plain` judges each of them.

    Raises ValueError that names the file where it is none. NaN and infinity are read, so that they spoil their row.
    """
    with path.open("rb") as file:
        text = file.read(LONGEST + 1)
    if len(text) > LONGEST:
        raise ValueError(f"{path}: expected at most {LONGEST:,} bytes of JSON, got more; split the list")
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: expected JSON, got {error}") from error
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{path}: expected a list with a row for each head, got {shown(rows)}")
    return rows


@dataclass(frozen=True)
class _Pair:
    """What a folder has under one stem: one photograph and one annotation, if all is well."""

    stem: str
    photographs: tuple[Path, ...]
    annotations: tuple[Path, ...]
    suffix: str  # of the annotation

    def read(self, annotation: Callable[[Path], tuple[np.ndarray, np.ndarray | None]]) -> AnnotatedHead:
        """The head whose landmarks and pose `annotation` reads of the annotation's file."""
        if not self.photographs:
            raise ValueError(
                f"{self.annotations[0]}: there is no photograph beside it; add it or remove the annotation"
            )
        if not self.annotations:
            wanted = self.stem + self.suffix
            raise ValueError(f"{self.photographs[0]}: there is no {wanted} beside it; add it or remove the photograph")
        for paths in (self.photographs, self.annotations):
            if len(paths) > 1:
                names = " and ".join(path.name for path in paths)
                raise ValueError(f"{paths[0].parent}: expected one file for each head, got {names}; remove all but one")
        return AnnotatedHead(self.stem, self.photographs[0], *annotation(self.annotations[0]))


def _pairs(folder: Path, photograph_suffixes: tuple[str, ...], suffix: str) -> list[_Pair]:
    """The files of a folder by stem, sorted; suffixes may be in capitals, hidden files do not count."""
    if not folder.is_dir():
        raise ValueError(f"{folder}: expected a folder of annotated photographs, there is none of this name")
    photographs, annotations = defaultdict[str, list[Path]](list), defaultdict[str, list[Path]](list)
    for path in sorted(folder.iterdir()):
        kind = path.suffix.lower()
        if path.name.startswith(".") or kind not in (*photograph_suffixes, suffix):
            continue
        (annotations if kind == suffix else photographs)[path.stem].append(path)
    stems = sorted(photographs.keys() | annotations.keys())
    return [_Pair(stem, tuple(photographs[stem]), tuple(annotations[stem]), suffix) for stem in stems]


def _read_mat(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """AFLW2000-3D's .mat -> (68, 2) pixels and (3,) degrees."""
    fields = {"pt3d_68": (3, _POINTS), "Pose_Para": (1, 7)}
    try:
        content = read_mat(path, fields)
    except OSError as error:
        raise ValueError(f"{path}: expected a MATLAB file, got something unreadable ({error})") from error
    arrays = {name: _mat_field(content, name, shape, path) for name, shape in fields.items()}
    return arrays["pt3d_68"][:2].T + _FROM_ONE_BASED, np.rad2deg(arrays["Pose_Para"][0, :3])


def _mat_field(content: dict[str, np.ndarray], name: str, shape: tuple[int, ...], path: Path) -> np.ndarray:
    if name not in content:
        raise ValueError(f"{path}: expected the fields pt3d_68 and Pose_Para of AFLW2000-3D, without {name}")
    array = content[name]
    if array.shape != shape:
        raise ValueError(f"{path}: expected {name} to be numbers of shape {shape}, got {array.shape} {array.dtype}")
    return _finite(array.astype(np.float64), f"{path}: {name}")


def _row_ids(rows: list[Any]) -> list[str]:
    """An id for each row, good or bad, so that a bad one does not change those of the others."""
    stems = [
        Path(row["file"]).stem if isinstance(row, dict) and isinstance(row.get("file"), str) else "" for row in rows
    ]
    counts, seen = Counter(stems), Counter[str]()
    ids = []
    for number, stem in enumerate(stems):
        ids.append(f"row {number}" if not stem else f"{stem}#{seen[stem]}" if counts[stem] > 1 else stem)
        seen[stem] += 1
    return ids


_Number = Annotated[float, Meta(ge=-1e6, le=1e6)]  # pixels or degrees


class _Angles(Struct):
    pitch: _Number
    yaw: _Number
    roll: _Number


class _Row(Struct):
    file: Annotated[str, Meta(min_length=1, max_length=4096)]
    landmarks_68: Annotated[
        list[Annotated[list[_Number], Meta(min_length=2, max_length=3)]], Meta(min_length=_POINTS, max_length=_POINTS)
    ]
    pose: _Angles | None = None


def _read_row(row: Any, name: str, where: str, folder: Path) -> AnnotatedHead:
    known = from_plain(row, _Row, where, remedy=REMEDY)
    photograph = inside(folder, known.file)
    if photograph is None:
        raise ValueError(f"{where}: expected file to be a photograph in {folder}, got {shown(known.file)}")
    if not is_there(photograph):
        raise ValueError(f"{where}: there is no photograph {photograph}")
    pose = None if known.pose is None else np.array((known.pose.pitch, known.pose.yaw, known.pose.roll))
    return AnnotatedHead(name, photograph, np.array([point[:2] for point in known.landmarks_68]), pose)


def _read_pts(path: Path) -> tuple[np.ndarray, None]:
    """(68, 2) continuous pixels; the file holds no pose."""
    return read_points(path) + _FROM_ONE_BASED, None


def _numbers(values: Any, what: str) -> np.ndarray:
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{what}: expected numbers, got something else ({error})") from error


def _checked_points(points: np.ndarray, what: str) -> np.ndarray:
    if points.shape != (_POINTS, 2):
        count = f"{len(points)} of them" if points.ndim == 2 and points.shape[1] == 2 else f"the shape {points.shape}"
        raise ValueError(f"{what}: expected {_POINTS} points x, y, got {count}")
    return _finite(points, what)


def _finite(array: np.ndarray, what: str) -> np.ndarray:
    if not np.isfinite(array).all():
        raise ValueError(f"{what}: expected finite numbers, got {int((~np.isfinite(array)).sum())} that are not")
    return array
