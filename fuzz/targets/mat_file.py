"""MATLAB's files of AFLW2000-3D."""

import io
import struct
from pathlib import Path

import numpy as np
from scipy.io import savemat

from fuzz.targets.photograph import tiny_jpeg
from trans3dhead.data.annotated_photographs import read_aflw2000


def seeds() -> list[bytes]:
    """A head as the data set has it, deflated too, with other arrays, and one in the other order of bytes."""
    points = np.arange(204, dtype=np.float32).reshape(3, 68)
    fields = {"pt3d_68": points, "Pose_Para": np.ones((1, 7), np.float32)}
    files = []
    for more, packed in (({}, False), ({}, True), ({"roi": np.array([[1, 2]], np.uint16), "words": "text"}, False)):
        file = io.BytesIO()
        savemat(file, fields | more, do_compression=packed)
        files.append(file.getvalue())
    return [*files, _big_endian(fields)]


def _big_endian(fields: dict[str, np.ndarray]) -> bytes:
    """Arrays of float32 in the other order of bytes, which scipy does not write."""
    content = b"by hand".ljust(124) + b"\x01\x00MI"
    for name, array in fields.items():
        parts = struct.pack(">4I", 6, 8, 7, 0) + struct.pack(">II2i", 5, 8, *array.shape)
        parts += struct.pack(">II", 1, len(name)) + name.encode() + bytes(-len(name) % 8)
        numbers = array.astype(">f4").tobytes("F")
        parts += struct.pack(">II", 7, len(numbers)) + numbers + bytes(-len(numbers) % 8)
        content += struct.pack(">II", 14, len(parts)) + parts
    return content


def read(data: bytes, folder: Path) -> None:
    """As `evaluate aflw2000` reads a folder of one head."""
    (folder / "a.mat").write_bytes(data)
    (folder / "a.jpg").write_bytes(tiny_jpeg())
    read_aflw2000(folder)
