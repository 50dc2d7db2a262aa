"""Landmarks of many heads in an .npz."""

import io
from pathlib import Path

import numpy as np

from trans3dhead.data.landmark_files import read_landmark_file


def seeds() -> list[bytes]:
    """Two heads, stored and deflated, and one head in other types."""
    points = np.arange(272, dtype=np.float32).reshape(2, 68, 2)
    files = []
    for save, arrays in (
        (np.savez, {"ids": np.array(["a", "b"]), "landmarks": points}),
        (np.savez_compressed, {"ids": np.array(["a", "b"]), "landmarks": points}),
        (np.savez, {"ids": np.array(["a"]), "landmarks": points[:1].astype(">i2")}),
    ):
        file = io.BytesIO()
        save(file, **arrays)  # type: ignore[arg-type]
        files.append(file.getvalue())
    return files


def read(data: bytes, folder: Path) -> None:
    """As `evaluate --points` reads them."""
    path = folder / "points.npz"
    path.write_bytes(data)
    read_landmark_file(path, ["a", "b"])
