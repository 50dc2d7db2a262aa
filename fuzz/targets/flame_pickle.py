"""Pickles of FLAME, and the .npy files of objects beside it."""

import io
import pickle
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from trans3dhead.head_model.flame.convert import read_flame
from trans3dhead.head_model.flame.pickles import load_object_array, load_pickle


def seeds() -> list[bytes]:
    """The kinds of content of such files in old and new protocols, a chumpy array, and two .npy files."""
    content: dict[str, Any] = {
        "v_template": np.arange(6.0).reshape(2, 3),
        "f": np.array([[0, 1, 2]], dtype=np.uint32),
        "J_regressor": sparse.csc_matrix(np.eye(2)),
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], dtype=">u4"),
        "bs_type": "lrotmin",
        "names": [("a", np.float32(2.5)), {1, 2}, b"\xff", None],
    }
    files = [pickle.dumps(content, protocol) for protocol in (0, 2, 4, 5)]
    files.append(pickle.dumps([sparse.coo_matrix(np.eye(2)), sparse.csr_matrix(np.eye(2))], 2))
    state = b"}(U\x01x" + pickle.dumps(np.arange(3.0), 2)[2:-1] + b"U\x0b_dirty_vars]u"
    files.append(b"\x80\x02cchumpy.ch\nCh\n)\x81" + state + b"b.")
    objects = np.empty((), dtype=object)
    objects[()] = {"lmk_face_idx": [np.arange(2), np.arange(3)]}
    for array in (objects, np.arange(6.0).reshape(2, 3)):
        file = io.BytesIO()
        np.save(file, array)
        files.append(file.getvalue())
    return files


def read(data: bytes, folder: Path) -> None:
    """As `convert flame` reads them; what comes is made to arrays, where it is chumpy's."""
    path = folder / "flame.pkl"
    path.write_bytes(data)
    if data[:6] == b"\x93NUMPY":
        load_object_array(path)
        return
    content = load_pickle(path)
    with suppress(ValueError):  # of what is too small to be FLAME
        read_flame(path)
    for value in content.values() if isinstance(content, dict) else [content]:
        if hasattr(value, "__array__"):
            np.asarray(value)
