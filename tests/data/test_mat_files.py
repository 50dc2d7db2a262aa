"""MATLAB's files against scipy, which reads and writes them too; damaged ones, and those of the reference data."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from scipy.io import loadmat, savemat
from scipy.sparse import csc_matrix

from trans3dhead.data.mat_files import read_mat

TYPES = st.sampled_from(["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
SHAPES = arrays_of.array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=5)
ARRAYS = TYPES.flatmap(lambda kind: arrays_of.arrays(kind, SHAPES))
CODES = {"i1": (1, 8), "u1": (2, 9), "i2": (3, 10), "u2": (4, 11), "i4": (5, 12), "u4": (6, 13), "f4": (7, 7)}
CODES |= {"f8": (9, 6), "i8": (12, 14), "u8": (13, 15)}  # by MATLAB's type of an element and class of an array


def equal(read: np.ndarray, expected: np.ndarray) -> None:
    assert (read.dtype, read.shape) == (expected.dtype, expected.shape)
    assert read.dtype.isnative
    assert read.flags.writeable
    np.testing.assert_array_equal(read, expected)


@given(first=ARRAYS, second=ARRAYS, packed=st.booleans())
def test_what_scipy_writes_comes_back(tmp_path_factory, first, second, packed):
    path = tmp_path_factory.mktemp("mat") / "a.mat"
    savemat(path, {"a": first, "passed_over": second, "words": "text", "b_": second}, do_compression=packed)
    content = read_mat(path, ["a", "b_", "missing"])
    assert set(content) == {"a", "b_"}
    equal(content["a"], first)
    equal(content["b_"], second)


def element(order: str, kind: int, content: bytes, small: bool = False) -> bytes:
    if small and len(content) <= 4:
        return struct.pack(order + "I", len(content) << 16 | kind) + content.ljust(4, b"\0")
    return struct.pack(order + "II", kind, len(content)) + content + bytes(-len(content) % 8)


def header(order: str, version: int = 0x0100) -> bytes:
    return b"by hand".ljust(124) + struct.pack(order + "H", version) + {"<": b"IM", ">": b"MI"}[order]


def matrix(order: str, array: np.ndarray, stored: str, name: bytes = b"a", flags: int = 0) -> bytes:
    """An array's element, its numbers stored in the type `stored`."""
    kind, _ = CODES[stored]
    _, of_array = CODES[array.dtype.str[1:]]
    parts = element(order, 6, struct.pack(order + "II", of_array | flags, 0))
    parts += element(order, 5, struct.pack(f"{order}{array.ndim}i", *array.shape))
    parts += element(order, 1, name, small=True)
    return element(order, 14, parts + element(order, kind, array.astype(order + stored).tobytes("F"), small=True))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("stored", CODES)
@settings(max_examples=10)
@given(kind=TYPES, shape=SHAPES, seed=st.integers(0, 99))
def test_both_orders_of_bytes_and_numbers_stored_in_smaller_types(
    tmp_path_factory, order, packed, stored, kind, shape, seed
):
    array = np.random.default_rng(seed).integers(0, 100, shape).astype(kind)
    body = matrix(order, array, stored)
    if packed:
        deflated = zlib.compress(body)
        body = struct.pack(order + "II", 15, len(deflated)) + deflated
    path = tmp_path_factory.mktemp("mat") / "a.mat"
    path.write_bytes(header(order) + body)
    equal(read_mat(path, ["a"])["a"], array)
    np.testing.assert_array_equal(loadmat(path)["a"], array)  # what was written by hand is a MATLAB file


def saved(**arrays: object) -> bytes:
    file = io.BytesIO()
    savemat(file, arrays)
    return file.getvalue()


def array_of(flags: bytes = struct.pack("<II", 6, 0), sides: bytes = struct.pack("<ii", 1, 1)) -> bytes:
    """An array `a` of the one number 0, but for its flags and sides."""
    parts = element("<", 6, flags) + element("<", 5, sides) + element("<", 1, b"a", small=True)
    return element("<", 14, parts + element("<", 9, bytes(8)))


def deflated(content: bytes) -> bytes:
    packed = zlib.compress(content)
    return struct.pack("<II", 15, len(packed)) + packed


ONE = np.arange(6.0).reshape(2, 3)
BOMB = zlib.compress(bytes(80 << 20))
DAMAGED = {
    "empty": (b"", "order of bytes"),
    "text": (b"gone" * 99, "order of bytes"),
    "level 7.3": (header("<", 0x0200) + bytes(8), r"version 0x0200; save it by MATLAB's save with -v7"),
    "a cut start": (saved(a=ONE)[:130], "ends within the start"),
    "a cut array": (saved(a=ONE)[:-8], "is cut off"),
    "an endless length": (header("<") + struct.pack("<II", 14, 2**32 - 1), "is cut off"),
    "a small element of many bytes": (header("<") + struct.pack("<II", 99 << 16 | 14, 0), "is cut off"),
    "a bomb": (header("<") + struct.pack("<II", 15, len(BOMB)) + BOMB, "more than 64 MB"),
    "nothing deflated": (header("<") + struct.pack("<II", 15, 4) + b"gone", "cannot be inflated"),
    "a cut deflated one": (header("<") + struct.pack("<II", 15, 4) + zlib.compress(bytes(99))[:4], "is cut off, or"),
    "no parts": (header("<") + element("<", 14, b""), "without flags"),
    "wider than its numbers": (
        saved(a=ONE).replace(struct.pack("<ii", 2, 3), struct.pack("<ii", 2, 2**30)),
        "48 bytes",
    ),
    "a negative side": (saved(a=ONE).replace(struct.pack("<ii", 2, 3), struct.pack("<ii", -2, -3)), "dimensions"),
    "one flag": (header("<") + array_of(flags=struct.pack("<I", 6)), r"a: the flags \(6,\) and the dim"),
    "three flags": (
        header("<") + array_of(flags=struct.pack("<III", 6, 0, 0)),
        r"a: the flags \(6, 0, 0\) and the dim",
    ),
    "one side": (header("<") + array_of(sides=struct.pack("<i", 1)), r"the dimensions \(1,\)"),
    "33 sides": (header("<") + array_of(sides=struct.pack("<33i", *[1] * 33)), r"the dimensions \((1, ){31}1\)"),
    "half a side": (header("<") + array_of(sides=bytes(7)), "7 bytes of integers of 4"),
    "sides for flags": (header("<") + element("<", 14, element("<", 5, bytes(8))), "without flags"),
    "flags for sides": (header("<") + element("<", 14, 2 * element("<", 6, bytes(8))), "without dimensions"),
    "sides for a name": (
        header("<") + element("<", 14, element("<", 6, bytes(8)) + 2 * element("<", 5, bytes(8))),
        "without name",
    ),
    "an array deflated twice": (header("<") + deflated(deflated(array_of())), "holds no array"),
    "nothing, deflated": (header("<") + deflated(b""), "holds no array"),
    "an unknown type": (saved(a=ONE).replace(struct.pack("<II", 9, 48), struct.pack("<II", 8, 48)), "unknown type 8"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_refused(tmp_path, name):
    content, words = DAMAGED[name]
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.mat: expected a MATLAB file, got something unreadable \(.*{words}"):
        read_mat(tmp_path / "a.mat", ["a"])


def test_what_the_format_just_admits(tmp_path):
    (tmp_path / "a.mat").write_bytes(header("<") + array_of(sides=struct.pack("<32i", *[1] * 32)))
    equal(read_mat(tmp_path / "a.mat", ["a"])["a"], np.zeros((1,) * 32))
    (tmp_path / "a.mat").write_bytes(header("<") + array_of() + struct.pack("<II", 2, 0))  # an element without content
    equal(read_mat(tmp_path / "a.mat", ["a"])["a"], np.zeros((1, 1)))
    (tmp_path / "a.mat").write_bytes(saved(a=np.array([[True, False]])))  # MATLAB's logical: bytes with a flag
    equal(read_mat(tmp_path / "a.mat", ["a"])["a"], np.array([[1, 0]], np.uint8))


@pytest.mark.parametrize("value", ["text", {"b": 1}, [[1, "x"]], ONE + 1j, csc_matrix(ONE)])
def test_an_array_of_something_else_than_real_numbers_is_refused(tmp_path, value):
    content = np.array(value, dtype=object) if isinstance(value, list) else value
    (tmp_path / "a.mat").write_bytes(saved(a=content))
    with pytest.raises(ValueError, match=r"a\.mat: a: expected real numbers in a full array, got MATLAB's class \d"):
        read_mat(tmp_path / "a.mat", ["a"])
    assert read_mat(tmp_path / "a.mat", ["b"]) == {}


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.mat")
    for name in ("gone.mat", "pipe.mat"):
        with pytest.raises(FileNotFoundError, match=name):
            read_mat(tmp_path / name, ["a"])


def test_files_of_aflw2000_are_read_as_scipy_reads_them(shared: Path):
    names = ("pt3d_68", "Pose_Para", "Illum_Para", "roi", "Exp_Para")
    for path in sorted((shared / "aflw2000_development").glob("*.mat"))[::25]:
        content, expected = read_mat(path, names), loadmat(path, variable_names=names)
        assert set(content) == set(names) & set(expected) >= {"pt3d_68", "Pose_Para"}
        for name, array in content.items():
            equal(array, expected[name])
