"""A network that aligns heads, under ONNX Runtime."""

import numpy as np

from trans3dhead.head_model import NumpyHeadModel, ParametersLayout
from trans3dhead.head_model.trained_with import TrainedWith
from trans3dhead.inference.aligners.aligned_heads import AlignedHeads, posed
from trans3dhead.inference.onnx_graphs import OnnxGraph

_MESH = ("rotation", "euler", "vertices", "projected")  # outputs of a graph with the head model inside


class OnnxAligner:
    """Answers crops by an exported network (`trans3dhead export`)."""

    def __init__(self, graph: OnnxGraph, head_model: NumpyHeadModel) -> None:
        described = graph.description
        trained_with, groups = described["head_model"], described["parameters"]
        layout = ParametersLayout(**{name: group["stop"] - group["start"] for name, group in groups.items()})
        TrainedWith(trained_with["name"], trained_with["hash"], layout).check(head_model)
        self.head_model = head_model
        self.crop_size: int = described["crop"]["size"]
        self._graph = graph

    def __call__(self, crops: np.ndarray) -> AlignedHeads:
        """(B, S, S, 3) uint8 RGB -> the heads in them."""
        said = self._graph({"crops": crops})
        landmarks, spread, parameters = (said.get(n) for n in ("landmarks", "landmark_spread", "parameters"))
        assert parameters is not None  # every network says them
        if landmarks is None or not all(name in said for name in _MESH):
            return posed(self.head_model, landmarks, spread, parameters)
        return AlignedHeads(landmarks, spread, parameters, *(said[name] for name in _MESH))
