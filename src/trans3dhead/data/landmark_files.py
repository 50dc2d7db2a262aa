"""Landmarks of many heads in one NumPy file, such as points that somebody annotated again."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trans3dhead.reading.array_files import read_arrays

_SHAPE = (68, 2)
_EXPECTED = "expected an .npz with ids (N,) and landmarks (N, 68, 2), written by numpy.savez without objects"


def read_landmark_file(path: Path, heads: Sequence[str]) -> dict[str, np.ndarray]:
    """An .npz with `ids` (N,) and `landmarks` (N, 68, 2) -> id -> (68, 2) float64 pixels, of those of `heads` it has.

    (0, 0) is the corner of the top-left pixel. Nothing in the file is unpickled. Raises ValueError for any other file,
    and for one with none of the heads.
    """
    arrays = _arrays(path)
    missing = [name for name in ("ids", "landmarks") if name not in arrays]
    if missing:
        has = ", ".join(arrays) or "nothing"
        raise ValueError(f"{path}: {_EXPECTED}; it lacks {' and '.join(missing)} and has {has}")
    _check(path, arrays["ids"], arrays["landmarks"])
    points = dict(zip(arrays["ids"].tolist(), arrays["landmarks"].astype(np.float64), strict=True))
    found = {name: points[name] for name in heads if name in points}
    if heads and not found:
        raise ValueError(
            f"{path}: expected points of heads such as {heads[0]!r}, got those of {len(points):,} others, such as "
            f"{next(iter(points))!r}; an id is the name of a photograph without its suffix"
        )
    return found


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """What an .npz holds; ValueError where it is none, or has objects, which only a pickle could hold."""
    if not path.is_file():  # a pipe could be waited for without an end
        raise FileNotFoundError(f"{path}: no such file")
    try:
        return read_arrays(path)
    except ValueError as error:
        raise ValueError(f"{path}: {_EXPECTED}; got something else ({error})") from error


def _check(path: Path, ids: np.ndarray, landmarks: np.ndarray) -> None:
    """Raise ValueError unless there are 68 finite points for each of the ids, and each id is there once."""
    if ids.ndim != 1 or ids.dtype.kind != "U" or not len(ids):
        raise ValueError(f"{path}: ids: expected a word for each head, (N,), got shape {ids.shape} of {ids.dtype}")
    expected = (len(ids), *_SHAPE)
    if landmarks.shape != expected or landmarks.dtype.kind not in "fiu":
        given = f"shape {landmarks.shape} of {landmarks.dtype}"
        raise ValueError(f"{path}: landmarks: expected numbers of shape {expected}, got {given}")
    names, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        raise ValueError(f"{path}: ids: expected each head once, got {names[counts > 1][0]} more than once")
    bad = ids[~np.isfinite(landmarks).all(axis=(1, 2))]
    if len(bad):
        raise ValueError(f"{path}: landmarks: expected finite numbers, those of {bad[0]} are not")
