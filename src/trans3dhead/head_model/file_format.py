"""The head model file: one .safetensors with arrays and a JSON block, for any parametric head.

Arrays (V vertices, F triangles, S shape and E expression components, J joints, T texture coordinates):

    template (V, 3), triangles (F, 3), shape_basis (S, V, 3), expression_basis (E, V, 3)
    landmark_triangles (68,), landmark_weights (68, 3)                   the 68 points, Multi-PIE order
    subset_head (n,)                                                     vertex indices: head boxes and losses
    optional: subset_<name> (n,), such as face (benchmarks), eyes and mouth (losses, colours)
    optional: uvs (T, 2) with uv_triangles (F, 3)
    optional: mirror (V,), and with it shape_mirror (S,), expression_mirror (E,)   see `HeadModel`
    optional: joint_regressor (J, V), parents (J,), skinning_weights (V, J), pose_correctives (9 (J - 1), V, 3)
    optional: base_mesh_vertices (V,)                                    index of each vertex in the source's mesh

Bases may be float16 on disk; they are float32 once read.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from trans3dhead.files import write_atomically
from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.head_model.metadata import HeadModelMetadata
from trans3dhead.reading.safetensors_header import NUMPY_DTYPES, read_header

FORMAT = "trans3dhead head model 1"
LANDMARKS = 68
_SUBSET = "subset_"
_SUBSET_NAME = re.compile(rf"{_SUBSET}[A-Za-z0-9_]+")
_MOST = (1 << 31) - 1  # of integers that index something outside of the file
_LARGEST = 1e4  # of any number: metres or weights, whose sums then stay far within float32
_FLOATS = {
    "template": "V 3",
    "shape_basis": "S V 3",
    "expression_basis": "E V 3",
    "landmark_weights": "68 3",
    "uvs": "T 2",
    "joint_regressor": "J V",
    "skinning_weights": "V J",
    "pose_correctives": "C V 3",
}
# Each array of integers, its shape and what its values index (None: not an index).
_INTEGERS: dict[str, tuple[str, str | None]] = {
    "triangles": ("F 3", "V"),
    "landmark_triangles": ("68", "F"),
    "uv_triangles": ("F 3", "T"),
    "mirror": ("V", "V"),
    "shape_mirror": ("S", None),
    "expression_mirror": ("E", "E"),
    "parents": ("J", None),
    "base_mesh_vertices": ("V", None),
}
_REQUIRED = (
    "template",
    "triangles",
    "shape_basis",
    "expression_basis",
    "landmark_triangles",
    "landmark_weights",
    "subset_head",
)
_TOGETHER = (
    ("uvs", "uv_triangles"),
    ("shape_mirror", "expression_mirror"),
    ("joint_regressor", "parents", "skinning_weights"),
)
# What gives a parameter vector its meaning; landmarks, subsets and triangles may be refined without a new hash.
_GEOMETRY = (
    "template",
    "shape_basis",
    "expression_basis",
    "pose_correctives",
    "joint_regressor",
    "parents",
    "skinning_weights",
)


@dataclass(frozen=True)
class HeadModelFile:
    """The content of a head model file, checked. Arrays are float32 and int64, by the names of the module's table."""

    metadata: HeadModelMetadata
    arrays: Mapping[str, np.ndarray]
    geometry_hash: str

    @property
    def subsets(self) -> dict[str, np.ndarray]:
        """Vertex indices by the name of the subset."""
        return {name.removeprefix(_SUBSET): a for name, a in self.arrays.items() if name.startswith(_SUBSET)}

    @property
    def layout(self) -> ParametersLayout:
        """What a parameter vector of this head consists of."""
        jaw = 0 if self.metadata.jaw_joint is None else 3
        return ParametersLayout(len(self.arrays["shape_basis"]), len(self.arrays["expression_basis"]), jaw)

    def completed(self) -> dict[str, np.ndarray]:
        """The arrays, and an empty one for each optional array that the file lacks, but for mirrors and subsets."""
        vertices = len(self.arrays["template"])
        empty: dict[str, np.ndarray] = {
            "uvs": np.zeros((0, 2), np.float32),
            "uv_triangles": np.zeros((0, 3), np.int64),
            "joint_regressor": np.zeros((0, vertices), np.float32),
            "parents": np.zeros(0, np.int64),
            "skinning_weights": np.zeros((vertices, 0), np.float32),
            "pose_correctives": np.zeros((0, vertices, 3), np.float32),
            "base_mesh_vertices": np.zeros(0, np.int64),
        }
        return empty | dict(self.arrays)


def write_head_model(path: Path, metadata: HeadModelMetadata, arrays: Mapping[str, np.ndarray]) -> None:
    """Check the arrays as a reader would and write the file. Floating-point arrays keep their width."""
    _check(metadata, arrays, str(path))
    compact = {name: np.ascontiguousarray(_narrow(name, array)) for name, array in arrays.items()}
    write_atomically(path, save(compact, metadata={"format": FORMAT, "head_model": metadata.to_json()}))


def read_head_model(path: Path) -> HeadModelFile:
    """Read and check a head model file.

    Raises ValueError that names the array or key at fault, FileNotFoundError where there is no file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such head model file; `trans3dhead convert` makes one")
    header = read_header(path, NUMPY_DTYPES)
    if header.metadata.get("format") != FORMAT:
        raise ValueError(
            f"{path}: expected a file of the format '{FORMAT}', its header says "
            f"{header.metadata.get('format')!r:.60}; make one with `trans3dhead convert`"
        )
    metadata = HeadModelMetadata.from_json(header.metadata.get("head_model", "{}"), f"{path}: metadata")
    try:
        with safe_open(path, framework="numpy") as file:
            stored = {name: file.get_tensor(name) for name in header.tensors}
    except SafetensorError as error:
        raise ValueError(f"{path}: not a readable .safetensors file ({error}); convert or download it again") from error
    _check(metadata, stored, str(path))
    return HeadModelFile(metadata, {n: _widen(a) for n, a in stored.items()}, geometry_hash(stored))


def geometry_hash(arrays: Mapping[str, np.ndarray]) -> str:
    """sha256 over the arrays that give parameters their meaning, as float32: landmarks and subsets do not count."""
    digest = hashlib.sha256()
    for name in _GEOMETRY:
        if name in arrays:
            array = np.ascontiguousarray(_widen(arrays[name]))
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()


def _widen(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32 if array.dtype.kind == "f" else np.int64)


def _narrow(name: str, array: np.ndarray) -> np.ndarray:
    """Indices as int32, signs as int8; floats as they are."""
    if array.dtype.kind == "f":
        return array
    return array.astype(np.int8 if name == "shape_mirror" else np.int32)


def _check(metadata: HeadModelMetadata, arrays: Mapping[str, np.ndarray], where: str) -> None:
    _check_names(arrays, where)
    sizes: dict[str, int] = {}
    for name, array in arrays.items():
        _check_shape(name, array, sizes, where)
    for name, array in arrays.items():
        _check_values(name, array, sizes, where)
    _check_metadata(metadata, arrays, sizes, where)


def _check_names(arrays: Mapping[str, np.ndarray], where: str) -> None:
    known = set(_FLOATS) | set(_INTEGERS)
    if missing := [name for name in _REQUIRED if name not in arrays]:
        raise ValueError(f"{where}: missing arrays {missing}; the file is not a complete head model")
    if unknown := [name for name in arrays if name not in known and not _SUBSET_NAME.fullmatch(name)]:
        raise ValueError(f"{where}: unknown arrays {unknown}; known: {sorted(known)} and {_SUBSET}<name>")
    for group in _TOGETHER:
        present = [name for name in group if name in arrays]
        if present and len(present) < len(group):
            raise ValueError(f"{where}: {present} without {sorted(set(group) - set(present))}; they go together")


def _check_shape(name: str, array: np.ndarray, sizes: dict[str, int], where: str) -> None:
    """The dimensions named by letters must agree across arrays; the first array seen sets each letter."""
    spec = _FLOATS.get(name) or _INTEGERS.get(name, ("n", "V"))[0]
    if array.dtype.kind != ("f" if name in _FLOATS else "i"):
        kind = "floats" if name in _FLOATS else "integers"
        raise ValueError(f"{where}: {name}: expected {kind}, got {array.dtype}")
    letters = spec.split()
    expected = [int(s) if s.isdigit() else sizes.get(s) if s != "n" else None for s in letters]
    fits = all(want in (None, got) for want, got in zip(expected, array.shape, strict=False))
    if array.ndim != len(letters) or not fits:
        sizes_of = zip(letters, expected, strict=True)
        shown = ", ".join(s if want is None or s.isdigit() else f"{s} = {want}" for s, want in sizes_of)
        raise ValueError(f"{where}: {name}: expected shape ({shown}), got {array.shape}")
    sizes.update({s: n for s, n in zip(letters, array.shape, strict=True) if not s.isdigit() and s != "n"})


def _check_values(name: str, array: np.ndarray, sizes: dict[str, int], where: str) -> None:
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise ValueError(f"{where}: {name}: expected finite numbers, got {int((~np.isfinite(array)).sum())} others")
        if array.size and np.abs(array).max() > _LARGEST:
            raise ValueError(
                f"{where}: {name}: expected numbers up to ±{_LARGEST:g}, got {np.abs(array).max():g}; give metres"
            )
        return
    low, high = _allowed(name, sizes)
    if name.startswith(_SUBSET) and not array.size:
        raise ValueError(f"{where}: {name}: expected one index or more, got none")
    if array.size and not low <= array.min() <= array.max() <= high:
        raise ValueError(f"{where}: {name}: expected indices in {low}..{high}, got {array.min()}..{array.max()}")
    if name == "shape_mirror" and (np.abs(array) != 1).any():
        raise ValueError(f"{where}: {name}: expected -1 and 1 alone")


def _allowed(name: str, sizes: dict[str, int]) -> tuple[int, int]:
    """The least and the largest integer that an array may hold."""
    indexed = "V" if name.startswith(_SUBSET) else _INTEGERS[name][1]
    if indexed:
        return 0, sizes[indexed] - 1
    return (0 if name == "base_mesh_vertices" else -1), _MOST


def _check_metadata(
    metadata: HeadModelMetadata, arrays: Mapping[str, np.ndarray], sizes: dict[str, int], where: str
) -> None:
    names, joints = metadata.expression_names, metadata.joint_names
    if names and len(names) != sizes["E"]:
        raise ValueError(f"{where}: expression_names: expected {sizes['E']} as in expression_basis, got {len(names)}")
    if len(joints) != sizes.get("J", 0):
        raise ValueError(f"{where}: joint_names: expected {sizes.get('J', 0)} as in parents, got {len(joints)}")
    if metadata.jaw_joint is not None and not 0 <= metadata.jaw_joint < len(joints):
        raise ValueError(f"{where}: jaw_joint: expected an index into {len(joints)} joints, got {metadata.jaw_joint}")
    if "pose_correctives" in arrays and sizes["C"] != 9 * (sizes.get("J", 0) - 1):
        raise ValueError(
            f"{where}: pose_correctives: expected 9 rows for each joint but the root ({9 * (sizes.get('J', 0) - 1)}), "
            f"got {sizes['C']}"
        )
    if "parents" in arrays:
        parents = arrays["parents"]
        if not len(parents) or parents[0] != -1 or any(not 0 <= p < i for i, p in enumerate(parents.tolist()) if i):
            raise ValueError(f"{where}: parents: expected -1 first and each parent before its child, got {parents}")
