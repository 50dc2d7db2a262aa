"""FLAME's own pickle and the index files of a DAD-3DHeads checkout become one head model file.

FLAME: T. Li, T. Bolkart, M. J. Black, H. Li, J. Romero, "Learning a model of facial shape and expression from 4D
scans", SIGGRAPH Asia 2017. The versions 2020, 2023 and 2023 Open store the same arrays under the same names.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trans3dhead.head_model.file_format import write_head_model
from trans3dhead.head_model.flame.pickles import load_pickle
from trans3dhead.head_model.flame.stand_ins import Struct, check_count
from trans3dhead.head_model.flame.static import FLAME_VERTICES, FlameStatic, read_flame_static
from trans3dhead.head_model.flame.symmetry import mirror_of
from trans3dhead.head_model.metadata import HeadModelMetadata

JOINTS = ("root", "neck", "jaw", "left_eye", "right_eye")
MOST_SHAPE, MOST_EXPRESSION = 300, 100  # FLAME's shapedirs hold the shape components first
_JAW = JOINTS.index("jaw")
_ORIGIN = (0.0, 0.0, 0.05)  # metres: DAD-3DHeads moves FLAME's vertices by it before it turns the head
_ROWS_SUM = 1e-4  # by which a row of weights or of the joint regressor may miss one


@dataclass(frozen=True, eq=False)
class FlameArrays:
    """What FLAME's pickle holds, checked; V vertices, F triangles, J = 5 joints. Metres, FLAME's own origin."""

    template: np.ndarray  # (V, 3) float64
    triangles: np.ndarray  # (F, 3) int64
    bases: np.ndarray  # (V, 3, 400) float64: shape components, then expression components
    pose_correctives: np.ndarray  # (V, 3, 9 (J - 1)) float64
    joint_regressor: np.ndarray  # (J, V) float64
    parents: np.ndarray  # (J,) int64, -1 for the root
    skinning_weights: np.ndarray  # (V, J) float64


def convert_flame(
    source: Path,
    static: Path,
    output: Path,
    shape: int = MOST_SHAPE,
    expression: int = MOST_EXPRESSION,
    jaw: bool = True,
) -> HeadModelMetadata:
    """Write `output`, a head model file, and return what it says about itself.

    source: FLAME's generic_model.pkl or flame2023*.pkl; static: a DAD-3DHeads checkout or its folder
    model_training/model/static; shape, expression: how many components to keep; jaw: whether the parameters hold the
    jaw's rotation. 300 + 100 with the jaw make 413 parameters, 100 + 50 without 160, 40 + 10 without 60.

    Raises ValueError that names the file and the array at fault. Nothing that the pickle names is executed.
    """
    _check_count("shape", shape, MOST_SHAPE)
    _check_count("expression", expression, MOST_EXPRESSION)
    flame, indices = read_flame(source), read_flame_static(static)
    _check_same_mesh(flame, indices, source, static)
    metadata = HeadModelMetadata(
        name="flame"
        if (shape, expression, jaw) == (MOST_SHAPE, MOST_EXPRESSION, True)
        else f"flame_{shape}_{expression}",
        licence="that of your copy of FLAME (flame.is.tue.mpg.de); subsets and landmarks: CC BY-NC-SA 4.0",
        source=f"{source.name} of FLAME; index files of DAD-3DHeads",
        source_version="2020, 2023 or 2023 Open: the file does not say",
        joint_names=JOINTS,
        jaw_joint=_JAW if jaw else None,
        notes={"origin": f"FLAME's, moved by {_ORIGIN} metres as DAD-3DHeads does"},
    )
    write_head_model(output, metadata, _arrays(flame, indices, shape, expression))
    return metadata


def read_flame(path: Path) -> FlameArrays:
    """FLAME's pickle as plain arrays. Raises ValueError that names what is missing or has another shape."""
    content = load_pickle(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected FLAME's dict of arrays, got {type(content).__name__}")
    vertices, joints = FLAME_VERTICES, len(JOINTS)
    tree = _array(content, "kintree_table", (2, joints), path)
    flame = FlameArrays(
        template=_array(content, "v_template", (vertices, 3), path),
        triangles=_array(content, "f", (None, 3), path).astype(np.int64),
        bases=_array(content, "shapedirs", (vertices, 3, MOST_SHAPE + MOST_EXPRESSION), path),
        pose_correctives=_array(content, "posedirs", (vertices, 3, 9 * (joints - 1)), path),
        joint_regressor=_array(content, "J_regressor", (joints, vertices), path),
        parents=np.concatenate(([-1], tree[0, 1:])).astype(np.int64),  # the root's is 2³² - 1 or -1
        skinning_weights=_array(content, "weights", (vertices, joints), path),
    )
    for name, rows in (("weights", flame.skinning_weights), ("J_regressor", flame.joint_regressor)):
        worst = float(np.abs(rows.sum(axis=1) - 1.0).max())
        if worst > _ROWS_SUM:
            raise ValueError(f"{path}: {name}: expected rows that sum to 1, one misses it by {worst:.2g}")
    if not 0 <= flame.triangles.min() <= flame.triangles.max() < vertices:
        raise ValueError(f"{path}: f: expected indices in 0..{vertices - 1}, got others")
    return flame


def _array(content: dict[str, Any], name: str, shape: tuple[int | None, ...], path: Path) -> np.ndarray:
    """float64 from a numpy, chumpy or sparse array, after checking its shape (None: any)."""
    if name not in content:
        raise ValueError(
            f"{path}: missing array {name!r}; is it FLAME's own .pkl? It holds {sorted(map(str, content))[:20]}"
        )
    value = content[name]
    dense = value if isinstance(value, Struct) or not hasattr(value, "toarray") else value.toarray()
    try:
        check_count(dense)
        array = np.asarray(dense, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{path}: {name}: expected numbers, got {type(dense).__name__} ({error})") from error
    fits = array.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, array.shape, strict=True))
    if not fits or not array.size:
        shown = " × ".join("n" if side is None else str(side) for side in shape)
        raise ValueError(f"{path}: {name}: expected {shown}, got {' × '.join(map(str, array.shape)) or 'a number'}")
    if not np.isfinite(array).all():
        raise ValueError(f"{path}: {name}: expected finite numbers, got {int((~np.isfinite(array)).sum())} others")
    return array


def _check_count(name: str, count: int, most: int) -> None:
    if not 1 <= count <= most:
        raise ValueError(f"{name}: expected 1 to {most} components, got {count}")


def _check_same_mesh(flame: FlameArrays, indices: FlameStatic, source: Path, static: Path) -> None:
    if flame.triangles.shape != indices.triangles.shape or (flame.triangles != indices.triangles).any():
        raise ValueError(
            f"{source}: its {len(flame.triangles)} triangles are not the {len(indices.triangles)} of {static}; the "
            "landmarks and subsets there belong to another mesh. Take FLAME's generic head model"
        )


def _arrays(flame: FlameArrays, indices: FlameStatic, shape: int, expression: int) -> dict[str, np.ndarray]:
    """The arrays of the head model file, float32 where they are not indices."""
    bases = np.moveaxis(flame.bases, -1, 0)
    arrays = {
        "template": flame.template + _ORIGIN,
        "shape_basis": bases[:shape],
        "expression_basis": bases[MOST_SHAPE : MOST_SHAPE + expression],
        "pose_correctives": np.moveaxis(flame.pose_correctives, -1, 0),
        "joint_regressor": flame.joint_regressor,
        "skinning_weights": flame.skinning_weights,
        "landmark_weights": indices.landmark_weights,
    }
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    arrays |= {"triangles": flame.triangles, "parents": flame.parents, "landmark_triangles": indices.landmark_triangles}
    arrays |= {f"subset_{name}": subset for name, subset in indices.subsets.items()}
    mirror = mirror_of(flame.template, flame.triangles)
    return arrays if mirror is None else arrays | {"mirror": mirror}
