"""DAD-3DHeads to train on: photographs whose heads are meshes in the head model's topology, without coefficients.

Rotations are the data set's own, relative to the photograph's camera, as its benchmark compares them; those of
synthetic sets are relative to the ray through the head.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.data.dad3dheads import DADHead, MeshAnnotation, read_mesh, read_split
from trans3dhead.geometry.boxes import mirrored_boxes
from trans3dhead.head_model import HeadModel, NumpyHeadModel
from trans3dhead.images import read_photograph

_FLIP_X = np.diag([-1.0, 1.0, 1.0])
_PNG = b"\x89PNG\r\n\x1a\n"
_KEPT = 256  # annotations that a process keeps; reading one takes longer than decoding its photograph


@dataclass(frozen=True, eq=False)
class MeshHead:
    """One head of one photograph: p = (a, b) / c, (a, b, c) = projection · (v, 1).

    Pixels are continuous: (0, 0) is the top-left corner of the top-left pixel.
    """

    vertices: np.ndarray  # (V, 3) float32 metres, head space, in the head model's topology
    rotation: np.ndarray  # (3, 3) float64, head space -> camera space
    projection: np.ndarray  # (3, 4) float64, head space -> homogeneous pixels of the photograph
    image_size: tuple[int, int]  # width, height
    box: np.ndarray  # (4,) float64 [x, y, w, h] pixels, the data set's own
    attributes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, mesh: MeshAnnotation, row: DADHead, image_size: tuple[int, int]) -> "MeshHead":
        """Convert DAD-3DHeads' OpenGL matrices, whose pixels count upwards from the photograph's bottom.

        image_size: width and height of the photograph, pixels.
        """
        downwards = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, image_size[1]], [0.0, 0.0, 1.0]])
        projection = downwards @ (mesh.projection @ mesh.model_view)[[0, 1, 3]]
        left, _, right = np.linalg.svd(mesh.rotation)  # the nearest rotation, should the matrix scale
        return cls(mesh.vertices.astype(np.float32), left @ right, projection, image_size, row.box, row.attributes)

    def project(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) metres, head space -> (..., 2) pixels of the photograph."""
        homogeneous = points @ self.projection[:, :3].T + self.projection[:, 3]
        return homogeneous[..., :2] / homogeneous[..., 2:]

    def resting_landmarks(self, head_model: NumpyHeadModel) -> np.ndarray:
        """(68, 3) metres, head space, with the expression after all: a mesh does not tell it from the shape."""
        return head_model.landmarks(self.vertices.astype(np.float64))

    def mirrored(self, head_model: HeadModel) -> "MeshHead":
        """The same head in the mirror image of the photograph: x -> width - x, left and right change places."""
        width = float(self.image_size[0])
        flip = np.array([[-1.0, 0.0, width], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        partners = head_model.mirror.cpu().numpy()
        return MeshHead(
            vertices=(self.vertices[partners] * [-1.0, 1.0, 1.0]).astype(np.float32),
            rotation=_FLIP_X @ self.rotation @ _FLIP_X,
            projection=flip @ self.projection @ np.diag([-1.0, 1.0, 1.0, 1.0]),
            image_size=self.image_size,
            box=mirrored_boxes(self.box, width),
            attributes=self.attributes,
        )


AnyAnnotation = HeadAnnotation | MeshHead  # a label of either kind


class DAD3DHeads:
    """A split of DAD-3DHeads, read as it is asked for. It holds the list alone, so it can be pickled and forked."""

    def __init__(self, folder: Path) -> None:
        """folder: of one split, such as DAD-3DHeadsDataset/train. Its list is checked, its annotations are not."""
        self.folder = Path(folder)
        self.rows, _ = read_split(self.folder.parent, self.folder.name)
        self._head_model: tuple[str, int] | None = None  # its name and how many vertices it has; None until `check`
        if any(row.annotation is None for row in self.rows):
            raise ValueError(f"{self.folder}: its annotations are not public; train on the split `train`")

    def __len__(self) -> int:
        return len(self.rows)

    def check(self, head_model: HeadModel) -> None:
        """Raise ValueError unless the first annotation has this head model's vertices; from then on all must."""
        self._head_model = head_model.name, len(head_model.template)
        self.heads(0)

    def jpeg(self, index: int) -> bytes:
        """The encoded photograph, a PNG."""
        return self.rows[index].photograph.read_bytes()

    def heads(self, index: int) -> list[MeshHead]:
        """The one head of the photograph."""
        row = self.rows[index]
        assert row.annotation is not None  # checked above
        head = _read_head(row.annotation, row)
        if self._head_model is not None:
            _check_vertices(head, *self._head_model, row)
        return [head]


def is_split(folder: Path) -> bool:
    """Whether a folder is one of a DAD-3DHeads split: it holds the list named after it."""
    return (folder / f"{folder.name}.json").is_file()


@lru_cache(maxsize=_KEPT)
def _read_head(annotation: Path, row: DADHead) -> MeshHead:
    return MeshHead.of(read_mesh(annotation), row, _image_size(row.photograph))


def _image_size(path: Path) -> tuple[int, int]:
    """Width and height; of a PNG from its header, for decoding takes longer than all else here."""
    with path.open("rb") as file:
        header = file.read(24)
    if header[:8] == _PNG and header[12:16] == b"IHDR":
        width, height = struct.unpack(">II", header[16:24])
        return width, height
    height, width = read_photograph(path).shape[:2]
    return width, height


def _check_vertices(head: MeshHead, name: str, expected: int, row: DADHead) -> None:
    if expected != (got := len(head.vertices)):
        raise ValueError(
            f"{row.annotation}: expected the {expected} vertices of head model {name!r}, got {got}; "
            "give head_model=flame.safetensors, made by `trans3dhead convert flame`"
        )
