"""Synthetic photographs in the folders of DAD-3DHeads, one file a photograph and a mesh a head.

DAD-3DHeadsDataset/<split>/{images/<id>.png, annotations/<id>.json, <split>.json, manifest.json}. The meshes are in the
topology of the head model, not in FLAME's.

The decimals follow from the size of a pixel, as said beside them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from headsynth.attributes import dad_attributes
from headsynth.photograph import Photograph
from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.data.dad3dheads import FOLDER, MeshAnnotation
from trans3dhead.data.shards import Manifest, sample_key
from trans3dhead.files import write_atomically
from trans3dhead.geometry.matrices import Y_UP
from trans3dhead.head_model import HeadModel
from trans3dhead.images import encode_png, read_photograph

_DECIMALS = 7  # of the vertices, metres: less than a thousandth of a pixel
_NEAR = 0.1  # metres; only the depth that OpenGL would sort by depends on it


class WrittenHead(NamedTuple):
    """What the files hold of one head."""

    row: dict[str, Any]  # of the split's list
    annotation: bytes  # JSON


class DADSample(NamedTuple):
    """What the files hold of one photograph."""

    key: str
    png: bytes
    heads: list[WrittenHead]


@dataclass(frozen=True)
class DADLayout:
    """A unit is whole once its part of the list of heads is there, which is written last; all parts are then joined."""

    split: str = "train"

    def folder(self, output: Path) -> Path:
        """That of the split, in DAD-3DHeads' folder."""
        return output / FOLDER / self.split

    def encode(self, photograph: Photograph, head: HeadModel, index: int) -> DADSample:
        """A PNG, and a mesh with its camera for each head."""
        key = sample_key(index)
        heads = [_encode_head(known, head, key, number) for number, known in enumerate(photograph.annotations)]
        return DADSample(key, encode_png(photograph.image), heads)

    def begun(self, folder: Path) -> bool:
        """Whether the folder holds a photograph."""
        return (folder / "images").is_dir() and any((folder / "images").iterdir())

    def path(self, folder: Path, unit: int) -> Path:
        """The file with the list of the unit's heads."""
        return folder / f"heads-{unit:06d}.json"

    def whole(self, folder: Path, unit: int) -> bool:
        """Its heads are listed, in the list of all or in its own."""
        return self._list(folder).is_file() or self.path(folder, unit).is_file()

    def write(self, folder: Path, unit: int, samples: Sequence[DADSample]) -> None:
        """Photographs and annotations first, then the list of the unit's heads."""
        rows = []
        for sample in samples:
            write_atomically(folder / "images" / f"{sample.key}.png", sample.png)
            for head in sample.heads:
                write_atomically(folder / head.row["annotation_path"], head.annotation)
                rows.append(head.row)
        write_atomically(self.path(folder, unit), _json(rows))

    def finish(self, folder: Path, manifest: Manifest) -> None:
        """Join the lists of all units, and sweep up after killed runs."""
        parts = [self.path(folder, unit) for unit in range(manifest.shards)]
        if not self._list(folder).is_file():
            try:
                rows = [row for part in parts for row in json.loads(part.read_text())]
            except FileNotFoundError:  # other parts of the set are not whole yet, or another run joins them right now
                return
            write_atomically(self._list(folder), _json(rows, indent=1))
        for leftover in (*parts, *folder.glob("*/.*.tmp")):
            leftover.unlink(missing_ok=True)

    def pictures(self, folder: Path, count: int) -> list[np.ndarray]:
        """(H, W, 3) uint8 RGB, the first `count` photographs or as many as are written."""
        paths = sorted((folder / "images").glob("*.png"))[:count]
        return [read_photograph(path) for path in paths]

    def _list(self, folder: Path) -> Path:
        return folder / f"{self.split}.json"


def mesh_annotation(head: HeadAnnotation, head_model: HeadModel) -> MeshAnnotation:
    """The vertices and OpenGL's camera of an annotated head: x right, y up, the camera looks down -z."""
    model_view = np.eye(4)
    model_view[:3] = Y_UP @ np.column_stack((head.rotation, head.translation))
    (x, y), height = head.principal_point, head.image_size[1]
    projection = np.zeros((4, 4))  # pixels, y up from the photograph's bottom
    projection[0, [0, 2]] = head.focal, -x
    projection[1, [1, 2]] = head.focal, y - height
    projection[2, 2:] = -1.0, -_NEAR
    projection[3, 2] = -1.0
    return MeshAnnotation(head.vertices(head_model).round(_DECIMALS), model_view, projection)


def _encode_head(head: HeadAnnotation, head_model: HeadModel, key: str, number: int) -> WrittenHead:
    """number: of the head in its photograph; beyond the first the id ends with it."""
    name = f"{key}_{number}" if number else key
    mesh = mesh_annotation(head, head_model)
    annotation = {
        "vertices": mesh.vertices.tolist(),
        "model_view_matrix": mesh.model_view.tolist(),
        "projection_matrix": mesh.projection.tolist(),
    }
    row = {
        "item_id": name,
        "annotation_path": f"annotations/{name}.json",
        "img_path": f"images/{key}.png",
        "bbox": head.box.tolist(),
        "attributes": dad_attributes(head),
    }
    return WrittenHead(row, _json(annotation))


def _json(data: Any, indent: int | None = None) -> bytes:
    return json.dumps(data, indent=indent, separators=None if indent else (",", ":")).encode()
