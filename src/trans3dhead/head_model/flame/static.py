"""FLAME's topology from a DAD-3DHeads checkout: triangles, landmarks and vertex subsets, without FLAME itself.

The index files are CC BY-NC-SA, so they are read from the user's own checkout of github.com/PinataFarms/DAD-3DHeads.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from trans3dhead.head_model.flame.pickles import load_object_array, load_pickle, load_tensor
from trans3dhead.head_model.flame.stand_ins import Struct, check_count
from trans3dhead.head_model.topology import MeshTopology

FLAME_VERTICES = 5023
_STATIC = Path("model_training", "model", "static")
_CONTOUR, _INNER = 17, 51  # of the 68 landmarks; the contour comes first
_TRIANGLES = "flame_mesh_faces.pt"
_CONTOUR_LANDMARKS = "flame_dynamic_embedding.npy"
_INNER_LANDMARKS = "flame_static_embedding.pkl"
_Z5 = "head_indices.npy"
_SUBSETS = {"head": "head", "face": "face", "face_with_ears": "face_w_ears", "eyes": "eyeballs"}
_DENSE = {"landmarks_191": "keypoints_191", "landmarks_445": "keypoints_445"}
_NOT_DENSE = "cheeks"  # a part of the folder keypoints_445 that the official loader leaves out


@dataclass(frozen=True, eq=False)
class FlameStatic:
    """What DAD-3DHeads' index files say of FLAME's mesh."""

    triangles: np.ndarray  # (F, 3) int64
    landmark_triangles: np.ndarray  # (68,) int64 rows of `triangles`: the contour of zero pose, then the inner points
    landmark_weights: np.ndarray  # (68, 3) float64 barycentric
    subsets: Mapping[str, np.ndarray]  # int64 vertex indices: head, face, z5, and where all files are asked for more

    @property
    def topology(self) -> MeshTopology:
        """The part that the benchmark needs: 68 landmarks, the subset `z5` for Z5, the subset `face` for Chamfer."""
        corners = self.triangles[self.landmark_triangles]
        return MeshTopology(FLAME_VERTICES, corners, self.landmark_weights, self.subsets["z5"], self.subsets["face"])


def read_static(folder: Path) -> MeshTopology:
    """The topology of FLAME as the DAD-3DHeads benchmark uses it: 68 landmarks, and the subsets of Z5 and Chamfer.

    folder: `model_training/model/static` of a DAD-3DHeads checkout, or the checkout. The contour of the landmarks is
    that of zero pose. Raises ValueError that names the file at fault and says what to do.
    """
    static = _static_folder(folder, ("flame_indices/face.npy",))
    return _read(static, {"face": static / "flame_indices" / "face.npy"}).topology


def read_flame_static(folder: Path) -> FlameStatic:
    """Everything that a head model file of FLAME needs, from the same folder as `read_static`.

    Beside `z5` the subsets head, face, face_with_ears and eyes, and the dense landmarks_191 and landmarks_445 in the
    order of the official loader: parts by the names of their files, each part's groups as they are stored.
    """
    names = tuple(f"flame_indices/{name}.npy" for name in _SUBSETS.values())
    static = _static_folder(folder, names)
    content = _read(static, {name: static / "flame_indices" / f"{file}.npy" for name, file in _SUBSETS.items()})
    dense = {name: _dense(static / "face_keypoints" / file) for name, file in _DENSE.items()}
    return replace(content, subsets={**content.subsets, **dense})


def _static_folder(folder: Path, further: tuple[str, ...]) -> Path:
    static = folder / _STATIC if (folder / _STATIC).is_dir() else folder
    names = (_TRIANGLES, _CONTOUR_LANDMARKS, _INNER_LANDMARKS, _Z5, *further)
    if missing := [name for name in names if not (static / name).is_file()]:
        raise ValueError(
            f"{folder}: expected a checkout of DAD-3DHeads or its folder {_STATIC.as_posix()}, without "
            f"{', '.join(missing)}; git clone https://github.com/PinataFarms/DAD-3DHeads and give its folder"
        )
    return static


def _read(static: Path, subsets: Mapping[str, Path]) -> FlameStatic:
    path = static / _TRIANGLES
    triangles = _indices(load_tensor(path).numpy(), (None, 3), FLAME_VERTICES, str(path))
    contour = _embedding(static / _CONTOUR_LANDMARKS, load_object_array, (None, _CONTOUR), len(triangles))
    inner = _embedding(static / _INNER_LANDMARKS, load_pickle, (_INNER,), len(triangles))
    return FlameStatic(
        triangles=triangles,
        landmark_triangles=np.concatenate((contour[0][0], inner[0])),  # row 0 of the contour is zero pose
        landmark_weights=np.concatenate((contour[1][0], inner[1])),
        subsets={name: _subset(file) for name, file in {"z5": static / _Z5, **subsets}.items()},
    )


def _dense(folder: Path) -> np.ndarray:
    """The vertices of a folder of dense landmarks: each file holds a dict of groups of indices."""
    files = sorted(path for path in folder.glob("*.npy") if path.stem != _NOT_DENSE)
    if not files:
        raise ValueError(f"{folder}: expected the dense landmarks' .npy files, found none; clone DAD-3DHeads again")
    groups: list[np.ndarray] = []
    for path in files:
        content = load_object_array(path)
        part = content[()] if content.shape == () else None
        if not isinstance(part, dict):
            raise ValueError(
                f"{path}: expected a dict of groups of indices, got {type(content).__name__}; clone it again"
            )
        for name, values in part.items():
            where = f"{path}: {name}"
            groups.append(_indices(_as_array(values, where).ravel(), (None,), FLAME_VERTICES, where))
    return np.concatenate(groups)


def _subset(path: Path) -> np.ndarray:
    return _indices(load_object_array(path), (None,), FLAME_VERTICES, str(path))


def _embedding(
    path: Path, load: Callable[[Path], Any], shape: tuple[int | None, ...], triangles: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points on the surface as a file stores them: triangle indices of the given shape, and (*shape, 3) weights."""
    content = load(path)
    if isinstance(content, np.ndarray) and content.shape == ():
        content = content[()]
    fields = vars(content) if isinstance(content, Struct) else content
    names = ("lmk_face_idx", "lmk_b_coords")
    if not isinstance(fields, dict) or not set(names) <= fields.keys():
        raise ValueError(
            f"{path}: expected {' and '.join(names)}, got {type(content).__name__}; clone DAD-3DHeads again"
        )
    indices = _indices(_as_array(fields[names[0]], f"{path}: {names[0]}"), shape, triangles, f"{path}: {names[0]}")
    weights = _as_array(fields[names[1]], f"{path}: {names[1]}").astype(np.float64)
    if weights.shape != (*indices.shape, 3) or not np.allclose(weights.sum(axis=-1), 1, atol=1e-3):
        raise ValueError(
            f"{path}: {names[1]}: expected barycentric weights of shape {(*indices.shape, 3)} that sum to 1, got "
            f"{weights.shape}; clone DAD-3DHeads again"
        )
    return indices, weights


def _as_array(values: Any, where: str) -> np.ndarray:
    """An array, or lists of arrays, such as Python 2 left them."""
    try:
        check_count(values)
        array = np.array(values)
    except (ValueError, TypeError, OverflowError):  # rows of different lengths
        array = np.array(None)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{where}: expected numbers, got {type(values).__name__}; clone DAD-3DHeads again")
    return array


def _indices(array: np.ndarray, shape: tuple[int | None, ...], count: int, where: str) -> np.ndarray:
    """int64, after checking the shape (None: any, but not 0) and that each is in 0..count-1."""
    fits = array.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, array.shape, strict=True))
    if not fits or not array.size or array.dtype.kind not in "iu":
        shown = " × ".join("n" if side is None else str(side) for side in shape)
        raise ValueError(f"{where}: expected {shown} indices, got {array.shape} {array.dtype}; clone DAD-3DHeads again")
    if not 0 <= array.min() <= array.max() < count:
        raise ValueError(f"{where}: expected indices in 0..{count - 1}, got {array.min()}..{array.max()}")
    return array.astype(np.int64)
