"""NumPy's files, .npy and .npz, of strangers: sizes are checked before an array is made, nothing is unpickled."""

import io
import sys
import zipfile
from math import prod
from pathlib import Path

import numpy as np

MOST_BYTES = 256 << 20  # of what an .npz holds, inflated
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_KINDS = "biufcSU"  # of dtypes: numbers and text


def read_header(file: io.BufferedIOBase) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, order (True: by columns) and dtype at the start of an .npy. Raises ValueError for anything else."""
    try:
        return _HEADERS[np.lib.format.read_magic(file)](file)
    except Exception as error:  # a damaged header makes numpy raise nearly anything
        raise ValueError(f"no header of an .npy file ({error})") from error


def read_array(content: bytes) -> np.ndarray:
    """The bytes of an .npy -> its array of numbers or text. Raises ValueError for objects, records and other bytes."""
    file = io.BytesIO(content)
    shape, by_columns, dtype = read_header(file)
    if dtype.kind not in _KINDS or dtype.hasobject or not dtype.itemsize:
        raise ValueError(f"an array of {dtype}, which is neither numbers nor text")
    there = len(content) - file.tell()
    if not all(type(side) is int and side >= 0 for side in shape) or prod(shape) * dtype.itemsize != there:
        raise ValueError(f"{there:,} bytes for an array of {dtype} and the shape {str(shape)[:80]}")
    if not there:
        return np.zeros(shape, dtype)
    values = bytearray(file.read())
    if dtype.kind == "U" and np.frombuffer(values, f"{dtype.byteorder}u4").max() > sys.maxunicode:
        raise ValueError("text with letters that there are not")
    return np.frombuffer(values, dtype).reshape(shape, order="F" if by_columns else "C")


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz by name. Raises ValueError for anything else, and for more than 256 MB of them."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if size > MOST_BYTES:
                raise ValueError(f"{size:,} bytes of arrays, where {MOST_BYTES:,} are the most")
            return {member.filename.removesuffix(".npy"): read_array(archive.read(member)) for member in members}
    except OSError:
        raise
    except Exception as error:  # a damaged archive makes zipfile raise nearly anything
        raise ValueError(f"expected an .npz of numbers and text, got something else ({error})") from error
