"""A checkpoint to an ONNX file, checked before it takes its place."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from trans3dhead.export.check import largest_difference, mean_differences
from trans3dhead.export.description import describe_network, set_description
from trans3dhead.export.detector import DETECTOR_PRECISIONS, describe_detector, detector_difference, detector_graph
from trans3dhead.export.eight_bits import calibration_crops, in_eight_bits, round_when_loaded, whole_batches
from trans3dhead.export.graph import CropNetwork, to_graph
from trans3dhead.export.half import store_half
from trans3dhead.export.weights_apart import put_weights_apart
from trans3dhead.files import replacing
from trans3dhead.head_model import HeadModel
from trans3dhead.networks.alignment import LoadedModel, check_head_model, load_model
from trans3dhead.networks.detection.checkpoint import is_detector, load_detector
from trans3dhead.weights.shipped import network_path, shipped_files

# How far ONNX Runtime may be from PyTorch, by the type that the weights are stored in; see `largest_difference`.
# The network that ships is 1e-6 and 3e-4 off. An untrained DAD-3DNet can magnify rounding: it is refused with 1.1e-4,
# where PyTorch's float32 is as far from its float64.
PRECISIONS = {"float32": 1e-4, "float16": 2e-3}
# In eight bits the mean over the crops of the calibration counts; of `small` the landmarks are 0.0014 off.
EIGHT_BITS = {"parameters": 3e-2, "rotation": 1e-2}
EIGHT_BITS_ELSE = 5e-3  # crop units and metres
_BATCHES = (1, 3)  # that are compared
_CALIBRATED_ON = 256  # crops


@dataclass(frozen=True)
class Exported:
    """The ONNX file that was written, and how near it is to the network."""

    path: Path
    size: int  # bytes
    outputs: dict[str, tuple[int | str, ...]]  # shape by name; "N" is the batch
    difference: float  # the largest between ONNX Runtime and PyTorch; in eight bits the first output's mean
    tolerance: float
    named: bool  # whether the head model was at hand, for the names of its expressions and for the mesh


def export_onnx(
    model: str | Path,
    output: str | Path,
    head_model: HeadModel | str | Path | None = None,
    precision: str = "float32",
    batch: int | None = None,
    mesh: bool = True,
    apart: bool = False,
    calibration: str | Path | None = None,
) -> Exported:
    """Write a network as ONNX: `crops` (N, S, S, 3) uint8 RGB -> `landmarks` (N, 68, 2), `parameters` (N, P) and more.

    Of a detector: `picture` (1, H, W, 3) uint8 RGB -> `boxes` (K, 4), `scores` (K,), `rotations` (K, 3, 3).

    model: the name of a network that ships, or a checkpoint's path; head_model: for a checkpoint whose head model does
    not ship; precision: what weights are stored in, "float32" or "float16", or "int8": convolutions are computed in
    eight bits; batch: the only N that the file takes, for engines that want it fixed; None: any; mesh: put the head
    model inside, where it is at hand, for rotations, angles, vertices and their projection; apart: leave the weights in
    the checkpoint and the head model's file, as they are stored, beside which the graph must then lie; calibration: of
    int8, the folder of a synthetic set of the network's head model.
    Raises ValueError, and leaves no file, where ONNX Runtime differs from PyTorch by more than PRECISIONS or EIGHT_BITS
    allow.
    """
    output = Path(output)
    _check_arguments(output, precision, batch, apart, calibration)
    path = network_path(model)
    if is_detector(path):
        if precision == "int8":
            raise ValueError(f"{path}: a detector is not written in eight bits; expected float32 or float16")
        return _export_detector(path, output, precision, apart, head_model is not None or batch is not None)
    loaded = load_model(path)
    head_model, file = _head_model(head_model, loaded)
    batches = None if calibration is None else whole_batches(_crops(Path(calibration), loaded, head_model), batch or 1)
    network = CropNetwork(loaded.model, head_model if mesh else None)
    graph = to_graph(network, batch)
    if batches is not None:
        whole, graph = graph, in_eight_bits(graph, batches)
        if apart:
            round_when_loaded(graph, whole)
    stored = "as stored" if apart and batches is None else precision
    description = describe_network(loaded, network.outputs, head_model, stored)
    if apart:
        files = [path, file] if mesh and file is not None else [path]
        description["weights"] = put_weights_apart(graph, _beside(output, files))
    elif precision == "float16":
        store_half(graph)
    set_description(graph, description)
    with replacing(output) as temporary:
        onnx.save(graph, str(temporary))
        if batches is None:
            tolerance = PRECISIONS[precision]
            difference = largest_difference(temporary, network, (batch,) if batch else _BATCHES)
            _check_difference(output, difference, precision, tolerance)
        else:
            means = mean_differences(temporary, network, batches)
            name, difference = next(iter(means.items()))
            tolerance = _check_means(output, means)[name]
    return Exported(output, output.stat().st_size, _shapes(graph), difference, tolerance, head_model is not None)


def _export_detector(path: Path, output: Path, precision: str, apart: bool, has_options: bool) -> Exported:
    if has_options:
        raise ValueError(f"{path}: is a detector, which takes one picture and has no head model; leave the options out")
    loaded = load_detector(path)
    dense, graph = detector_graph(loaded.network, precision)
    description = describe_detector(loaded, "as stored" if apart else precision)
    if apart:
        description["weights"] = put_weights_apart(graph, _beside(output, [path]))
    set_description(graph, description)
    with replacing(output) as temporary:
        onnx.save(graph, str(temporary))
        difference = detector_difference(temporary, dense, loaded.network)
        _check_difference(output, difference, precision, DETECTOR_PRECISIONS[precision])
    return Exported(output, output.stat().st_size, _shapes(graph), difference, DETECTOR_PRECISIONS[precision], True)


def _crops(photographs: Path, loaded: LoadedModel, head_model: HeadModel | None) -> np.ndarray:
    """What a network is calibrated on."""
    if head_model is None:
        raise ValueError("calibration: expected a network whose head model is at hand; give it, --head-model FILE")
    return calibration_crops(photographs, _CALIBRATED_ON, loaded.config.framing, loaded.crop_size, head_model)


def _check_arguments(
    output: Path, precision: str, batch: int | None, apart: bool, calibration: str | Path | None
) -> None:
    if output.suffix != ".onnx" or output.is_dir():
        raise ValueError(f"output: expected the path of a file that ends with .onnx, got {str(output)!r}")
    if precision not in (*PRECISIONS, "int8"):
        raise ValueError(f"precision: expected one of {', '.join(PRECISIONS)}, int8, got {precision!r}")
    if (precision == "int8") != (calibration is not None):
        raise ValueError(
            "calibration: expected the folder of a synthetic set with precision int8, and none with another one; got "
            f"{calibration} with {precision}"
        )
    if apart and precision == "float16":
        raise ValueError(
            f"precision: expected none with weights apart, which stay as their files hold them, got {precision!r}"
        )
    if precision == "int8" and batch is not None and batch > _CALIBRATED_ON:
        raise ValueError(f"batch: expected {_CALIBRATED_ON} or less in eight bits, got {batch}")
    if batch is not None and batch < 1:
        raise ValueError(f"batch: expected 1 or more, or None for any, got {batch}")


def _check_means(output: Path, means: dict[str, float]) -> dict[str, float]:
    """What each output may differ by in eight bits; ValueError where one differs by more, or is NaN."""
    limits = {name: EIGHT_BITS.get(name, EIGHT_BITS_ELSE) for name in means}
    if wrong := {name: mean for name, mean in means.items() if not mean <= limits[name]}:
        told = ", ".join(f"{name} by {mean:.2g}, at most {limits[name]:g}" for name, mean in wrong.items())
        raise ValueError(
            f"{output}: not written, because in eight bits the means of outputs differ from PyTorch's by too much "
            f"({told}); take float32, or train the network"
        )
    return limits


def _check_difference(output: Path, difference: float, precision: str, tolerance: float) -> None:
    if difference <= tolerance:  # not so for NaN
        return
    advice = "store the weights in float32" if precision == "float16" else "train it, or look for NaN in it"
    raise ValueError(
        f"{output}: not written, because ONNX Runtime and PyTorch differ by {difference:.2g} on random crops; "
        f"expected at most {tolerance:g} with {precision} weights; {advice}"
    )


def _head_model(given: HeadModel | str | Path | None, loaded: LoadedModel) -> tuple[HeadModel | None, Path | None]:
    """The user's head model, which must be the network's, or the shipped one if it is; its file; None: not known."""
    if given is not None:
        head_model = given if isinstance(given, HeadModel) else HeadModel.load(given)
        check_head_model(loaded, head_model)
        return head_model, None if isinstance(given, HeadModel) else Path(given)
    file = next((f.path for f in shipped_files() if (f.kind, f.name) == ("head model", loaded.head_model_name)), None)
    shipped = None if file is None else HeadModel.load(file)
    return (shipped, file) if shipped and shipped.geometry_hash == loaded.head_model_hash else (None, None)


def _beside(output: Path, files: list[Path]) -> list[Path]:
    """The files of the weights; raises ValueError unless they lie in the folder of the output."""
    if wrong := [str(file) for file in files if file.resolve().parent != output.resolve().parent]:
        raise ValueError(f"output: expected it beside its weights, got {output} for {', '.join(wrong)}")
    return files


def _shapes(graph: onnx.ModelProto) -> dict[str, tuple[int | str, ...]]:
    return {
        value.name: tuple(side.dim_param or side.dim_value for side in value.type.tensor_type.shape.dim)
        for value in graph.graph.output
    }
