"""DAD-3DHeads on disk: DAD-3DHeadsDataset/{train,val,test}/{images/<id>.png, annotations/<id>.json, <split>.json}.

A row of <split>.json tells of one head in one photograph: `item_id`, `img_path`, `annotation_path`, `bbox`,
`attributes`. Its annotation is a mesh with the OpenGL camera that projects it onto the photograph.
"""

from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from trans3dhead.data.annotated_photographs import REMEDY, Unreadable, read_each, read_rows
from trans3dhead.files import inside, is_there
from trans3dhead.geometry.matrices import Y_UP
from trans3dhead.reading.checked_json import from_plain, read_json

SPLITS = ("train", "val", "test")
FOLDER = "DAD-3DHeadsDataset"
_WITHOUT_ANNOTATIONS = "test"  # its authors keep them, to score what is sent to them
_LONGEST = 2**24  # bytes of an annotation; FLAME's have 0.3 million


@dataclass(frozen=True, eq=False)
class DADHead:
    """One head of one photograph, as a row of a split's list describes it."""

    id: str
    photograph: Path
    annotation: Path | None  # for `read_mesh`; None in the test split, whose annotations are not public
    box: np.ndarray  # (4,) float64 [x, y, w, h] pixels
    # Such as quality, gender, expression, age, occlusions, pose, "standard light"; "true" and "false" for yes and no.
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class MeshAnnotation:
    """A head's mesh and its camera, as DAD-3DHeads has them: V vertices in FLAME's topology (5 023)."""

    vertices: np.ndarray  # (V, 3) float64 metres, head space
    model_view: np.ndarray  # (4, 4) float64, head space -> OpenGL's camera space
    projection: np.ndarray  # (4, 4) float64, camera space -> homogeneous pixels, y up from the photograph's bottom

    @property
    def camera_vertices(self) -> np.ndarray:
        """(V, 3) camera space (x right, y down, z away), in the vertices' unit."""
        return _transform(self.vertices, self.model_view)[:, :3] @ Y_UP

    @property
    def rotation(self) -> np.ndarray:
        """(3, 3) head space -> camera space (x right, y down, z away): diag(1, -1, -1) · model_view[:3, :3].

        As in the official benchmark, the matrix is not normalised: a model_view that scales gives a scaled one.
        """
        return Y_UP @ self.model_view[:3, :3]

    def project(self, points: np.ndarray, image_height: float) -> np.ndarray:
        """(..., 3) metres, head space -> (..., 2) pixels of a photograph of this height, (0, 0) its top-left corner."""
        clip = _transform(_transform(points, self.model_view), self.projection)
        pixels = clip[..., :2] / clip[..., 3:]
        return np.stack((pixels[..., 0], image_height - pixels[..., 1]), axis=-1)


def read_split(root: Path, split: str, skip_bad: bool = False) -> tuple[list[DADHead], list[Unreadable]]:
    """The heads of a split in the order of its list; root is the folder DAD-3DHeadsDataset or the one that holds it.

    A bad row or a missing file raises ValueError, or is left out and told of with `skip_bad`; a split without a
    readable list is a ValueError either way. Annotations are not opened: see `read_mesh`.
    """
    if split not in SPLITS:
        raise ValueError(f"split: expected one of {', '.join(SPLITS)}, got {split!r}")
    path = _split_folder(root, split) / f"{split}.json"
    if not path.is_file():
        raise ValueError(f"{path}: there is no such list of heads; extract DAD-3DHeads' archive again")
    rows = read_rows(path)
    seen: set[str] = set()
    return read_each(
        list(enumerate(rows)),
        lambda item: _read_row(item[1], f"{path}, row {item[0]}", path.parent, split, seen),
        name=lambda item: _row_name(*item),
        skip_bad=skip_bad,
    )


def read_mesh(path: Path) -> MeshAnnotation:
    """One annotation. Raises ValueError for what is not one and FileNotFoundError where there is no file."""
    if not is_there(path):
        raise FileNotFoundError(f"{path}: no such annotation")
    with path.open("rb") as file:
        text = file.read(_LONGEST + 1)
    stored = read_json(text, _StoredMesh, str(path), longest=_LONGEST, remedy="extract the archive again")
    return MeshAnnotation(
        np.array(stored.vertices), np.array(stored.model_view_matrix), np.array(stored.projection_matrix)
    )


def attribute_word(value: Any) -> str:
    """An attribute's value as a word: booleans as "true" and "false", anything else by `str`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _transform(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(..., 3) or homogeneous (..., 4) points -> (..., 4), the matrix applied to each."""
    return points @ matrix[:, : points.shape[-1]].T + matrix[:, points.shape[-1] :].sum(axis=1)


def _split_folder(root: Path, split: str) -> Path:
    for folder in (root / split, root / FOLDER / split):
        if folder.is_dir():
            return folder
    raise ValueError(f"{root}: expected {FOLDER} or the folder that holds it, found no folder {split} in it")


# What JSON may hold. The limits are far beyond any head; they keep products finite.
_Number = Annotated[float, Meta(ge=-1e9, le=1e9)]
_Side = Annotated[float, Meta(gt=0, le=1e9)]
_Point = tuple[_Number, _Number, _Number]
_Four = tuple[_Number, _Number, _Number, _Number]
_Matrix = tuple[_Four, _Four, _Four, _Four]


class _StoredMesh(Struct):
    vertices: Annotated[list[_Point], Meta(min_length=1)]
    model_view_matrix: _Matrix
    projection_matrix: _Matrix


class _Row(Struct):
    # Its files are called so, therefore no path, and no half of a surrogate pair, which nothing can print.
    item_id: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^/\\\0\ud800-\udfff]*$")]
    bbox: tuple[_Number, _Number, _Side, _Side]  # x, y, w, h
    img_path: str | None = None
    annotation_path: str | None = None
    attributes: dict[str, str | bool | int | float | None] | None = None


def _row_name(number: int, row: Any) -> str:
    name = row.get("item_id") if isinstance(row, dict) else None
    return name[:200] if isinstance(name, str) and name else f"row {number}"


def _read_row(row: Any, where: str, folder: Path, split: str, seen: set[str]) -> DADHead:
    known = from_plain(row, _Row, where, remedy=REMEDY)
    name = known.item_id
    where = f"{where} ({name})"
    if name in seen:
        raise ValueError(f"{where}: the id has been given to an earlier row; remove one of the two")
    seen.add(name)
    photograph = _find(known.img_path, folder, f"images/{name}.png")
    annotation = _find(known.annotation_path, folder, f"annotations/{name}.json")
    if photograph is None:
        raise ValueError(f"{where}: there is no photograph {folder / 'images' / name}.png; extract the archive again")
    if annotation is None and split != _WITHOUT_ANNOTATIONS:
        wanted = folder / "annotations" / f"{name}.json"
        raise ValueError(f"{where}: there is no annotation {wanted}; extract the archive again")
    attributes = {key: attribute_word(value) for key, value in (known.attributes or {}).items() if value is not None}
    return DADHead(name, photograph, annotation, np.array(known.bbox), attributes)


def _find(given: str | None, folder: Path, usual: str) -> Path | None:
    """The file that a row names, relative to its split or to the folder of all; else the one at its usual place.

    A path that leads out of these folders counts as one that leads nowhere.
    """
    named = (inside(place, given) for place in (folder, folder.parent) if given)
    return next((path for path in chain(named, (folder / usual,)) if path is not None and is_there(path)), None)
