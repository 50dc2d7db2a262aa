import collections
import io
import os
import pickle
import struct
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from trans3dhead.head_model.flame.pickles import load_object_array, load_pickle, load_tensor
from trans3dhead.head_model.flame.stand_ins import ADMITTED, ChumpyArray, StandIn, Struct

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


@pytest.fixture
def load(tmp_path: Path):
    def load(content: bytes) -> Any:
        (tmp_path / "a.pkl").write_bytes(content)
        return load_pickle(tmp_path / "a.pkl")

    return load


def same_arrays(first: Any, second: np.ndarray) -> None:
    assert type(first) is type(second)
    assert first.dtype == second.dtype
    assert first.shape == second.shape
    np.testing.assert_array_equal(first, second)


# What is data comes back


ARRAYS = {
    "floats": np.random.default_rng(0).normal(size=(3, 4)),
    "float32": np.arange(5, dtype=np.float32),
    "big-endian": np.arange(6, dtype=">i4").reshape(2, 3),
    "column by column": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "bool": np.array([True, False]),
    "uint32": np.array([[1, 2**31]], dtype=np.uint32),
    "complex": np.array([1 + 2j]),
    "text": np.array(["a", "äé", "xyz"]),
    "bytes": np.array([b"a", b"\xff\xfe"]),
    "empty": np.zeros((0, 3)),
    "no dimension": np.array(3.5),
    "objects": np.array([[{"a": 1}, None], [np.arange(3), "x"]], dtype=object)[:, ::-1],
    "objects column by column": np.asfortranarray(np.array([[1, "b", 3], [4, "e", None]], dtype=object)),
    "number": np.float32(2.5),
    "whole number": np.int64(-3),
    "truth": np.bool_(True),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_and_numbers_come_back_in_every_protocol(load, name, protocol):
    array = ARRAYS[name]
    read = load(pickle.dumps(array, protocol))
    if array.dtype != object:
        same_arrays(read, array)
    else:
        assert read.shape == array.shape
        for first, second in zip(read.flat, array.flat, strict=True):
            np.testing.assert_equal(first, second)


def test_arrays_can_be_written_to_and_stay_shared(load):
    array = np.arange(3.0)
    first, (second, third) = load(pickle.dumps([array, (array, {"k": array})]))
    first[0] = 7
    assert second[0] == third["k"][0] == 7


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_containers_come_back_in_every_protocol(load, protocol):
    content = {
        "list": [1, 2.5, None, True, "text", b"\x00\xff", b"", 10**30, -1],
        "tuple": ((), (1,), ("a", [2])),
        "set": {1, np.int64(2)},
        "frozenset": frozenset({"a", np.float32(0.5)}),
        np.int64(3): 1,
        "äé\n": {"nested": {}},
    }
    read = load(pickle.dumps(content, protocol))
    assert read == content
    assert type(read["frozenset"]) is frozenset


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_ordered_dict_keeps_its_order(load, protocol):
    content = collections.OrderedDict([("z", np.arange(2)), ("a", 1)])
    read = load(pickle.dumps(content, protocol))
    assert list(read) == ["z", "a"]
    same_arrays(read["z"], np.arange(2))


def test_what_holds_itself_comes_back(load):
    content: list[Any] = [1]
    content.append({"self": content})
    read = load(pickle.dumps(content))
    assert read[1]["self"] is read


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", ["csc_matrix", "csr_matrix", "coo_matrix"])
def test_sparse_matrices_come_back_in_every_protocol(load, kind, protocol):
    sparse = pytest.importorskip("scipy.sparse")
    dense = np.array([[0, 1.5, 0], [2, 0, 3]])
    matrix = getattr(sparse, kind)(dense)
    read = load(pickle.dumps({"J_regressor": matrix}, protocol))["J_regressor"]
    assert type(read) is type(matrix)
    np.testing.assert_array_equal(read.toarray(), dense)


def test_the_modules_of_older_numpy_and_scipy_are_known(load):
    sparse = pytest.importorskip("scipy.sparse")
    content = pickle.dumps([np.arange(3), np.float64(1), sparse.csc_matrix(np.eye(2))], 2)
    for new, old in ((b"numpy._core.", b"numpy.core."), (b"scipy.sparse._csc\n", b"scipy.sparse.csc\n")):
        content = content.replace(new, old) if new in content else content.replace(old, new)
    array, number, matrix = load(content)
    same_arrays(array, np.arange(3))
    assert number == 1
    np.testing.assert_array_equal(matrix.toarray(), np.eye(2))


# Python 2, by hand: its text is bytes, and so is the content of its arrays.


def python2_array(values: np.ndarray, dtype: bytes = b"") -> bytes:
    shape = b"(" + b"".join(b"K" + bytes([side]) for side in values.shape) + b"t"
    content = values.tobytes()
    return b"".join(
        (
            b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01",
            shape,
            b"cnumpy\ndtype\nU\x02" + (dtype or values.dtype.str[1:].encode()) + b"K\x00K\x01\x87R",
            b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb",
            b"\x89T" + struct.pack("<i", len(content)) + content + b"tb",
        )
    )


def test_a_pickle_of_python_2_is_read(load):
    values = np.random.default_rng(0).normal(size=(3, 2))
    assert any(byte > 127 for byte in values.tobytes())
    read = load(b"\x80\x02}(U\x01a" + python2_array(values) + b"U\x02\xe4\xe9K\x05u.")
    same_arrays(read["a"], values)
    assert list(read) == ["a", "äé"]  # text of Python 2 is latin1


def test_a_chumpy_array_keeps_its_state_and_gives_its_value(load):
    values = np.arange(6.0).reshape(2, 3)
    state = b"}(U\x01x" + python2_array(values) + b"U\x0b_dirty_varsc__builtin__\nset\n]\x85RU\x04_itrNu"
    old = b"ccopy_reg\n_reconstructor\n(cchumpy.ch\nCh\nc__builtin__\nobject\nNtR" + state + b"b."
    new = b"\x80\x02cchumpy.ch\nCh\n)\x81" + state + b"b."
    for content in (old, new):
        read = load(content)
        assert type(read) is ChumpyArray
        same_arrays(np.asarray(read), values)
        assert np.array(read, dtype=np.float32).dtype == np.float32
        same_arrays(np.array([read, read])[1], values)
        assert vars(read)["_dirty_vars"] == set()


def test_a_chumpy_array_that_is_computed_says_so(load):
    read = load(b"\x80\x02cchumpy.reordering\nSelect\n)\x81}(U\x01aNU\x04idxsNub.")
    with pytest.raises(ValueError, match=r"stores its value.*\['a', 'idxs'\]"):
        np.asarray(read)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_smplx_struct_keeps_its_state_as_attributes(load, protocol, monkeypatch):
    module = types.ModuleType("smplx.utils")
    module.Struct = type("Struct", (), {"__module__": "smplx.utils"})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "smplx", types.ModuleType("smplx"))
    monkeypatch.setitem(sys.modules, "smplx.utils", module)
    original = module.Struct()
    original.v_template, original.resolve, original.itself = np.eye(3), "kept", original
    read = load(pickle.dumps(original, protocol))
    assert type(read) is Struct
    same_arrays(read.v_template, np.eye(3))
    assert vars(read)["resolve"] == "kept"
    assert read.itself is read


# What is not data is refused


class Calls:
    """Pickled as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple:
        return self.call


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda mark: Calls(os.system, f"touch {mark}"), r"(posix|nt)\.system"),
        (lambda mark: Calls(eval, f"open({str(mark)!r}, 'w')"), r"(__builtin__|builtins)\.eval"),
        (lambda mark: Calls(open, str(mark), "w"), r"\w*io\.open"),
        (lambda mark: Calls(np.savetxt, str(mark), [1]), r"numpy\.savetxt|numpy\..*npyio.*\.savetxt"),
        (lambda mark: Calls(np.load, str(mark)), r"numpy.*\.load"),
        (lambda mark: Calls(getattr, "", "join"), r"(__builtin__|builtins)\.getattr"),
        (lambda mark: Calls(Path, str(mark)), r"pathlib"),
        (lambda mark: Calls(collections.defaultdict, list), r"collections\.defaultdict"),
        (lambda mark: np.ma.masked_array([1]), r"numpy\.ma\.\w+\._mareconstruct"),
    ],
)
def test_a_call_of_anything_else_is_refused_and_not_made(load, tmp_path, call, name, protocol):
    mark = tmp_path / "mark"
    content = pickle.dumps({"a": [call(mark)]}, protocol)
    with pytest.raises(ValueError, match=rf"a\.pkl: the pickle uses ({name}).*, which is not data; nothing of it was"):
        load(content)
    assert not mark.exists()
    if "touch" in str(content):
        pickle.loads(content)
        assert mark.exists()  # so it would have


def stacked(module: str, name: str) -> bytes:
    """A name as protocol 4 stores it, which may have dots in it."""
    return b"".join(b"\x8c" + bytes([len(text)]) + text.encode() for text in (module, name)) + b"\x93"


@pytest.mark.parametrize("dotted", ["ndarray.tofile", "dtype.__class__", "ndarray.__init__.__globals__"])
def test_nothing_is_reached_through_an_admitted_name(load, dotted):
    with pytest.raises(ValueError, match=rf"uses numpy\.{dotted}, which is not data"):
        load(b"\x80\x04" + stacked("numpy", dotted) + b".")


def test_nothing_is_reached_through_a_name_of_chumpy(load):
    with pytest.raises(ValueError, match=r"uses chumpy\.ch\.Ch\.__init__, which is not data"):
        load(b"\x80\x04" + stacked("chumpy.ch", "Ch.__init__") + b".")


@pytest.mark.parametrize("module", ["trans3dhead.head_model.flame.stand_ins", "chumpy.utils", "chumpy", "numpy.core"])
def test_near_names_are_not_admitted(load, module):
    with pytest.raises(ValueError, match=rf"uses {module}\.re"):
        load(f"c{module}\nre\n.".encode())


def test_an_admitted_name_is_never_the_thing_itself():
    fixed_by_python = {dict, object, set, frozenset}
    assert all(kind in fixed_by_python or issubclass(kind, StandIn) for kind in ADMITTED.values())


SMUGGLED = {
    "numpy.ndarray called": b"cnumpy\nndarray\nK\x05\x85R.",
    "numpy.ndarray made of nothing": b"cnumpy\nndarray\n)R.",
    "numpy.ndarray made": b"\x80\x02cnumpy\nndarray\nK\x05\x85\x81.",
    "another class of array": python2_array(np.arange(3)).replace(b"cnumpy\nndarray", b"c__builtin__\nset") + b".",
    "a class by copy_reg": b"ccopy_reg\n_reconstructor\nc__builtin__\nset\nc__builtin__\nobject\nN\x87R.",
    "state by copy_reg": b"ccopy_reg\n_reconstructor\ncchumpy.ch\nCh\nc__builtin__\nobject\nK\x05\x87R.",
    "a record": b"cnumpy\ndtype\nU\x02V8K\x00K\x01\x87R.",
    "a record by state": b"cnumpy\ndtype\nU\x02i8K\x00K\x01\x87R(K\x03U\x01<NU\x01a\x85}K\x08K\x08K\x00tb.",
    "a dtype in words": b"cnumpy\ndtype\nU\x0af8, (2)O, O\x85R.",
    "bytes in another encoding": b"c_codecs\nencode\nU\x03abcU\x05rot13\x86R.",
    "a long zero": b"c__builtin__\nbytes\nI99\n\x85R.",
    "a class changed": b"cchumpy.ch\nCh\nN}U\x09__array__K\x05s\x86b.",
    "a name changed": b"cnumpy.core.multiarray\nscalar\nN}U\x08__init__K\x05s\x86b.",
    "a class as an attribute": b"\x80\x02cchumpy.ch\nCh\n)\x81}U\x09__class__c__builtin__\nset\nsb.",
    "attributes past the state": b"\x80\x02cchumpy.ch\nCh\n)\x81N}U\x09__class__c__builtin__\nset\ns\x86b.",
    "an array without state": b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R.",
    "a number without dtype": b"cnumpy.core.multiarray\nscalar\nNU\x08abcdefgh\x86R.",
    "something persistent": b"P1\n.",
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_admitted_names_do_nothing_else_than_they_are_for(load, name):
    before = {kind: dict(vars(kind)) for kind in ADMITTED.values()}
    with pytest.raises(ValueError, match=r"a\.pkl: expected"):
        load(SMUGGLED[name])
    assert before == {kind: dict(vars(kind)) for kind in ADMITTED.values()}


@pytest.mark.parametrize("array", [np.arange(3.0), np.array([None, 1, "a"])])
@pytest.mark.parametrize("shape", [(4,), (2,), (2**62, 4), (-3,)])
def test_an_array_must_have_as_much_content_as_its_shape_says(load, array, shape):
    fine = pickle.dumps(array, 2)
    marker = b"K\x03\x85"  # the shape
    assert fine.count(marker) == 1
    with pytest.raises(ValueError, match=r"a\.pkl: expected (\d+ (bytes|objects) .* got another|.* a shape, got)"):
        load(fine.replace(marker, pickle.dumps(shape, 2)[2:-1]))


@pytest.mark.parametrize("content", [np.array([0x4141414141414141]), np.array([65], dtype=np.uint8)])
def test_bytes_do_not_pass_for_objects(load, content):
    """Numpy's own reader takes them for pointers where the dtype's flags, the last of its state, are zero."""
    with pytest.raises(ValueError, match="expected 1 objects in an array"):
        load(python2_array(content, dtype=b"O8") + b".")


def test_a_sparse_matrix_with_indices_out_of_range_is_refused(load):
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csc_matrix(np.eye(3))
    matrix.indices[1] = 1000
    with pytest.raises(ValueError, match=r"a\.pkl: .*ind"):
        load(pickle.dumps(matrix))


@pytest.mark.parametrize("content", [b"", b"not a pickle", pickle.dumps([np.arange(9)])[:40], b"\x80\x04]" + b"]a" * 9])
def test_what_is_no_pickle_is_named(load, content):
    with pytest.raises(ValueError, match=r"a\.pkl: expected a pickle"):
        load(content)


def test_what_is_nested_too_deep_is_an_error_and_no_crash(load):
    with pytest.raises(ValueError, match=r"a\.pkl: expected a pickle"):
        load(b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".")


@pytest.mark.parametrize(
    "content",
    [b"\x80\x02]r" + (2**30).to_bytes(4, "little") + b".", b"]p500000000\n.", b"\x80\x02]q\xf0."],
    ids=["binary", "text", "short"],
)
def test_a_number_that_asks_for_a_table_of_gigabytes_is_refused(load, content):
    with pytest.raises(ValueError, match=r"a\.pkl: expected objects to be numbered one after the other"):
        load(content)


def test_a_sparse_matrix_that_would_fill_the_memory_is_refused(load):
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(ValueError, match=r"at most 20,000,000 cells, got the shape \(2, 1000000000\)"):
        load(pickle.dumps(sparse.coo_matrix(([1.0], ([0], [1])), shape=(2, 10**9))))


@pytest.mark.parametrize("part", [0.5, np.zeros(10)])
def test_lists_that_are_short_in_a_file_and_endless_in_an_array_are_refused(load, part):
    for _ in range(9):
        part = [part] * 10
    array = b"\x80\x02cchumpy.ch\nCh\n)\x81}X\x01\0\0\0x" + pickle.dumps(part, 2)[2:-1] + b"sb."
    with pytest.raises(ValueError, match="got lists of more than 1,000,000 numbers"):
        np.asarray(load(array))


def test_an_npy_file_shorter_than_its_header_says_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6.0))
    content = (tmp_path / "a.npy").read_bytes().replace(b"(6,), }     ", b"(6000000000,), }", 1)
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.npy: expected an \.npy file.*bytes for an array"):
        load_object_array(tmp_path / "a.npy")


@pytest.mark.parametrize("reader", [load_pickle, load_object_array, load_tensor])
def test_a_file_that_is_not_there_is_named(tmp_path, reader):
    with pytest.raises(FileNotFoundError, match="gone"):
        reader(tmp_path / "gone")


# .npy


@pytest.mark.parametrize("content", [{"a": np.arange(3)}, [[1, 2], [3]], {"lmk": [np.arange(2), np.arange(3)]}])
def test_npy_files_of_objects_are_read(tmp_path, content):
    array = np.empty((), dtype=object)
    array[()] = content
    np.save(tmp_path / "a.npy", array)
    read = load_object_array(tmp_path / "a.npy")
    assert (read.shape, read.dtype) == ((), np.dtype(object))
    np.testing.assert_equal(read[()], content)


def test_npy_files_of_numbers_are_read_too(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6.0).reshape(2, 3))
    same_arrays(load_object_array(tmp_path / "a.npy"), np.arange(6.0).reshape(2, 3))


def test_a_call_in_an_npy_file_is_refused_and_not_made(tmp_path):
    mark = tmp_path / "mark"
    np.save(tmp_path / "a.npy", np.array([Calls(os.system, f"touch {mark}")], dtype=object))
    with pytest.raises(ValueError, match=r"a\.npy: the pickle uses \w+\.system"):
        load_object_array(tmp_path / "a.npy")
    assert not mark.exists()
    np.load(tmp_path / "a.npy", allow_pickle=True)
    assert mark.exists()  # so it would have


@pytest.mark.parametrize(
    "content", [b"", b"not numpy", b"\x93NUMPY\x01\x00\x10\x00{'descr': '|O', ", b"\x93NUMPY\x07\x00"]
)
def test_what_is_no_npy_file_is_named(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.npy: expected an \.npy file"):
        load_object_array(tmp_path / "a.npy")


def test_an_npy_file_of_records_with_objects_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(1, dtype=[("a", object)]))
    with pytest.raises(ValueError, match=r"a\.npy: expected an \.npy file.*neither numbers nor text"):
        load_object_array(tmp_path / "a.npy")


@pytest.mark.parametrize("content", [[1, 2], np.array([1.0, 2.0]), np.array([1, "a", None], dtype=object)])
def test_an_npy_file_whose_pickle_is_no_such_array_is_named(tmp_path, content):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|O", "fortran_order": False, "shape": (2,)})
    (tmp_path / "a.npy").write_bytes(buffer.getvalue() + pickle.dumps(content))
    with pytest.raises(ValueError, match=r"a\.npy: expected an array of objects of shape \(2,\)"):
        load_object_array(tmp_path / "a.npy")


# .pt


@pytest.mark.parametrize("zipped", [True, False])
def test_a_tensor_is_read(tmp_path, zipped):
    tensor = torch.arange(6).reshape(2, 3)
    torch.save(tensor, tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
    torch.testing.assert_close(load_tensor(tmp_path / "a.pt"), tensor)


def test_a_call_in_a_pt_file_is_refused_and_not_made(tmp_path):
    mark = tmp_path / "mark"
    torch.save(Calls(os.system, f"touch {mark}"), tmp_path / "a.pt")
    with pytest.raises(ValueError, match=r"a\.pt: expected a \.pt file with one tensor, got something else"):
        load_tensor(tmp_path / "a.pt")
    assert not mark.exists()


@pytest.mark.parametrize("content", [{"a": torch.zeros(1)}, [1]])
def test_a_pt_file_of_something_else_is_named(tmp_path, content):
    torch.save(content, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=rf"a\.pt: expected .* one tensor, got {type(content).__name__}"):
        load_tensor(tmp_path / "a.pt")


def test_what_is_no_pt_file_is_named(tmp_path):
    (tmp_path / "a.pt").write_bytes(b"gone")
    with pytest.raises(ValueError, match=r"a\.pt: expected a \.pt file"):
        load_tensor(tmp_path / "a.pt")
