"""The head detector as an ONNX graph, with non-maximum suppression inside."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from trans3dhead import __version__
from trans3dhead.export.check import difference
from trans3dhead.export.graph import traced
from trans3dhead.export.half import store_half
from trans3dhead.geometry.boxes import suppress
from trans3dhead.geometry.rotations import rotation_from_6d
from trans3dhead.networks.detection.checkpoint import LoadedDetector
from trans3dhead.networks.detection.config import MOST, MULTIPLE, OVERLAP, THRESHOLD, config_to_dict
from trans3dhead.networks.detection.network import DetectorNetwork, folded
from trans3dhead.networks.preprocess import normalize

INPUT, THRESHOLD_INPUT = "picture", "threshold"
_DENSE = ("all_boxes", "all_scores", "all_rotations")  # at every location, before suppression
_OUTPUTS = {
    "boxes": ("(K, 4) [x, y, w, h] pixels of the picture, amodal: they may reach outside", ("K", 4)),
    "scores": ("(K,) 0..1, the best first", ("K",)),
    "rotations": (
        "(K, 3, 3) head space -> a camera (x right, y down, z away) that looks at the face; head space: x to the "
        "head's left, y up, z out of the face",
        ("K", 3, 3),
    ),
}
# How far ONNX Runtime may be from PyTorch, see `detector_difference`. It is the worst of thousands of locations, most
# of them background, where nothing taught the six numbers of a rotation to stand apart.
DETECTOR_PRECISIONS = {"float32": 1e-3, "float16": 5e-2}
_SIZES = ((64, 96), (160, 128))  # height and width of the pictures that are compared


class PictureNetwork(nn.Module):
    """A detector with the normalisation of its input inside, which nobody can then get wrong."""

    def __init__(self, network: DetectorNetwork) -> None:
        super().__init__()
        self.network = folded(network).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(1, H, W, 3) uint8 RGB -> (1, A, 4) boxes, pixels, (1, A) scores, (1, A, 3, 3) rotations."""
        dense = self.network(normalize(picture.permute(0, 3, 1, 2)))
        return dense.boxes, dense.scores.sigmoid(), rotation_from_6d(dense.rotations)


def detector_graph(network: DetectorNetwork, precision: str) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """The graph that answers every location, and the one to ship, which answers heads."""
    dense = _to_graph(PictureNetwork(network))
    if precision == "float16":
        store_half(dense)
    whole = onnx.ModelProto()
    whole.CopyFrom(dense)
    _add_suppression(whole.graph)
    return dense, whole


def describe_detector(loaded: LoadedDetector, precision: str) -> dict[str, Any]:
    """The JSON block of an exported detector."""
    return {
        "format": 1,
        "version": __version__,
        "network": config_to_dict(loaded.config),
        "input": {
            INPUT: f"(1, H, W, 3) uint8 RGB, H and W multiples of {MULTIPLE}: put black on the right and below; the "
            "normalisation is inside",
            THRESHOLD_INPUT: f"(1,) float32, the least score; the package takes {THRESHOLD}",
        },
        "outputs": {name: meaning for name, (meaning, _) in _OUTPUTS.items()},
        "suppression": {"overlap": OVERLAP, "most": MOST},
        "precision": precision,
        "metadata": dict(loaded.metadata),
    }


def detector_difference(path: Path, dense: onnx.ModelProto, network: DetectorNetwork) -> float:
    """The file under ONNX Runtime against PyTorch, after ONNX's own check of the file.

    For each number at each location |a - b| / max(1, |b|), b PyTorch's, on two random pictures; of boxes in units of
    their longer sides. NaN where either says NaN. Raises ValueError where the heads that the file picks of these are
    not those of our own suppression.
    """
    onnx.checker.check_model(str(path), full_check=True)
    everything, heads = (
        onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        for model in (dense.SerializeToString(), str(path))
    )
    pytorch, random, worst = PictureNetwork(network), np.random.default_rng(0), [0.0]
    for height, width in _SIZES:
        picture = random.integers(0, 256, (1, height // 16, width // 16, 3), np.uint8).repeat(16, 1).repeat(16, 2)
        with torch.inference_mode():
            expected = [tensor.numpy() for tensor in pytorch(torch.from_numpy(picture))]
        got = everything.run(None, {INPUT: picture})
        pairs = zip(_comparable(got, expected), _comparable(expected, expected), strict=True)
        worst += [difference(onnx_answer, pytorch_answer) for onnx_answer, pytorch_answer in pairs]
        if np.isfinite(worst).all():
            _check_heads(heads, picture, got)
    return float(np.max(worst))


def _comparable(answer: list[np.ndarray], expected: list[np.ndarray]) -> list[np.ndarray]:
    """Boxes, scores, rotations, with boxes divided by the longer sides of the expected ones, at least a pixel."""
    boxes, *others = answer
    return [boxes / np.maximum(expected[0][..., 2:].max(axis=-1, keepdims=True), 1.0), *others]


def _check_heads(heads: onnxruntime.InferenceSession, picture: np.ndarray, got: list[np.ndarray]) -> None:
    """Raise ValueError unless the file picks the heads that `suppress` picks, at a threshold that half of them pass."""
    boxes, scores, rotations = (array[0] for array in got)
    threshold = np.median(scores)
    passed = np.flatnonzero(scores > threshold)
    chosen = passed[suppress(boxes[passed], scores[passed], OVERLAP, MOST)]
    answer = heads.run(list(_OUTPUTS), {INPUT: picture, THRESHOLD_INPUT: threshold[None]})
    for name, picked, dense in zip(_OUTPUTS, answer, (boxes, scores, rotations), strict=True):
        if picked.shape != dense[chosen].shape or np.abs(picked - dense[chosen]).max(initial=0.0) > 1e-3:
            raise ValueError(f"{name}: the file's non-maximum suppression picks other heads than PyTorch's")


def _to_graph(network: PictureNetwork) -> onnx.ModelProto:
    sides = {axis: MULTIPLE * torch.export.Dim(name, min=1, max=256) for axis, name in ((1, "h"), (2, "w"))}
    example = torch.zeros(1, 3 * MULTIPLE, 4 * MULTIPLE, 3, dtype=torch.uint8)
    return traced(network.eval(), example, INPUT, _DENSE, (sides,))


def _add_suppression(graph: onnx.GraphProto) -> None:
    """Nodes that pick the heads of the one picture, in the place of the outputs for every location."""
    constants = {
        "two": np.array([2, 2]),
        "first": np.array([0]),
        "one": np.array([1]),
        "third": np.array(2),
        "most": np.array([MOST]),
        "overlap": np.array([OVERLAP], np.float32),
    }
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in constants.items())
    graph.input.append(helper.make_tensor_value_info(THRESHOLD_INPUT, TensorProto.FLOAT, [1]))
    boxes, scores, _ = _DENSE
    node = helper.make_node
    graph.node.extend(
        [
            node("Split", [boxes, "two"], ["nms_low", "nms_sides"], axis=-1),
            node("Add", ["nms_low", "nms_sides"], ["nms_high"]),
            node("Concat", ["nms_low", "nms_high"], ["nms_corners"], axis=-1),
            node("Unsqueeze", [scores, "one"], ["nms_scores"]),
            node(
                "NonMaxSuppression", ["nms_corners", "nms_scores", "most", "overlap", THRESHOLD_INPUT], ["nms_picked"]
            ),
            node("Gather", ["nms_picked", "third"], ["nms_index"], axis=1),  # picture, class, location
        ]
    )
    for name, source in zip(_OUTPUTS, _DENSE, strict=True):
        graph.node.extend(
            [
                node("Squeeze", [source, "first"], [f"nms_{source}"]),
                node("Gather", [f"nms_{source}", "nms_index"], [name], axis=0),
            ]
        )
    del graph.output[:]
    graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, (_, shape) in _OUTPUTS.items()
    )
