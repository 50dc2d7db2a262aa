"""Graphs without weights of their own: they point into the .safetensors files that training reads as well.

ONNX lets a tensor lie in another file, at an offset; the tensors of a .safetensors file lie there as ONNX wants them.
What the exporter made of a tensor (its transpose, another shape, rows scaled by a norm that was folded into them) is
made of it again when the graph is loaded, once.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors import safe_open

from trans3dhead.export.graph import LARGEST_FOLDED
from trans3dhead.reading.safetensors_header import read_header

_SMALL = LARGEST_FOLDED + 1  # numbers: what is smaller stays in the graph
_TYPES = {"F32": TensorProto.FLOAT, "F16": TensorProto.FLOAT16}
_ROUNDING = 1e-5  # of a scaled row, relative to its largest number


@dataclass(frozen=True, eq=False)
class _Stored:
    """One tensor of a .safetensors file."""

    file: Path
    kind: int  # of ONNX
    shape: tuple[int, ...]
    begin: int  # bytes from the beginning of the file
    length: int  # bytes
    values: np.ndarray  # float32


def put_weights_apart(model: onnx.ModelProto, files: Sequence[Path]) -> dict[str, str]:
    """Let the large tensors of a graph be those of these files, all in the folder in which the graph is to lie.

    What none of them holds, such as the encoding of positions, stays in the graph. Returns sha256 by each file's name.
    """
    stored: dict[int, list[_Stored]] = {}
    for file in files:
        for tensor in _tensors(file):
            stored.setdefault(tensor.values.size, []).append(tensor)
    kept, nodes = [], []
    outside: dict[str, onnx.TensorProto] = {}
    for initializer in model.graph.initializer:
        size = int(np.prod(initializer.dims))
        large = initializer.data_type == TensorProto.FLOAT and size >= _SMALL
        found = _source(initializer, stored.get(size, [])) if large else None
        if found is None:
            kept.append(initializer)
            continue
        source, steps = found
        name = f"{source.file.name}@{source.begin}"
        outside.setdefault(name, _external(name, source))
        made_nodes, made_constants = steps.made(name, initializer.name)
        nodes += made_nodes
        kept += made_constants
    own = list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend([*outside.values(), *kept])
    model.graph.node.extend([*nodes, *own])
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@dataclass(frozen=True, eq=False)
class _Steps:
    """How a tensor of a graph is made of a stored one: widened, then scaled or transposed, then in its shape."""

    widened: bool
    scale: np.ndarray | None  # of the rows
    transposed: tuple[int, ...] | None  # the order of its dimensions; None: as they are
    shape: tuple[int, ...] | None  # None: as it is

    def made(self, source: str, result: str) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
        """Nodes from one name to the other, and the small constants that they need."""
        operations: list[tuple[str, list[str], dict]] = []
        constants: list[onnx.TensorProto] = []
        if self.widened:
            operations.append(("Cast", [], {"to": TensorProto.FLOAT}))
        if self.scale is not None:
            constants.append(numpy_helper.from_array(self.scale, f"{result}/scale"))
            operations.append(("Mul", [f"{result}/scale"], {}))
        if self.transposed is not None:
            operations.append(("Transpose", [], {"perm": self.transposed}))
        if self.shape is not None:
            constants.append(numpy_helper.from_array(np.array(self.shape, np.int64), f"{result}/shape"))
            operations.append(("Reshape", [f"{result}/shape"], {}))
        if not operations:
            operations.append(("Identity", [], {}))
        nodes, last = [], source
        for number, (kind, more, attributes) in enumerate(operations, 1):
            name = result if number == len(operations) else f"{result}/{number}"
            nodes.append(helper.make_node(kind, [last, *more], [name], **attributes))
            last = name
        return nodes, constants


def _source(initializer: onnx.TensorProto, candidates: Sequence[_Stored]) -> tuple[_Stored, _Steps] | None:
    """The stored tensor that a tensor of a graph comes from, and how; None: it comes from none."""
    wanted = numpy_helper.to_array(initializer)
    for stored in candidates:
        widened, values = stored.kind == TensorProto.FLOAT16, stored.values
        if np.array_equal(values.ravel(), wanted.ravel()):
            return stored, _Steps(widened, None, None, None if values.shape == wanted.shape else wanted.shape)
        for order in permutations(range(values.ndim)) if values.ndim == wanted.ndim else ():
            if np.array_equal(values.transpose(order), wanted):
                return stored, _Steps(widened, None, order, None)
        if values.shape == wanted.shape and (scale := _row_scale(values, wanted)) is not None:
            return stored, _Steps(widened, scale, None, None)
    return None


def _row_scale(values: np.ndarray, wanted: np.ndarray) -> np.ndarray | None:
    """The factors of the rows (the first dimension) from one array to the other; None: there are none."""
    rows, others = values.reshape(len(values), -1).astype(np.float64), wanted.reshape(len(values), -1)
    scale = (rows * others).sum(axis=1) / np.maximum((rows**2).sum(axis=1), 1e-30)
    off = np.abs(rows * scale[:, None] - others).max(axis=1)
    if (off > _ROUNDING * np.abs(others).max(axis=1)).any():
        return None
    return scale.astype(np.float32).reshape(-1, *[1] * (values.ndim - 1))


def _external(name: str, stored: _Stored) -> onnx.TensorProto:
    tensor = TensorProto(name=name, data_type=stored.kind, dims=stored.shape, data_location=TensorProto.EXTERNAL)
    place = {"location": stored.file.name, "offset": stored.begin, "length": stored.length}
    for key, value in place.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def _tensors(file: Path) -> Iterator[_Stored]:
    """The large floating-point tensors of a .safetensors file."""
    header = read_header(file)
    with safe_open(file, framework="numpy") as opened:
        for name, tensor in header.tensors.items():
            if tensor.dtype not in _TYPES or math.prod(tensor.shape) < _SMALL:
                continue
            begin, end = tensor.data_offsets
            values = opened.get_tensor(name).astype(np.float32)
            yield _Stored(file, _TYPES[tensor.dtype], tensor.shape, header.begin + begin, end - begin, values)
