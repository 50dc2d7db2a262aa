"""A network in eight bits, to measure what that brings and costs: static, per channel, calibrated on synthetic crops.

    python benchmarks/int8.py data/synth-val -o out/small-int8.onnx
    trans3dhead benchmark speed --model small --model out/small-int8.onnx --work aligner
    trans3dhead evaluate synthetic --model out/small-int8.onnx          # and aflw2000

Convolutions take int8 weights and uint8 maps (with --products matrix products, too); all else stays in float32.
"""

import argparse
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from trans3dhead.data.shards import ShardedSet
from trans3dhead.evaluation.synthetic import heads_to_find
from trans3dhead.export import export_onnx
from trans3dhead.geometry.crops import Crop
from trans3dhead.networks.alignment import load_model
from trans3dhead.weights.shipped import network_path


class Crops(CalibrationDataReader):
    """The crops of a set's first heads, in batches of one."""

    def __init__(self, photographs: Path, count: int, size: int) -> None:
        self._crops = islice(crops_of(photographs, size), count)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next input of the network; None at the end."""
        crop = next(self._crops, None)
        return None if crop is None else {"crops": crop[None]}


def crops_of(photographs: Path, size: int) -> Iterator[np.ndarray]:
    """(S, S, 3) uint8 RGB, about the true boxes of a synthetic set, which may be part of one."""
    for head in heads_to_find(ShardedSet(photographs, partial=True)):
        yield Crop.around(head.box, size).cut(head.photograph)


def main() -> None:
    """Export the network, write it in eight bits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path, help="a synthetic set, to calibrate on")
    parser.add_argument("--model", default="small", help="the name of a network that ships, or a checkpoint")
    parser.add_argument("--count", type=int, default=256, help="crops to calibrate on")
    parser.add_argument("--products", action="store_true", help="matrix products as well as convolutions")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/int8.onnx"))
    options = parser.parse_args()
    options.output.parent.mkdir(parents=True, exist_ok=True)
    size = load_model(network_path(options.model)).crop_size
    with tempfile.TemporaryDirectory() as folder:
        whole, prepared = Path(folder) / "whole.onnx", Path(folder) / "prepared.onnx"
        export_onnx(options.model, whole)
        quant_pre_process(str(whole), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(options.output),
            Crops(options.photographs, options.count, size),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", *(["MatMul", "Gemm"] if options.products else [])],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        _keep_metadata(whole, options.output)
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB")


def _keep_metadata(source: Path, target: Path) -> None:
    """What the file says of itself, by which it is opened."""
    described, quantized = onnx.load(str(source)), onnx.load(str(target))
    del quantized.metadata_props[:]
    quantized.metadata_props.extend(described.metadata_props)
    onnx.save(quantized, str(target))


if __name__ == "__main__":
    main()
