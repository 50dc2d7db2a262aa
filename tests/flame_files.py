"""FLAME's pickle as random arrays, and the index files of a DAD-3DHeads checkout, of a mesh with four triangles."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import sparse

VERTICES, JOINTS = 5023, 5
RANDOM = np.random.default_rng(0)
TRIANGLES = np.array([[0, 1, 2], [1, 2, 3], [5022, 3, 4], [2, 3, 5]], dtype=np.int32)
CONTOUR = RANDOM.integers(0, 4, size=(5, 17))
CONTOUR_WEIGHTS = RANDOM.dirichlet(np.ones(3), size=(5, 17))
INNER = RANDOM.integers(0, 4, size=51).astype(np.uint32)
INNER_WEIGHTS = RANDOM.dirichlet(np.ones(3), size=51)


def write_contour(folder: Path, **changes: Any) -> None:
    """As the checkout has it: an array without dimension that holds a dict of lists of arrays."""
    array = np.empty((), dtype=object)
    array[()] = {"lmk_face_idx": list(CONTOUR), "lmk_b_coords": list(CONTOUR_WEIGHTS)} | changes
    np.save(folder / "flame_dynamic_embedding.npy", array)


def write_inner(folder: Path, content: Any = None, **changes: Any) -> None:
    usual = {"lmk_face_idx": INNER, "lmk_b_coords": INNER_WEIGHTS} | changes
    (folder / "flame_static_embedding.pkl").write_bytes(pickle.dumps(usual if content is None else content, 2))


def write_checkout(root: Path) -> Path:
    """All index files under root / "DAD-3DHeads"; returns their folder."""
    folder = root / "DAD-3DHeads" / "model_training" / "model" / "static"
    (folder / "flame_indices").mkdir(parents=True)
    torch.save(torch.from_numpy(TRIANGLES), folder / "flame_mesh_faces.pt")
    write_contour(folder)
    write_inner(folder)
    np.save(folder / "head_indices.npy", np.array([0, 2, 4, 5022], dtype=np.int32))
    for number, name in enumerate(("face", "head", "face_w_ears", "eyeballs")):
        np.save(folder / "flame_indices" / f"{name}.npy", np.array([2, 4, *range(5, 5 + number)]))
    for count in (191, 445):
        dense = folder / "face_keypoints" / f"keypoints_{count}"
        dense.mkdir(parents=True)
        for number, part in enumerate(("brows", "cheeks", "lips")):
            array = np.empty((), dtype=object)
            array[()] = {"upper": np.arange(3) + 10 * number, "lower": np.arange(2) + 50}
            np.save(dense / f"{part}.npy", array)
    return folder


def flame_arrays(seed: int = 0, triangles: np.ndarray = TRIANGLES) -> dict[str, Any]:
    """Random arrays as FLAME's pickle holds them."""
    random = np.random.default_rng(seed)
    weights = random.random((VERTICES, JOINTS)) ** 4
    regressor = random.random((JOINTS, VERTICES)) * (random.random((JOINTS, VERTICES)) < 0.02)
    regressor /= regressor.sum(axis=1, keepdims=True)
    template = random.normal(size=(VERTICES, 3)) / 10
    return {
        "v_template": template,
        "f": triangles.astype(np.uint32),
        "shapedirs": random.normal(size=(VERTICES, 3, 400)) / 1000,
        "posedirs": random.normal(size=(VERTICES, 3, 36)) / 1000,
        "J_regressor": sparse.csc_matrix(regressor),
        "J": regressor @ template,
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], dtype=np.uint32),
        "weights": weights / weights.sum(axis=1, keepdims=True),
        "bs_type": "lrotmin",
        "bs_style": "lbs",
    }
