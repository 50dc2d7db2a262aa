"""Convolutions in eight bits: maps in uint8, weights in int8, calibrated on crops; all else stays in float32.

Weights take seven of their eight bits: where a processor has no eight-bit dot products, ONNX Runtime adds two products
in sixteen bits, which must not overflow.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from trans3dhead.data.dataset import yaw_of
from trans3dhead.data.framing import framing_of
from trans3dhead.data.shards import ShardedSet
from trans3dhead.export.graph import INPUT
from trans3dhead.export.quiet import errors_alone
from trans3dhead.head_model import HeadModel

_FACING = 100.0  # degrees of yaw, as recipes of readers of faces have it
_ROUNDED = "_quantized"  # after the name of a tensor, as ONNX Runtime calls what it made of it


def calibration_crops(photographs: Path, count: int, framing: str, size: int, head_model: HeadModel) -> np.ndarray:
    """(N, size, size, 3) uint8 RGB: crops as the network is shown them, of the first heads of a synthetic set.

    framing: of the network, "face" leaves out heads that turn their backs; head_model: that of the set. Raises
    ValueError for a set of fewer such heads.
    """
    labelled, framed = ShardedSet(photographs, partial=True), framing_of(framing, head_model)
    labelled.check(head_model)
    crops: list[np.ndarray] = []
    for index in range(len(labelled)):
        heads = [head for head in labelled.heads(index) if framing == "head" or abs(yaw_of(head)) <= _FACING]
        crops += [framed(head).crop(size).cut(labelled.image(index)) for head in heads[: count - len(crops)]]
        if len(crops) == count:
            return np.stack(crops)
    raise ValueError(f"{photographs}: expected {count} heads or more to calibrate on, got {len(crops)}")


def whole_batches(crops: np.ndarray, batch: int) -> list[np.ndarray]:
    """(N, S, S, 3) -> (batch, S, S, 3) each; what is left over is left out."""
    return [crops[start : start + batch] for start in range(0, len(crops) - batch + 1, batch)]


def in_eight_bits(model: onnx.ModelProto, batches: Iterable[np.ndarray]) -> onnx.ModelProto:
    """The same graph, its convolutions in eight bits, their ranges those of these crops, batches of (B, S, S, 3)."""
    # It would rather prepare the graph, but what it would do is done.
    with tempfile.TemporaryDirectory() as folder, errors_alone(None):
        whole, rounded = Path(folder) / "whole.onnx", Path(folder) / "rounded.onnx"
        onnx.save(model, str(whole))
        quantize_static(
            str(whole),
            str(rounded),
            _Calibration(batches),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            reduce_range=True,
        )
        return onnx.load(str(rounded))


def round_when_loaded(rounded: onnx.ModelProto, model: onnx.ModelProto) -> None:
    """Give `rounded` the float32 weights of the graph it was made of, and nodes that round them when it is loaded.

    So its weights may lie in the file of the checkpoint, as `put_weights_apart` lets them.
    """
    floats = {tensor.name: tensor for tensor in model.graph.initializer}
    readers = {node.input[0]: node for node in rounded.graph.node if node.op_type == "DequantizeLinear"}
    kept, nodes = [], []
    for tensor in rounded.graph.initializer:
        name = tensor.name.removesuffix(_ROUNDED)
        if tensor.data_type != TensorProto.INT8 or name == tensor.name or name not in floats:
            kept.append(tensor)
            continue
        kept.append(floats[name])
        reader = readers[tensor.name]
        node = helper.make_node("QuantizeLinear", [name, *reader.input[1:]], [tensor.name])
        node.attribute.extend(reader.attribute)  # the axis of the scales
        nodes.append(node)
    nodes += rounded.graph.node
    del rounded.graph.initializer[:], rounded.graph.node[:]
    rounded.graph.initializer.extend(kept)
    rounded.graph.node.extend(nodes)


class _Calibration(CalibrationDataReader):
    """Batches of crops, one by one."""

    def __init__(self, batches: Iterable[np.ndarray]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next input of the network; None at the end."""
        crops = next(self._batches, None)
        return None if crops is None else {INPUT: crops}
