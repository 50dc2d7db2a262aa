"""DAD-3DHeads on disk: DAD-3DHeadsDataset/{train,val,test}/{images/<id>.png, annotations/<id>.json, <split>.json}.

A row of <split>.json tells of one head in one photograph: `item_id`, `img_path`, `annotation_path`, `bbox`,
`attributes`. Its annotation is a mesh with the OpenGL camera that projects it onto the photograph.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from trans3dhead.data.annotated_photographs import Unreadable, read_each, read_json

SPLITS = ("train", "val", "test")
FOLDER = "DAD-3DHeadsDataset"
_WITHOUT_ANNOTATIONS = "test"  # its authors keep them, to score what is sent to them
_TO_CAMERA_SPACE = np.diag([1.0, -1.0, -1.0])  # OpenGL's y up, z towards the viewer -> y down, z away from the camera


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
        """(V, 3) in OpenGL's camera space: x right, y up, the camera looks down -z."""
        return _transform(self.vertices, self.model_view)[:, :3]

    @property
    def rotation(self) -> np.ndarray:
        """(3, 3) head space -> camera space (x right, y down, z away): diag(1, -1, -1) · model_view[:3, :3].

        As in the official benchmark, the matrix is not normalised: a model_view that scales gives a scaled one.
        """
        return _TO_CAMERA_SPACE @ self.model_view[:3, :3]

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
    rows = read_json(path)
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{path}: expected a list with a row for each head, got {str(rows)[:60]}")
    seen: set[str] = set()
    return read_each(
        list(enumerate(rows)),
        lambda item: _read_row(item[1], f"{path}, row {item[0]}", path.parent, split, seen),
        name=lambda item: _row_name(*item),
        skip_bad=skip_bad,
    )


def read_mesh(path: Path) -> MeshAnnotation:
    """One annotation. Raises ValueError for what is not one and FileNotFoundError where there is no file."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such annotation")
    content = read_json(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected an object with vertices and two matrices, got {str(content)[:60]}")
    return MeshAnnotation(
        vertices=_array(content, "vertices", (None, 3), path),
        model_view=_array(content, "model_view_matrix", (4, 4), path),
        projection=_array(content, "projection_matrix", (4, 4), path),
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


def _row_name(number: int, row: Any) -> str:
    return str(row["item_id"]) if isinstance(row, dict) and row.get("item_id") else f"row {number}"


def _read_row(row: Any, where: str, folder: Path, split: str, seen: set[str]) -> DADHead:
    if not isinstance(row, dict):
        raise ValueError(f"{where}: expected an object with item_id and bbox, got {str(row)[:60]}")
    name = row.get("item_id")
    if not isinstance(name, str) or not name:
        raise ValueError(f"{where}: expected item_id to be a name, got {name!r}")
    where = f"{where} ({name})"
    if name in seen:
        raise ValueError(f"{where}: the id has been given to an earlier row; remove one of the two")
    seen.add(name)
    photograph = _find(row, "img_path", folder, f"images/{name}.png", where)
    annotation = _find(row, "annotation_path", folder, f"annotations/{name}.json", where)
    if photograph is None:
        raise ValueError(f"{where}: there is no photograph {folder / 'images' / name}.png; extract the archive again")
    if annotation is None and split != _WITHOUT_ANNOTATIONS:
        wanted = folder / "annotations" / f"{name}.json"
        raise ValueError(f"{where}: there is no annotation {wanted}; extract the archive again")
    return DADHead(name, photograph, annotation, _box(row.get("bbox"), where), _attributes(row, where))


def _find(row: dict[str, Any], key: str, folder: Path, usual: str, where: str) -> Path | None:
    """The file that a row names, relative to its split or to the folder of all; else the one at its usual place."""
    given = row.get(key)
    if given is not None and not isinstance(given, str):
        raise ValueError(f"{where}: expected {key} to be a path, got {given!r}")
    candidates = ([folder / given, folder.parent / given] if given else []) + [folder / usual]
    return next((path for path in candidates if path.is_file()), None)


def _box(values: Any, where: str) -> np.ndarray:
    try:
        box = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        box = np.array(np.nan)
    if box.shape != (4,) or not np.isfinite(box).all() or not (box[2:] > 0).all():
        raise ValueError(f"{where}: expected bbox [x, y, w, h] in pixels with positive w and h, got {str(values)[:60]}")
    return box


def _attributes(row: dict[str, Any], where: str) -> dict[str, str]:
    attributes = row.get("attributes")
    if attributes is None:
        return {}
    if not isinstance(attributes, dict):
        raise ValueError(f"{where}: expected attributes by name, got {str(attributes)[:60]}")
    known = {name: value for name, value in attributes.items() if value is not None}
    for name, value in known.items():
        if not isinstance(value, str | bool | int | float):
            raise ValueError(f"{where}: expected one value for the attribute {name!r}, got {str(value)[:60]}")
    return {name: attribute_word(value) for name, value in known.items()}


def _array(content: dict[str, Any], name: str, shape: tuple[int | None, int], path: Path) -> np.ndarray:
    expected = f"({'V' if shape[0] is None else shape[0]}, {shape[1]})"
    if name not in content:
        raise ValueError(f"{path}: expected {name} of shape {expected}, found none")
    try:
        array = np.array(content[name], dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"{path}: {name}: expected numbers of shape {expected}, got something else ({error})"
        ) from error
    if array.ndim != 2 or array.shape[1] != shape[1] or shape[0] not in (None, array.shape[0]) or not len(array):
        raise ValueError(f"{path}: expected {name} of shape {expected}, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(
            f"{path}: {name}: expected finite numbers, got {int((~np.isfinite(array)).sum())} that are not"
        )
    return array
