"""The header of a .safetensors file, checked against the file before any of its tensors is read.

The format: eight bytes with the length of the header, little-endian, the header in JSON, then the tensors.
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec

from trans3dhead.reading.checked_json import Size, read_json

LARGEST_FILE = 8 << 30  # bytes
_LONGEST_HEADER = 16 << 20  # bytes
_MOST_DIMENSIONS = 8
_MOST_TENSORS = 1 << 16
_REMEDY = "download or make the file again"
_BYTES = {  # of one number
    **dict.fromkeys(("BOOL", "U8", "I8"), 1),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 2),
    **dict.fromkeys(("U32", "I32", "F32"), 4),
    **dict.fromkeys(("U64", "I64", "F64"), 8),
}
DTYPES = tuple(_BYTES)
NUMPY_DTYPES = tuple(name for name in _BYTES if name != "BF16")

_Offset = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_FILE)]


@dataclass(frozen=True)
class StoredTensor:
    """One tensor, as the header describes it."""

    dtype: str  # one of DTYPES
    shape: tuple[Size, ...]
    data_offsets: tuple[_Offset, _Offset]  # begin and end, bytes after the header


@dataclass(frozen=True)
class Header:
    """All that a .safetensors file says before its tensors."""

    begin: int  # bytes of the file before the tensors
    tensors: dict[str, StoredTensor]
    metadata: dict[str, str] = field(default_factory=dict)


def read_header(path: Path, dtypes: Collection[str] = DTYPES) -> Header:
    """The header of a .safetensors file; reads no tensor.

    dtypes: what the tensors may be. Raises ValueError for a header that is damaged, that has tensors of other types, or
    whose tensors do not fill the file exactly; OSError where the file cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file, or not a regular one; give a .safetensors file")
    size = path.stat().st_size
    with path.open("rb") as file:
        begin = 8 + int.from_bytes(file.read(8), "little")
        if not 8 + len("{}") <= begin <= min(size, 8 + _LONGEST_HEADER):
            most = max(min(size - 8, _LONGEST_HEADER), 2)
            raise ValueError(
                f"{path}: not a readable .safetensors file: expected a header of 2 to {most} bytes, got {begin - 8}; "
                f"{_REMEDY}"
            )
        if size > LARGEST_FILE:
            raise ValueError(f"{path}: expected at most {LARGEST_FILE} bytes, got {size}; {_REMEDY}")
        text = file.read(begin - 8)
    metadata, tensors = _parsed(text, f"{path}: header")
    for name, tensor in tensors.items():
        _check_tensor(tensor, f"{path}: {name!r:.100}", dtypes)
    _check_filled(tensors.values(), size - begin, path)
    return Header(begin, tensors, metadata)


def _parsed(text: bytes, where: str) -> tuple[dict[str, str], dict[str, StoredTensor]]:
    entries = read_json(text, dict[str, msgspec.Raw], where, remedy=_REMEDY)
    metadata = bytes(entries.pop("__metadata__", msgspec.Raw(b"{}")))
    if len(entries) > _MOST_TENSORS:
        raise ValueError(f"{where}: expected at most {_MOST_TENSORS} tensors, got {len(entries)}; {_REMEDY}")
    return read_json(metadata, dict[str, str], f"{where}: __metadata__", remedy=_REMEDY), {
        name: read_json(bytes(entry), StoredTensor, f"{where}: {name!r:.100}", closed=True, remedy=_REMEDY)
        for name, entry in entries.items()
    }


def _check_tensor(tensor: StoredTensor, where: str, dtypes: Collection[str]) -> None:
    if tensor.dtype not in dtypes or tensor.dtype not in _BYTES:
        raise ValueError(f"{where}: expected numbers of {', '.join(dtypes)}, got {tensor.dtype!r:.20}; {_REMEDY}")
    if len(tensor.shape) > _MOST_DIMENSIONS:
        raise ValueError(f"{where}: expected at most {_MOST_DIMENSIONS} dimensions, got {len(tensor.shape)}; {_REMEDY}")
    begin, end = tensor.data_offsets
    if (needed := math.prod(tensor.shape) * _BYTES[tensor.dtype]) != end - begin:
        raise ValueError(
            f"{where}: expected {needed} bytes for the shape {tensor.shape} of {tensor.dtype}, got {end - begin}; "
            f"{_REMEDY}"
        )


def _check_filled(tensors: Iterable[StoredTensor], size: int, path: Path) -> None:
    """The tensors must lie one after the other and fill the file, so that none is longer than what there is."""
    last = 0
    for begin, end in sorted(tensor.data_offsets for tensor in tensors):
        if begin != last:
            raise ValueError(f"{path}: expected a tensor to begin at byte {last}, got {begin}; {_REMEDY}")
        last = end
    if last != size:
        raise ValueError(f"{path}: expected {last} bytes of tensors as its header says, got {size}; {_REMEDY}")
