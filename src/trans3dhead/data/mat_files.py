"""MATLAB's files of level 5, arrays of numbers alone: what `save` writes unless it is told `-v7.3`.

The format is that of "MAT-File Format" by The MathWorks: after 128 bytes of header come elements, each a type, a
length and content. An array is an element of parts: flags, dimensions, name, real part, imaginary part.

Every length is held against what there is of the file before anything is read or made of it.
"""

import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

_HEADER = 128  # bytes; the last two say the order of bytes, the two before them the version
_ORDERS = {b"IM": "<", b"MI": ">"}
_LEVEL_5 = 0x0100
_DEFLATED, _ARRAY = 15, 14  # types of elements
_INT32, _UINT32, _INT8, _UTF8 = 5, 6, 1, 16
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_COMPLEX = 0x0800  # of an array's flags
_MOST_DIMENSIONS = 32
_MOST_BYTES = 64 << 20  # of one array's element, inflated


class _DamagedError(ValueError):
    """The file does not keep to its format."""


def read_mat(path: Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """Read the arrays called `names` from a .mat file, those that it has: in MATLAB's type, of two dimensions at least.

    They are copies of their own, in the machine's order of bytes. Arrays of other names are passed over. Raises
    ValueError for what is no MATLAB file of level 5, for a damaged one, for an array of more than 64 MB, and where one
    of `names` holds no real numbers (text, cells, structures, complex or sparse ones); FileNotFoundError where there
    is no file.
    """
    if not path.is_file():  # a pipe could be waited for without an end
        raise FileNotFoundError(f"{path}: no such file")
    found: dict[str, np.ndarray] = {}
    try:
        content = path.read_bytes()
        order = _order(content)
        for element in _elements(memoryview(content)[_HEADER:], order):
            array = _array(element, order, names)
            if array is not None:
                found[array[0]] = array[1]
    except _DamagedError as error:
        raise ValueError(f"{path}: expected a MATLAB file, got something unreadable ({error})") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return found


@dataclass(frozen=True)
class _Element:
    type: int
    content: memoryview


def _order(content: bytes) -> str:
    """The order of a file's bytes, as NumPy writes it."""
    order = _ORDERS.get(content[_HEADER - 2 : _HEADER])
    if order is None:
        raise _DamagedError("its header does not say the order of bytes")
    version = _integers(memoryview(content)[_HEADER - 4 : _HEADER - 2], order, "u2")[0]
    if version != _LEVEL_5:
        raise _DamagedError(f"version {version:#06x}; save it by MATLAB's save with -v7")
    return order


def _elements(content: memoryview, order: str) -> Iterator[_Element]:
    """The elements that lie one behind the other, each beginning at a multiple of eight bytes."""
    while len(content):
        if len(content) < 8:
            raise _DamagedError("it ends within the start of an element")
        kind, length = _integers(content[:8], order, "u4")
        if kind >> 16:  # a small one: type and length in four bytes, the content in the next four
            kind, length, start, end = kind & 0xFFFF, kind >> 16, 4, 8
        else:
            start, end = 8, 8 + length + (-length % 8 if kind != _DEFLATED else 0)
        if length > min(len(content), end) - start:
            raise _DamagedError(f"an element of {length} bytes is cut off")
        yield _Element(kind, content[start : start + length])
        content = content[end:]


def _array(element: _Element, order: str, names: Collection[str]) -> tuple[str, np.ndarray] | None:
    """Name and numbers of an element, if it is one of the arrays that are asked for."""
    if element.type == _DEFLATED:
        element = _inflated(element.content, order)
    if element.type != _ARRAY:
        return None
    parts = _elements(element.content, order)
    flags = _integers(_part(parts, _UINT32, "flags").content, order, "u4")
    shape = _integers(_part(parts, _INT32, "dimensions").content, order, "i4")
    name = bytes(_part(parts, _INT8, "name").content).decode("latin1")
    if name not in names:
        return None
    if len(flags) != 2 or not 2 <= len(shape) <= _MOST_DIMENSIONS or min(shape) < 0:
        raise _DamagedError(f"{name}: the flags {flags} and the dimensions {shape[:_MOST_DIMENSIONS]}")
    kind = _CLASSES.get(flags[0] & 0xFF)
    if kind is None or flags[0] & _COMPLEX:
        raise ValueError(f"{name}: expected real numbers in a full array, got MATLAB's class {flags[0] & 0xFF}")
    return name, _numbers(_part(parts, None, "numbers"), order, kind, shape, name)


def _part(parts: Iterator[_Element], kind: int | None, what: str) -> _Element:
    """The next part of an array; kind: its type, None for any."""
    part = next(parts, None)
    if part is None or (kind is not None and part.type != kind):
        raise _DamagedError(f"an array without {what}")
    return part


def _numbers(part: _Element, order: str, kind: str, shape: tuple[int, ...], name: str) -> np.ndarray:
    """The real part, which MATLAB stores in a smaller type where its values allow it."""
    stored = _NUMBERS.get(part.type)
    if stored is None:
        raise _DamagedError(f"{name}: numbers of the unknown type {part.type}")
    dtype = np.dtype(order + stored)
    if len(part.content) != prod(shape) * dtype.itemsize:
        raise _DamagedError(f"{name}: {len(part.content)} bytes for an array of shape {shape}")
    with np.errstate(invalid="ignore", over="ignore"):  # of numbers that its type does not have
        return np.frombuffer(part.content, dtype).astype(kind).reshape(shape, order="F")


def _inflated(content: memoryview, order: str) -> _Element:
    """The one element in a deflated one."""
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(content, _MOST_BYTES)
    except zlib.error as error:
        raise _DamagedError(f"an element cannot be inflated: {error}") from error
    if inflater.unconsumed_tail or not inflater.eof:
        raise _DamagedError(f"an element is cut off, or of more than {_MOST_BYTES >> 20} MB")
    element = next(_elements(memoryview(inflated), order), None)
    if element is None or element.type == _DEFLATED:
        raise _DamagedError("a deflated element that holds no array")
    return element


def _integers(content: memoryview, order: str, kind: str) -> tuple[int, ...]:
    dtype = np.dtype(order + kind)
    if len(content) % dtype.itemsize:
        raise _DamagedError(f"{len(content)} bytes of integers of {dtype.itemsize}")
    return tuple(np.frombuffer(content, dtype).tolist())
