"""Convolutions in eight bits: maps in uint8, weights in int8, calibrated on crops; all else stays in float32.

Weights take seven of their eight bits: where a processor has no eight-bit dot products, ONNX Runtime adds two products
in sixteen bits, which must not overflow.
"""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from trans3dhead.data.framing import framing_of
from trans3dhead.data.shards import ShardedSet
from trans3dhead.export.graph import INPUT
from trans3dhead.head_model import HeadModel

_ROUNDED = "_quantized"  # after the name of a tensor, as ONNX Runtime calls what it made of it


def calibration_crops(photographs: Path, count: int, framing: str, size: int, head_model: HeadModel) -> np.ndarray:
    """(N, size, size, 3) uint8 RGB: crops as the network is shown them, of the first heads of a synthetic set.

    framing: of the network; head_model: that of the set. Raises ValueError for a set of fewer photographs.
    """
    labelled = ShardedSet(photographs, partial=True)
    labelled.check(head_model)
    if len(labelled) < count:
        raise ValueError(f"{photographs}: expected {count} photographs or more to calibrate on, got {len(labelled)}")
    framed = framing_of(framing, head_model)
    return np.stack([framed(labelled.heads(i)[0]).crop(size).cut(labelled.image(i)) for i in range(count)])


def in_eight_bits(model: onnx.ModelProto, crops: np.ndarray) -> onnx.ModelProto:
    """The same graph, its convolutions in eight bits, their ranges those that occur in the crops (N, S, S, 3)."""
    with tempfile.TemporaryDirectory() as folder, _without_advice():
        whole, rounded = Path(folder) / "whole.onnx", Path(folder) / "rounded.onnx"
        onnx.save(model, str(whole))
        quantize_static(
            str(whole),
            str(rounded),
            _Calibration(crops),
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
    axes = {node.input[0]: node for node in rounded.graph.node if node.op_type == "DequantizeLinear"}
    kept, nodes = [], []
    for tensor in rounded.graph.initializer:
        name = tensor.name.removesuffix(_ROUNDED)
        if tensor.data_type != TensorProto.INT8 or name == tensor.name or name not in floats:
            kept.append(tensor)
            continue
        kept.append(floats[name])
        _, scale, zero = axes[tensor.name].input
        axis = next(attribute.i for attribute in axes[tensor.name].attribute if attribute.name == "axis")
        nodes.append(helper.make_node("QuantizeLinear", [name, scale, zero], [tensor.name], axis=axis))
    nodes += rounded.graph.node
    del rounded.graph.initializer[:], rounded.graph.node[:]
    rounded.graph.initializer.extend(kept)
    rounded.graph.node.extend(nodes)


class _Calibration(CalibrationDataReader):
    """Crops one by one."""

    def __init__(self, crops: np.ndarray) -> None:
        self._crops: Iterator[np.ndarray] = iter(crops)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next input of the network; None at the end."""
        crop = next(self._crops, None)
        return None if crop is None else {INPUT: crop[None]}


@contextmanager
def _without_advice() -> Iterator[None]:
    """Keep back that ONNX Runtime would rather prepare the graph: what it would do is done."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
