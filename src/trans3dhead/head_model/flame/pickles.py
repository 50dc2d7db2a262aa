"""Files of pickles that others wrote, read as data: whatever they name, nothing but our own stand-ins is ever called.

For FLAME's own .pkl and the index files of a DAD-3DHeads checkout; nothing else of ours is a pickle.
"""

import io
import pickle
import pickletools
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from trans3dhead.head_model.flame.stand_ins import ADMITTED, CHUMPY, ChumpyArray, NotDataError, StandIn, Struct
from trans3dhead.reading.array_files import read_array, read_header

_OPCODES = {opcode.code.encode("latin1"): opcode for opcode in pickletools.opcodes}
_TWO_LINES = ("GLOBAL", "INST")  # opcodes with a module and a name
_MEMO = ("PUT", "BINPUT", "LONG_BINPUT")  # opcodes whose argument is a place in a table that grows up to it


def load_pickle(path: Path) -> Any:
    """The content of a pickle of Python 2 or 3: containers, numbers, text, numpy arrays, scipy's sparse matrices.

    An array of chumpy's comes as `ChumpyArray`, smplx's Struct as our `Struct`, an OrderedDict as a dict, bytes of
    Python 2 as text (latin1). What names anything else raises ValueError, and none of it has been executed.
    """
    with _opened(path) as file:
        return _load(file.read(), path)


def load_object_array(path: Path) -> np.ndarray:
    """An .npy file. One that holds objects is a pickle, and held to the rules of `load_pickle`."""
    with _opened(path) as file:
        content = file.read()
    try:
        header = io.BytesIO(content)
        shape, _, dtype = read_header(header)
        if dtype != np.dtype(object):
            return read_array(content)
    except ValueError as error:
        raise ValueError(f"{path}: expected an .npy file, got something unreadable ({error})") from error
    array = _load(content[header.tell() :], path)
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != shape:
        raise ValueError(f"{path}: expected an array of objects of shape {shape}, as its header says, got another")
    return array


def load_tensor(path: Path) -> torch.Tensor:
    """The one tensor of a .pt file, on the CPU; torch's own restricted unpickler reads it."""
    with _opened(path) as file:
        try:
            tensor = torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # a damaged file makes torch raise nearly anything
            reason = str(error).strip().partition("\n")[0]
            raise ValueError(f"{path}: expected a .pt file with one tensor, got something else ({reason})") from error
    if not isinstance(tensor, torch.Tensor):
        raise ValueError(f"{path}: expected a .pt file with one tensor, got {type(tensor).__name__}")
    return tensor


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type:
        """The stand-in of an admitted name, never the thing itself."""
        if (module, name) in ADMITTED:
            return ADMITTED[module, name]
        if module in CHUMPY and name.isidentifier():
            return ChumpyArray
        raise NotDataError(
            f"the pickle uses {module}.{name}, which is not data; nothing of it was executed. "
            "Get the file from its publisher again"
        )


def _opened(path: Path) -> BinaryIO:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    return path.open("rb")


def _load(content: bytes, path: Path) -> Any:
    try:
        _check_memo(content)
        return _resolved(_Unpickler(io.BytesIO(content), encoding="latin1").load(), {})
    except NotDataError as error:
        raise ValueError(f"{path}: {error}") from error
    except ModuleNotFoundError:  # scipy is in an extra
        raise
    except Exception as error:  # a damaged pickle raises nearly anything
        raise ValueError(f"{path}: expected a pickle, got something unreadable ({error})") from error


def _check_memo(content: bytes) -> None:
    """Raise NotDataError where a few bytes ask for a table of gigabytes, which Python's own reader would make.

    It goes over the opcodes as `pickletools.genops` does, which stops at the text of Python 2 that is not ASCII.
    """
    stream = io.BytesIO(content)
    while (code := stream.read(1)) not in (b".", b""):
        opcode = _OPCODES[code]
        if opcode.arg is None:
            continue
        if opcode.arg.n != pickletools.UP_TO_NEWLINE:
            argument = opcode.arg.reader(stream)
        else:
            lines = [stream.readline() for _ in range(2 if opcode.name in _TWO_LINES else 1)]
            argument = int(lines[0]) if opcode.name in _MEMO else None
        if opcode.name in _MEMO and argument > stream.tell():
            raise NotDataError(f"expected objects to be numbered one after the other, got the number {argument}")


def _resolved(value: Any, done: dict[int, tuple[Any, Any]]) -> Any:
    """The same data without stand-ins; what was shared stays shared.

    done: by its id, each thing that has been met, which must not go, and what has become of it.
    """
    if id(value) in done:
        return done[id(value)][1]

    def resolve(part: Any) -> Any:
        return _resolved(part, done)

    if isinstance(value, list | dict | Struct):
        done[id(value)] = value, value  # changed in place, and known before its parts, which may hold it
    if isinstance(value, StandIn):
        result = type(value).resolve(value, resolve)  # a Struct may hold an attribute of that name
    elif isinstance(value, list):
        value[:] = [resolve(part) for part in value]
        result = value
    elif isinstance(value, dict):
        items = [(resolve(key), resolve(part)) for key, part in value.items()]
        value.clear()
        value.update(items)
        result = value
    elif isinstance(value, tuple | set | frozenset):
        result = type(value)(resolve(part) for part in value)
    else:
        return value
    done[id(value)] = value, result
    return result
