"""The ground truth of the DAD-3DHeads benchmark: from a split's folder, or from the file of the official code."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from reprlib import repr as shown  # short, whatever the file holds
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from trans3dhead.data.annotated_photographs import REMEDY, Unreadable
from trans3dhead.data.dad3dheads import DADHead, MeshAnnotation, attribute_word, read_mesh, read_split
from trans3dhead.data.number_lists import as_array
from trans3dhead.evaluation.head_alignment import TrueHead
from trans3dhead.evaluation.pictures import TruthLookup
from trans3dhead.evaluation.strictness import ScoringError
from trans3dhead.files import whole_file
from trans3dhead.head_model import MeshTopology
from trans3dhead.images import read_photograph
from trans3dhead.reading.checked_json import from_plain


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """A row of the benchmark's ground-truth file."""

    id: str
    box: np.ndarray  # (4,) [x, y, w, h] pixels
    mesh: MeshAnnotation
    image_height: float  # pixels
    attributes: dict[str, str] = field(default_factory=dict)

    def true_head(self, topology: MeshTopology) -> TrueHead:
        """The head as the metrics compare with it: in pixels of the photograph and in camera space.

        Raises ValueError for a mesh of another topology and for a camera that does not see it.
        """
        if len(self.mesh.vertices) != topology.vertices:
            raise ScoringError(
                "shape",
                f"{self.id}: expected the {topology.vertices} vertices of the head model, got "
                f"{len(self.mesh.vertices)}; give the head model of the ground truth, --head-model PATH",
            )
        with np.errstate(all="ignore"):
            landmarks = self.mesh.project(topology.landmarks(self.mesh.vertices), self.image_height)
        if not np.isfinite(landmarks).all():
            raise ScoringError(
                "not finite", f"{self.id}: expected a camera that sees the head, it projects to infinity"
            )
        return TrueHead(
            id=self.id,
            box=self.box,
            landmarks=landmarks,
            vertices=self.mesh.camera_vertices,
            rotation=self.mesh.rotation,
            attributes=self.attributes,
        )


@dataclass(frozen=True, eq=False)
class OpenGroundTruth:
    """The ground truth of a benchmark run, a split's folder or a file, read once for each use."""

    title: str
    split: Sequence[DADHead] = ()
    rows: Sequence[GroundTruth] = ()
    unreadable: Sequence[Unreadable] = ()

    def __len__(self) -> int:
        return len(self.split or self.rows)

    def heads(self) -> Iterator[GroundTruth]:
        """Yield the heads one by one: of a split only one mesh is in memory at a time."""
        yield from self.rows
        for head in self.split:
            yield _of_split(head)

    def lookup(self, topology: MeshTopology) -> TruthLookup:
        """The photographs by id, for the sheets of worst cases; a ground-truth file has none."""
        by_id = {head.id: head for head in self.split}

        def true_picture(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
            if name not in by_id:
                return None
            true = _of_split(by_id[name]).true_head(topology)
            return read_photograph(by_id[name].photograph), true.box, true.landmarks

        return true_picture


def open_ground_truth(file: Path | None, root: Path | None, split: str, skip_bad: bool = False) -> OpenGroundTruth:
    """Exactly one of `file`, as the official code reads it, and `root`, a DAD-3DHeads folder, must be given."""
    if file is not None and root is None:
        return OpenGroundTruth(file.stem, rows=read_ground_truth(file))
    if root is not None and file is None:
        heads, unreadable = read_split(root, split, skip_bad)
        return OpenGroundTruth(f"DAD-3DHeads {split}", split=heads, unreadable=unreadable)
    raise ValueError("ground truth: expected either its file (--ground-truth) or a DAD-3DHeads folder (--root)")


def _of_split(head: DADHead) -> GroundTruth:
    if head.annotation is None:
        raise ValueError(
            f"{head.id}: has no annotation; DAD-3DHeads keeps those of its test split: evaluate on val, or send what "
            "`trans3dhead submit dad` writes to the authors"
        )
    height = float(read_photograph(head.photograph).shape[0])
    return GroundTruth(head.id, head.box, read_mesh(head.annotation), height, head.attributes)


def read_ground_truth(path: Path) -> list[GroundTruth]:
    """Read a JSON list of {id, bbox, vertices, model_view_matrix, projection_matrix, image_height, attributes?}.

    Raises ValueError that names the row at fault; a ScoringError where the file or an array in it is the fault.
    """
    if not path.is_file():
        raise ValueError(f"{path}: no such file; build it from a DAD-3DHeads folder with --root and --split")
    text = path.read_text(encoding="utf-8")
    if not text.strip():
        raise ScoringError("empty", f"{path}: is empty; expected the benchmark's ground truth, a list of heads")
    try:
        rows = json.loads(text, object_hook=_compact)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: expected the benchmark's ground truth as JSON, got {error}") from error
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{path}: expected a list with one row a head, got {shown(rows)}")
    return [_row(row, f"{path}, row {number}") for number, row in enumerate(rows)]


def write_ground_truth(path: Path, heads: Iterable[GroundTruth]) -> None:
    """Write the file that `read_ground_truth` and the official code read: head by head, whole or not at all."""
    with whole_file(path) as file:
        for number, head in enumerate(heads):
            file.write((",\n" if number else "[\n") + json.dumps(_json_row(head), separators=(",", ":")))
        file.write("\n]\n")


def _json_row(head: GroundTruth) -> dict[str, Any]:
    return {
        "id": head.id,
        "bbox": head.box.tolist(),
        "vertices": head.mesh.vertices.tolist(),
        "model_view_matrix": head.mesh.model_view.tolist(),
        "projection_matrix": head.mesh.projection.tolist(),
        "image_height": head.image_height,
        "attributes": head.attributes,
    }


_ARRAYS: dict[str, tuple[int, ...]] = {  # -1: any number
    "bbox": (4,),
    "vertices": (-1, 3),
    "model_view_matrix": (4, 4),
    "projection_matrix": (4, 4),
}


def _compact(values: dict[str, Any]) -> dict[str, Any]:
    """Each list of numbers becomes an array as soon as its row is parsed: Python's floats take ten times the memory."""
    for key in _ARRAYS.keys() & values.keys():
        values[key] = as_array(values[key]) if isinstance(values[key], list) else None  # reported with its row
    return values


class _Words(Struct):
    """What a row holds beside its arrays."""

    id: Annotated[str, Meta(pattern=r"^[^\ud800-\udfff]*$")] | int  # without halves of surrogate pairs
    image_height: Annotated[float, Meta(gt=0, le=1e6)]  # pixels
    attributes: dict[str, str | bool | int | float | None] | None = None


def _row(row: Any, where: str) -> GroundTruth:
    words = from_plain(row, _Words, where, remedy=REMEDY)
    where = f"{where} ({words.id})"
    box, vertices, model_view, projection = (_array(row, key, where) for key in _ARRAYS)
    if not (box[2:] > 0).all():
        raise ScoringError("shape", f"{where}: expected bbox of a positive width and height, got {box.tolist()}")
    mesh = MeshAnnotation(vertices, model_view, projection)
    attributes = {name: attribute_word(value) for name, value in (words.attributes or {}).items()}
    return GroundTruth(str(words.id), box, mesh, words.image_height, attributes)


def _array(row: dict[str, Any], key: str, where: str) -> np.ndarray:
    array, shape = row.get(key), _ARRAYS[key]
    wanted = " × ".join("V" if size == -1 else str(size) for size in shape)
    if not isinstance(array, np.ndarray):
        raise ScoringError("shape", f"{where}: expected {key} of {wanted} numbers, got nothing of that kind")
    fits = array.ndim == len(shape) and all(w in (-1, size) for w, size in zip(shape, array.shape, strict=True))
    if not fits:
        got = " × ".join(map(str, array.shape))
        raise ScoringError("shape", f"{where}: expected {key} of {wanted} numbers, got {got}")
    if not np.isfinite(array).all():
        raise ScoringError("not finite", f"{where}: expected finite numbers in {key}, found NaN or infinity")
    return array
