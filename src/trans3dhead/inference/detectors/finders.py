"""The network of our head detector under either runtime: a picture in, heads out."""

from pathlib import Path
from typing import Protocol

import numpy as np

from trans3dhead.inference.onnx_graphs import OnnxGraph
from trans3dhead.inference.runtimes import Runtime, choose_runtime, usable_device

Found = tuple[np.ndarray, np.ndarray, np.ndarray]  # (N, 4) [x, y, w, h] pixels, (N,) scores, (N, 3, 3) rotations


class Finder(Protocol):
    """All that `HeadDetector` asks of a network."""

    def __call__(self, picture: np.ndarray, threshold: float) -> Found:
        """(H, W, 3) uint8 RGB with sides that it can take -> the heads in it, the most certain first."""
        ...


def open_finder(path: Path, runtime: Runtime, device: str, threads: int | None) -> Finder:
    """The network of a checkpoint or of an .onnx file; the others: see `Predictor`."""
    if (file := choose_runtime(path, runtime, device)) is not None:
        graph = OnnxGraph(file, device, threads)
        if "crop" in graph.description:
            raise ValueError(f"{file}: expected a detector, got a network that aligns heads; give it as --model")
        return _OnnxFinder(graph)
    return _torch_finder(path, device)


class _OnnxFinder:
    """An exported detector, with non-maximum suppression inside."""

    def __init__(self, graph: OnnxGraph) -> None:
        self._graph = graph

    def __call__(self, picture: np.ndarray, threshold: float) -> Found:
        said = self._graph({"picture": picture[None], "threshold": np.array([threshold], np.float32)})
        return said["boxes"], said["scores"], said["rotations"]


def _torch_finder(path: Path, device: str) -> Finder:
    """A checkpoint; PyTorch is imported here alone."""
    import torch

    from trans3dhead.networks.detection.checkpoint import load_detector
    from trans3dhead.networks.detection.found import find
    from trans3dhead.networks.detection.network import folded
    from trans3dhead.networks.preprocess import normalize

    network = folded(load_detector(path).network).to(usable_device(device))

    @torch.inference_mode()
    def found(picture: np.ndarray, threshold: float) -> Found:
        pixels = torch.from_numpy(picture).permute(2, 0, 1)[None].to(device)
        heads = find(network(normalize(pixels)), threshold)[0]
        boxes, scores, rotations = (t.cpu().numpy() for t in (heads.boxes, heads.scores, heads.rotations))
        return boxes, scores, rotations

    return found
