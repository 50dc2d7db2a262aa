"""A network that aligns heads, under ONNX Runtime."""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import numpy as np

from trans3dhead.geometry.face_square import FACE_SIDE
from trans3dhead.head_model import NumpyHeadModel, ParametersLayout
from trans3dhead.head_model.trained_with import TrainedWith
from trans3dhead.inference.aligners.aligned_heads import AlignedHeads, Answers, posed
from trans3dhead.inference.onnx_graphs import OnnxGraph
from trans3dhead.reading.checked_json import Size
from trans3dhead.weights.shipped import NamedHeadModel

_MESH = ("rotation", "euler", "vertices", "projected", "box")  # outputs of a graph with the head model inside


@dataclass(frozen=True)
class _Crop:
    size: Annotated[int, msgspec.Meta(ge=1, le=4096)]  # pixels
    framing: Literal["head", "face"] = "head"  # what it shows
    side: float | None = None  # of a face's square, see `FACE_SIDE`


@dataclass(frozen=True)
class _Group:
    start: Size
    stop: Size


@dataclass(frozen=True)
class _Groups:
    shape: _Group
    expression: _Group
    jaw: _Group
    rotation: _Group
    translation: _Group
    scale: _Group


@dataclass(frozen=True)
class NetworkDescription:
    """The part of an exported network's description that running it needs."""

    crop: _Crop
    head_model: NamedHeadModel
    parameters: _Groups


class OnnxAligner:
    """Answers crops by an exported network (`trans3dhead export`)."""

    def __init__(self, graph: OnnxGraph, head_model: NumpyHeadModel) -> None:
        described = graph.described_as(NetworkDescription)
        groups = vars(described.parameters)
        layout = ParametersLayout(**{name: group.stop - group.start for name, group in groups.items()})
        TrainedWith(described.head_model.name, described.head_model.hash, layout).check(head_model)
        if described.crop.framing == "face" and described.crop.side != FACE_SIDE:
            raise ValueError(
                f"{graph.path}: expected a network that reads faces in squares of {FACE_SIDE} radii, this one was made "
                f"for others ({described.crop.side}); train and export it again"
            )
        self.head_model = head_model
        self.crop_size = described.crop.size
        self.framing: str = described.crop.framing
        self._graph = graph

    def __call__(self, crops: np.ndarray) -> AlignedHeads:
        """(B, S, S, 3) uint8 RGB -> the heads in them."""
        said = self._graph({"crops": crops})
        own = self._answers(said)
        if own.landmarks is None or not all(name in said for name in _MESH):
            return posed(self.head_model, own.landmarks, own.spread, own.parameters)
        return AlignedHeads(own.landmarks, own.spread, own.parameters, *(said[name] for name in _MESH))

    def answers(self, crops: np.ndarray) -> Answers:
        """(B, S, S, 3) uint8 RGB -> what the network says of them, without meshes where the graph has none."""
        return self._answers(self._graph({"crops": crops}))

    def _answers(self, said: dict[str, np.ndarray]) -> Answers:
        return Answers(said.get("landmarks"), said.get("landmark_spread"), self.head_model.clamped(said["parameters"]))
