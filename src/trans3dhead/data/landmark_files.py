"""Landmarks of many heads in one NumPy file, such as points that somebody annotated again."""

import zipfile
from pathlib import Path

import numpy as np

_SHAPE = (68, 2)
_EXPECTED = "expected an .npz of ids (N,) and landmarks (N, 68, 2), written by numpy.savez without pickles"


def read_landmark_file(path: Path) -> dict[str, np.ndarray]:
    """An .npz with `ids` (N,) and `landmarks` (N, 68, 2) -> id -> (68, 2) float64 pixels.

    (0, 0) is the corner of the top-left pixel. Nothing in the file is unpickled. Raises ValueError for any other file.
    """
    arrays = _arrays(path)
    missing = [name for name in ("ids", "landmarks") if name not in arrays]
    if missing:
        has = ", ".join(arrays) or "nothing"
        raise ValueError(f"{path}: {_EXPECTED}, it lacks {' and '.join(missing)} and has {has}")
    ids, landmarks = arrays["ids"], arrays["landmarks"]
    if ids.ndim != 1 or ids.dtype.kind != "U" or not len(ids):
        raise ValueError(f"{path}: ids: expected a word for each head, (N,), got {ids.shape} of {ids.dtype}")
    if landmarks.shape != (len(ids), *_SHAPE) or landmarks.dtype.kind not in "fiu":
        given = f"{landmarks.shape} of {landmarks.dtype}"
        raise ValueError(f"{path}: landmarks: expected numbers of shape {(len(ids), *_SHAPE)}, as ids are, got {given}")
    names, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        raise ValueError(f"{path}: ids: expected each head once, got {names[counts > 1][0]} more than once")
    bad = ids[~np.isfinite(landmarks).all(axis=(1, 2))]
    if len(bad):
        raise ValueError(f"{path}: landmarks: expected finite numbers, those of {bad[0]} are not")
    return dict(zip(ids.tolist(), landmarks.astype(np.float64), strict=True))


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """What an .npz holds; ValueError where it is none, or has objects, which only a pickle could hold."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("a single array")
            return {name: file[name] for name in file.files}
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: {_EXPECTED}, got something else ({error})") from error
