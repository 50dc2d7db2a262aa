"""Whether an exported file says what the network says."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from trans3dhead.export.graph import INPUT, CropNetwork

_CELLS = 8  # of a crop's side


def largest_difference(path: Path, network: CropNetwork, batches: Sequence[int]) -> float:
    """The file under ONNX Runtime against PyTorch on random crops, after ONNX's own check of the file.

    For each number |a - b| / max(1, |b|), b PyTorch's: absolute for landmarks and small parameters, relative for large
    ones; of angles in radians. NaN where either says NaN.
    """
    random, worst = np.random.default_rng(0), [0.0]
    crops = (random_crops(random, batch, network.network.config.crop_size) for batch in batches)
    for name, got, wanted in _answers(path, network, crops):
        unit = 180.0 / np.pi if name == "euler" else 1.0
        worst.append(difference(got / unit, wanted / unit))
    return float(np.max(worst))


def mean_differences(path: Path, network: CropNetwork, batches: Iterable[np.ndarray]) -> dict[str, float]:
    """The same on batches of crops (B, S, S, 3): of each output the mean of |a - b|; NaN where either says NaN.

    Angles are left out, for they jump where a head turns its back.
    """
    means: dict[str, list[float]] = {name: [] for name in network.outputs if name != "euler"}
    for name, got, wanted in _answers(path, network, batches):
        if name in means:
            means[name].append(float(np.abs(got - wanted).mean()))
    return {name: float(np.mean(values)) for name, values in means.items()}


def _answers(
    path: Path, network: CropNetwork, batches: Iterable[np.ndarray]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, ONNX Runtime's and PyTorch's answer of each output to each batch, once ONNX has checked the file."""
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for crops in batches:
        with torch.inference_mode():
            expected = network(torch.from_numpy(crops))
        for name, got, wanted in zip(network.outputs, session.run(None, {INPUT: crops}), expected, strict=True):
            yield name, got, wanted.numpy()


def random_crops(random: np.random.Generator, batch: int, size: int) -> np.ndarray:
    """(batch, size, size, 3) uint8: mosaics of random colours. To a network all crops of finer noise look the same."""
    cells = random.integers(0, 256, (batch, _CELLS, _CELLS, 3), dtype=np.uint8)
    return cells.repeat(size // _CELLS, axis=1).repeat(size // _CELLS, axis=2)


def difference(got: np.ndarray, wanted: np.ndarray) -> float:
    """The largest |a - b| / max(1, |b|), b `wanted`. NaN where either holds NaN."""
    if got.shape != wanted.shape:
        raise ValueError(f"ONNX Runtime answers {got.shape}, PyTorch {wanted.shape}")
    return float((np.abs(got - wanted) / np.maximum(1.0, np.abs(wanted))).max())
