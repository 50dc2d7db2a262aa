"""What a pickle may make when it is read as data: small classes that keep what they are given and do nothing.

numpy's own functions would not do: its dtypes believe the flags that a pickle gives them, so that plain bytes could
pass for pointers. So arrays are made here, once the whole file is read, after their sizes are checked.
"""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

Resolve = Callable[[Any], Any]

_DTYPE = re.compile(r"[<>=|]?(?:[biufcSU]\d*|\?|O[48]?)")
_MOST_CELLS = 20_000_000  # of a sparse matrix, which is made full; FLAME's regressor of joints has 25,115
_MOST_IN_LISTS = 1_000_000
_LATIN1 = ("latin1", "latin-1")


class NotDataError(ValueError):
    """The pickle holds something that is not data."""


def check_count(value: Any) -> None:
    """Raise NotDataError for lists in lists that as an array would have more than a million numbers.

    Lists that hold others many times over are short in a file and endless in an array.
    """
    open_, count = [value], 0
    while open_:
        part = open_.pop()
        count += part.size if isinstance(part, np.ndarray) and part is not value else 1
        more = part if isinstance(part, list | tuple) else ()
        if count + len(more) > _MOST_IN_LISTS:
            raise NotDataError(f"expected an array, got lists of more than {_MOST_IN_LISTS:,} numbers")
        open_.extend(more)


class StandIn:
    """Something that is not yet what it stands for.

    All have `__setstate__`: without it, a pickle could set attributes, even those of the class.
    """

    def __setstate__(self, state: Any) -> None:
        raise NotDataError(f"expected no state for a {type(self).__name__}, got {str(state)[:60]}")

    def resolve(self, resolve: Resolve) -> Any:
        """What this stands for, when the whole file is read; `resolve` does the same for a part."""
        raise NotDataError(f"expected no {type(self).__name__} here, the pickle is not one of data")


class NumpyDtype(StandIn):
    """For numpy.dtype, of numbers, text and objects; not of records."""

    def __init__(self, name: str, align: Any = False, copy: Any = False) -> None:
        if not isinstance(name, str) or not _DTYPE.fullmatch(name):
            raise NotDataError(f"expected arrays of numbers, text or objects, got the dtype {name!r}")
        self.dtype = np.dtype("O" if "O" in name else name)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, order, base, names, fields = state[:5]
        if (base, names, fields) != (None, None, None) or order not in ("<", ">", "=", "|"):
            raise NotDataError(f"expected arrays of numbers, text or objects, got the dtype {str(state)[:60]}")
        self.dtype = self.dtype.newbyteorder(order)

    def resolve(self, resolve: Resolve) -> np.dtype:
        """The numpy dtype that the pickle describes."""
        return self.dtype


class NumpyNdarray(StandIn):
    """For numpy.ndarray, which a pickle names as the class to make and does not call."""


class NumpyArray(StandIn):
    """For numpy's _reconstruct; shape, dtype and content come as state."""

    state: tuple[Any, ...]

    def __init__(self, kind: Any, shape: Any, typecode: Any) -> None:
        if kind is not NumpyNdarray:
            raise NotDataError("expected arrays of the class numpy.ndarray")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state

    def resolve(self, resolve: Resolve) -> np.ndarray:
        """The array with the stored shape, dtype and content; writable."""
        _, shape, dtype, fortran, content = self.state
        return _array(content, dtype, shape, "F" if fortran else "C", resolve)


class NumpyBuffer(StandIn):
    """For numpy's _frombuffer, by which protocol 5 stores arrays."""

    def __init__(self, content: Any, dtype: Any, shape: Any, order: Any) -> None:
        self.content, self.dtype, self.shape, self.order = content, dtype, shape, order

    def resolve(self, resolve: Resolve) -> np.ndarray:
        """The array with the stored shape, dtype and content; writable."""
        return _array(self.content, self.dtype, self.shape, self.order, resolve)


class NumpyScalar(StandIn):
    """For one of numpy's numbers."""

    def __init__(self, dtype: Any, content: Any) -> None:
        self.dtype, self.content = dtype, content

    def resolve(self, resolve: Resolve) -> Any:
        """The number, as a numpy scalar of its dtype."""
        return _array(self.content, self.dtype, (), "C", resolve)[()]


class SparseMatrix(StandIn):
    """For scipy's sparse matrices, which are made anew from their arrays, with every index checked."""

    state: dict[str, Any]

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.state = state

    def resolve(self, resolve: Resolve) -> Any:
        """The scipy matrix of the stored kind, after a check of every index."""
        from scipy import sparse

        state = resolve(self.state)
        shape = tuple(int(side) for side in state.get("_shape", state.get("shape")))
        if len(shape) != 2 or not 0 <= math.prod(shape) <= _MOST_CELLS:
            raise NotDataError(f"expected a sparse matrix of at most {_MOST_CELLS:,} cells, got the shape {shape}")
        if isinstance(self, CooMatrix):
            places = state["coords"] if "coords" in state else (state["row"], state["col"])
            return sparse.coo_matrix((state["data"], places), shape=shape)
        kind = sparse.csc_matrix if isinstance(self, CscMatrix) else sparse.csr_matrix
        matrix = kind((state["data"], state["indices"], state["indptr"]), shape=shape)
        matrix.check_format(full_check=True)
        return matrix


class CscMatrix(SparseMatrix):
    """For scipy.sparse.csc_matrix."""


class CsrMatrix(SparseMatrix):
    """For scipy.sparse.csr_matrix."""


class CooMatrix(SparseMatrix):
    """For scipy.sparse.coo_matrix."""


class Struct(StandIn):
    """For smplx's Struct: its state as attributes. It stays what it is."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            if not isinstance(name, str) or name.startswith("__"):
                raise NotDataError(f"expected attributes by name in a {type(self).__name__}, got {name!r}")
            self.__dict__[name] = value

    def resolve(self, resolve: Resolve) -> "Struct":
        """The same object, with all it holds resolved."""
        self.__dict__.update({name: resolve(value) for name, value in self.__dict__.items()})
        return self


class ChumpyArray(Struct):
    """For an array of chumpy's: its state as attributes; `np.asarray` gives its value, which chumpy stores as x."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if "x" not in self.__dict__:
            raise ValueError(
                f"chumpy array: expected one that stores its value, got one to be computed from "
                f"{sorted(self.__dict__)}; save it anew with chumpy, as np.array(it)"
            )
        check_count(self.__dict__["x"])
        return np.array(self.__dict__["x"], dtype=dtype)


class Bytes(StandIn):
    """For bytes and _codecs.encode, by which protocols 0 to 2 store bytes."""

    def __new__(cls, text: str = "", encoding: str = "latin1") -> bytes:  # type: ignore[misc]
        if encoding not in _LATIN1:
            raise NotDataError(f"expected bytes stored as latin1, got {str(text)[:60]!r} in {encoding!r}")
        return text.encode("latin1")


class Reconstructed(StandIn):
    """For copy_reg._reconstructor, by which protocols 0 and 1 make objects."""

    def __new__(cls, kind: Any, base: Any, state: Any) -> StandIn:  # type: ignore[misc]
        if not (
            isinstance(kind, type) and issubclass(kind, Struct | SparseMatrix) and base is object and state is None
        ):
            raise NotDataError(f"expected a chumpy array, a Struct or a sparse matrix, the pickle makes {kind!r}")
        return kind()


# By module and name; chumpy's classes are admitted by their modules.
ADMITTED: dict[tuple[str, str], type] = {
    ("numpy", "ndarray"): NumpyNdarray,
    ("numpy", "dtype"): NumpyDtype,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): NumpyArray for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): NumpyScalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): NumpyBuffer for core in ("core", "_core")},
    **{(f"scipy.sparse.{module}", "csc_matrix"): CscMatrix for module in ("csc", "_csc")},
    **{(f"scipy.sparse.{module}", "csr_matrix"): CsrMatrix for module in ("csr", "_csr")},
    **{(f"scipy.sparse.{module}", "coo_matrix"): CooMatrix for module in ("coo", "_coo")},
    **{(module, "Struct"): Struct for module in ("smplx.utils", "smplx.body_models")},
    ("_codecs", "encode"): Bytes,
    ("collections", "OrderedDict"): dict,  # keeps its order too
    **{(module, "_reconstructor"): Reconstructed for module in ("copy_reg", "copyreg")},
    **{(module, "bytes"): Bytes for module in ("__builtin__", "builtins")},
    # These three are fixed by Python itself.
    **{(module, kind.__name__): kind for module in ("__builtin__", "builtins") for kind in (object, set, frozenset)},
}
CHUMPY = ("chumpy.ch", "chumpy.ch_ops", "chumpy.reordering")


def _array(content: Any, dtype: Any, shape: Any, order: str, resolve: Resolve) -> np.ndarray:
    if not isinstance(dtype, NumpyDtype) or not all(type(side) is int and side >= 0 for side in shape):
        raise NotDataError(f"expected an array with a dtype and a shape, got {dtype!r} and {shape!r}")
    kind, size = dtype.dtype, math.prod(shape)
    if kind == np.dtype(object):
        if not isinstance(content, list) or len(content) != size:
            raise NotDataError(f"expected {size} objects in an array of shape {shape}, got another number")
        objects = np.empty(size, dtype=object)
        for place, value in enumerate(content):
            objects[place] = resolve(value)
        return objects.reshape(shape)  # in C order whatever the order in memory was
    raw = content.encode("latin1") if isinstance(content, str) else content
    if not isinstance(raw, bytes | bytearray) or len(raw) != size * kind.itemsize:
        raise NotDataError(f"expected {size * kind.itemsize} bytes for {kind} of shape {shape}, got another number")
    return np.frombuffer(bytearray(raw), kind).reshape(shape, order="F" if order == "F" else "C")
