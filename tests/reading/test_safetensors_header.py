"""Headers of .safetensors files, against the package that writes them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from trans3dhead.reading import safetensors_header
from trans3dhead.reading.safetensors_header import NUMPY_DTYPES, Header, StoredTensor, read_header

in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
ARRAYS = {"a": np.zeros((2, 3), np.float32), "b": np.ones(4, np.int64), "none": np.zeros((0, 5), np.float16)}


def written(folder: Path, header: Any, tensors: bytes = b"") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    (folder / "file.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + tensors)
    return folder / "file.safetensors"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "file.safetensors").write_bytes(save(ARRAYS, {"k": "v"}))
    return tmp_path / "file.safetensors"


def test_what_the_package_writes(path: Path):
    header = read_header(path)
    assert header.metadata == {"k": "v"}
    content = path.read_bytes()
    for name, array in ARRAYS.items():
        begin, end = (header.begin + offset for offset in header.tensors[name].data_offsets)
        assert header.tensors[name].shape == array.shape
        assert content[begin:end] == array.tobytes()


@in_one_folder
@given(st.data())
def test_a_damaged_file_is_a_value_error_or_what_the_package_reads(path: Path, data: st.DataObject):
    content = bytearray(save(ARRAYS, {"k": "v"}))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))])
    try:
        header = read_header(path)
    except ValueError:
        return
    assert sum(end - begin for begin, end in (t.data_offsets for t in header.tensors.values())) == 56


def entry(dtype: Any = "F32", shape: Any = (1,), data_offsets: Any = (0, 4), **more: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": data_offsets, **more}


FAULTS: list[tuple[Any, str]] = [
    ({"a": entry("F8_E4M3", data_offsets=(0, 1))}, "'a': expected numbers of BOOL, .*, got 'F8_E4M3'"),
    ({"a": entry("BF16", data_offsets=(0, 2))}, "'a': expected numbers of BOOL, .*, got 'BF16'"),
    ({"a": entry(shape=(2,))}, r"'a': expected 8 bytes for the shape \(2,\) of F32, got 4"),
    ({"a": entry(shape=(2**31 - 1,) * 8)}, "'a': expected [0-9]+ bytes"),
    ({"a": entry(shape=(2**31,))}, r"'a': \$\.shape\[0\]: expected `int` <= 2147483647"),
    ({"a": entry(shape=(-1,))}, r"'a': \$\.shape\[0\]: expected `int` >= 0"),
    ({"a": entry(shape=(1,) * 9)}, "'a': expected at most 8 dimensions, got 9"),
    ({"a": entry(shape=None)}, r"'a': \$\.shape: expected `array`, got `null`"),
    ({"a": entry(dtype=[])}, r"'a': \$\.dtype: expected `str`, got `array`"),
    ({"a": entry(data_offsets=(4, 0))}, "'a': expected 4 bytes for the shape .*, got -4"),
    ({"a": entry(data_offsets=(0, 10**15))}, r"'a': \$\.data_offsets\[1\]: expected `int` <= "),
    ({"a": entry(data_offsets=(4, 8))}, "expected a tensor to begin at byte 0, got 4"),
    ({"a": entry(), "b": entry()}, "expected a tensor to begin at byte 4, got 0"),
    ({"a": entry(shape=(2,), data_offsets=(0, 8))}, "expected 8 bytes of tensors as its header says, got 4"),
    ({}, "expected 0 bytes of tensors as its header says, got 4"),
    ({"a": entry(code="x")}, r"'a': \$\.code: expected only known keys"),
    ({"a": entry(), "__metadata__": {"k": 1}}, r"__metadata__: \$\[...\]: expected `str`, got `int`"),
    ([], r"header: \$: expected `object`, got `array`"),
    (b'{"a": ' + 100_000 * b"[", r"header: \$: expected flat JSON"),
    (b"\x80\x04", r"header: \$: expected JSON in UTF-8"),
]


@pytest.mark.parametrize(("header", "message"), FAULTS, ids=[message[:40] for _, message in FAULTS])
def test_a_fault_is_named(tmp_path: Path, header: Any, message: str):
    with pytest.raises(ValueError, match=message):
        read_header(written(tmp_path, header, bytes(4)), NUMPY_DTYPES)


def test_a_header_longer_than_its_file_is_not_read(tmp_path: Path):
    path = tmp_path / "file.safetensors"
    path.write_bytes((1 << 60).to_bytes(8, "little") + b"{}")
    with pytest.raises(ValueError, match="expected a header of 2 to 2 bytes, got 1152921504606846976"):
        read_header(path)
    path.write_bytes(b"{}")
    with pytest.raises(ValueError, match=r"not a readable \.safetensors file"):
        read_header(path)
    for length in (1, 11):
        path.write_bytes(length.to_bytes(8, "little") + b"{}".ljust(10))
        with pytest.raises(ValueError, match=f"expected a header of 2 to 10 bytes, got {length}"):
            read_header(path)


def test_the_shortest_file_is_one_of_no_tensors(tmp_path: Path):
    assert read_header(written(tmp_path, {})) == Header(10, {}, {})


def test_a_tensor_of_eight_dimensions_is_read(tmp_path: Path):
    path = written(tmp_path, {"a": entry("BF16", (1,) * 8, (0, 2))}, bytes(2))
    assert read_header(path).tensors["a"] == StoredTensor("BF16", (1,) * 8, (0, 2))


def test_types_without_a_known_size_are_refused_whoever_asks_for_them(tmp_path: Path):
    path = written(tmp_path, {"a": entry("F8_E4M3", (1,), (0, 1))}, bytes(1))
    with pytest.raises(ValueError, match="'a': expected numbers of F8_E4M3, got 'F8_E4M3'"):
        read_header(path, ["F8_E4M3"])


@pytest.mark.parametrize(
    ("size", "dtypes"), [(1, "BOOL U8 I8"), (2, "U16 I16 F16 BF16"), (4, "U32 I32 F32"), (8, "U64 I64 F64")]
)
def test_numbers_take_the_bytes_of_their_type(tmp_path: Path, size: int, dtypes: str):
    for dtype in dtypes.split():
        assert read_header(written(tmp_path, {"a": entry(dtype, (3,), (0, 3 * size))}, bytes(3 * size))).tensors


def test_limits_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = written(tmp_path, {"a": entry(), "b": entry(data_offsets=(4, 8))}, bytes(8))
    monkeypatch.setattr(safetensors_header, "_MOST_TENSORS", 2)
    monkeypatch.setattr(safetensors_header, "LARGEST_FILE", path.stat().st_size)
    monkeypatch.setattr(safetensors_header, "_LONGEST_HEADER", path.stat().st_size - 16)
    assert len(read_header(path).tensors) == 2
    monkeypatch.setattr(safetensors_header, "_LONGEST_HEADER", path.stat().st_size - 17)
    with pytest.raises(ValueError, match=rf"expected a header of 2 to {path.stat().st_size - 17} bytes, got"):
        read_header(path)
    monkeypatch.undo()
    monkeypatch.setattr(safetensors_header, "_MOST_TENSORS", 1)
    with pytest.raises(ValueError, match="expected at most 1 tensors, got 2"):
        read_header(path)
    monkeypatch.setattr(safetensors_header, "LARGEST_FILE", 7)
    with pytest.raises(ValueError, match="expected at most 7 bytes, got"):
        read_header(path)


def test_what_is_no_regular_file(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="no such file, or not a regular one"):
        read_header(tmp_path)
