"""From the name or file of a network to what answers crops by it."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.inference.aligners.aligned_heads import AlignedHeads, Answers
from trans3dhead.inference.aligners.onnx_aligner import NetworkDescription, OnnxAligner
from trans3dhead.inference.onnx_graphs import OnnxGraph
from trans3dhead.inference.runtimes import Runtime, choose_runtime
from trans3dhead.weights.shipped import network_path

if TYPE_CHECKING:
    from trans3dhead.head_model import HeadModel


class Aligner(Protocol):
    """All that the Predictor asks of a network."""

    head_model: NumpyHeadModel
    crop_size: int  # S, pixels
    framing: str  # what its crops show: "head" or "face"

    def __call__(self, crops: np.ndarray) -> AlignedHeads:
        """(B, S, S, 3) uint8 RGB -> the heads in them."""
        ...

    def answers(self, crops: np.ndarray) -> Answers:
        """(B, S, S, 3) uint8 RGB -> what the network says of them, and no more."""
        ...


def open_aligner(
    model: str | Path,
    head_model: "NumpyHeadModel | HeadModel | str | Path | None" = None,
    runtime: Runtime = "auto",
    device: str = "cpu",
    threads: int | None = None,
) -> Aligner:
    """
    model: the name of a network that ships, a checkpoint, or an .onnx file of `trans3dhead export`; head_model: of a
    network whose head model does not ship; the others: see `Predictor`.
    """
    path = network_path(model)
    if (file := choose_runtime(path, runtime, device)) is not None:
        graph = OnnxGraph(file, device, threads)
        if "crop" not in graph.description:
            raise ValueError(f"{file}: expected a network that aligns heads, got a detector; give it as --detector")
        trained_with = graph.described_as(NetworkDescription).head_model
        return OnnxAligner(graph, _head_model(head_model, trained_with.name))
    from trans3dhead.inference.aligners.torch_aligner import TorchAligner
    from trans3dhead.networks.alignment import load_model

    loaded = load_model(path)
    return TorchAligner(loaded, _head_model(head_model, loaded.head_model_name), device)


def _head_model(given: "NumpyHeadModel | HeadModel | str | Path | None", name: str) -> NumpyHeadModel:
    """The user's head model, or the one of that name that ships."""
    if given is None:
        return NumpyHeadModel.shipped(name, "the network was trained on")
    if isinstance(given, NumpyHeadModel):
        return given
    return NumpyHeadModel.load(given) if isinstance(given, str | Path) else given.numpy()
