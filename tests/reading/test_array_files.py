"""NumPy's files against NumPy, which writes them; the sizes that are refused are in the tests of their readers."""

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.extra import numpy as arrays_of

from trans3dhead.reading import array_files
from trans3dhead.reading.array_files import read_array, read_arrays

NUMBERS = arrays_of.boolean_dtypes() | arrays_of.integer_dtypes() | arrays_of.floating_dtypes()
TYPES = NUMBERS | arrays_of.complex_number_dtypes() | arrays_of.unicode_string_dtypes() | arrays_of.byte_string_dtypes()
ARRAYS = TYPES.flatmap(lambda kind: arrays_of.arrays(kind, arrays_of.array_shapes(min_dims=0, min_side=0, max_side=4)))


def same(read: np.ndarray, expected: np.ndarray) -> None:
    assert (read.dtype, read.shape) == (expected.dtype, expected.shape)
    assert read.flags.writeable
    np.testing.assert_array_equal(read, expected)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # of busy machines
@given(array=ARRAYS)
def test_what_numpy_saves_comes_back(array):
    for one in (array, np.asfortranarray(array)):
        file = io.BytesIO()
        np.save(file, one)
        same(read_array(file.getvalue()), one)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_comes_back_by_its_names(tmp_path, save):
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b.c": np.array(["x", "yz"]), "empty": np.zeros((0, 2))}
    save(tmp_path / "a.npz", **arrays)
    read = read_arrays(tmp_path / "a.npz")
    assert list(read) == list(arrays)
    for name, array in arrays.items():
        same(read[name], array)


def test_what_is_no_archive_of_arrays_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    with pytest.raises(FileNotFoundError):
        read_arrays(path)
    for content in (b"", b"PK\x03\x04 and no more"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"expected an \.npz of numbers and text, got something else \("):
            read_arrays(path)
    np.savez(path, a=np.zeros(3), b=np.zeros(4))  # with 128 bytes of header each
    monkeypatch.setattr(array_files, "MOST_BYTES", 2 * 128 + 7 * 8)
    assert list(read_arrays(path)) == ["a", "b"]
    monkeypatch.setattr(array_files, "MOST_BYTES", 2 * 128 + 7 * 8 - 1)
    with pytest.raises(ValueError, match="312 bytes of arrays, where 311 are the most"):
        read_arrays(path)


@pytest.mark.parametrize("array", [np.array([None]), np.zeros(2, dtype=[("a", "f4")]), np.zeros(2, dtype="M8[s]")])
def test_objects_records_and_dates_are_refused(array):
    file = io.BytesIO()
    np.save(file, array)
    with pytest.raises(ValueError, match="neither numbers nor text"):
        read_array(file.getvalue())


@pytest.mark.parametrize("order", "<>")
def test_letters_that_there_are_not_are_refused(order):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": f"{order}U1", "fortran_order": False, "shape": (2,)})
    right = file.getvalue() + np.array([97, 0x10FFFF], f"{order}u4").tobytes()
    assert read_array(right).tolist() == ["a", chr(0x10FFFF)]
    with pytest.raises(ValueError, match="letters that there are not"):
        read_array(file.getvalue() + np.array([97, 0x110000], f"{order}u4").tobytes())


def test_texts_without_letters_are_no_way_to_a_large_array():
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|S0", "fortran_order": False, "shape": (10**10,)})
    with pytest.raises(ValueError, match="neither numbers nor text"):
        read_array(file.getvalue())


def written(shape: tuple[object, ...], numbers: bytes, version: tuple[int, int] = (1, 0)) -> bytes:
    """An .npy whose header says the shape, of numbers of 64 bits."""
    file = io.BytesIO()
    writer = {(1, 0): np.lib.format.write_array_header_1_0, (2, 0): np.lib.format.write_array_header_2_0}[version]
    writer(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return file.getvalue() + numbers


@pytest.mark.parametrize("shape", [(-2, -3), (True, 6), (7,), (5,), (6, 2), ()])
def test_a_shape_that_its_bytes_do_not_fill_is_refused(shape):
    with pytest.raises(ValueError, match=r"48 bytes for an array of float64 and the shape \("):
        read_array(written(shape, bytes(48)))


def test_both_versions_of_the_header_are_read_and_no_later_one():
    for version in ((1, 0), (2, 0)):
        same(read_array(written((2, 3), np.arange(6.0).tobytes(), version)), np.arange(6.0).reshape(2, 3))
    later = written((2, 3), bytes(48), (2, 0)).replace(b"NUMPY\x02", b"NUMPY\x03", 1)
    with pytest.raises(ValueError, match=r"no header of an \.npy"):
        read_array(later)


@pytest.mark.parametrize("content", [b"", b"gone", b"\x93NUMPY\x07\0", b"\x93NUMPY\x01\0\x06\0{'a': "])
def test_other_bytes_are_refused(content):
    with pytest.raises(ValueError, match=r"no header of an \.npy"):
        read_array(content)
