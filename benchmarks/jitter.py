"""How far landmarks and pose move where nothing does: one still photograph, again and again with new sensor noise and
moved by parts of a pixel. Networks are compared on the same pictures.

    python benchmarks/jitter.py examples/astronaut.jpg --models small runs/other/model.safetensors -o out/jitter.json

The head's box moves with the picture, as a perfect detector's would, and shakes by half a percent of its side besides.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from trans3dhead import Predictor
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.rotations import angle_between
from trans3dhead.images import read_photograph
from trans3dhead.inference import Head

_NOISE = 4.0  # levels of 255, the deviation of each channel of each pixel
_SHIFT = 0.5  # pixels of the photograph at most, to each side
_BOX = 0.005  # of the box's longer side, the deviation of its place and size


def main() -> None:
    """Print a table; write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path, nargs="+")
    parser.add_argument("--models", nargs="+", default=["small"])
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    table = Table("network", "landmarks, % of the box", "rotation, °", "expressions", title="Deviation from the mean")
    results = {}
    for model in arguments.models:
        predictor = Predictor(model)
        measured = []
        for path in arguments.photographs:
            photograph = read_photograph(path)
            if not (found := predictor(photograph)):
                parser.error(f"{path}: expected a photograph with a head, found none in it")
            measured.append(jitter(predictor, photograph, found[0], arguments.frames))
        means = {name: float(np.mean([m[name] for m in measured])) for name in measured[0]}
        results[model] = means
        table.add_row(model, f"{means['landmarks']:.3f}", f"{means['rotation']:.3f}", f"{means['expression']:.4f}")
    Console().print(table)
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps({"frames": arguments.frames, "jitter": results}, indent=2))


def jitter(predictor: Predictor, photograph: np.ndarray, still: Head, frames: int) -> dict[str, float]:
    """Root mean square deviations of the head `still` over the frames: landmarks (percent of the root of the head box's
    area), rotation (degrees), expression coefficients.
    """
    random = np.random.default_rng(0)
    heads, shifts = [], []
    for _ in range(frames):
        frame, shift = shaken(photograph, random)
        centre = still.box[:2] + still.box[2:] / 2 + shift + random.normal(0.0, _BOX, 2) * still.box[2:].max()
        size = still.box[2:] * (1.0 + random.normal(0.0, _BOX))
        heads.append(predictor(frame, boxes=np.append(centre - size / 2, size)[None])[0])
        shifts.append(shift)
    points = np.stack([head.landmarks - shift for head, shift in zip(heads, shifts, strict=True)])
    expression = np.stack([head.parameters.expression for head in heads])
    side = float(np.sqrt(still.box[2:].prod()))
    return {
        "landmarks": 100.0 * _deviation(points) / side,
        "rotation": _turning(heads),
        "expression": _deviation(expression[..., None]),
    }


def shaken(photograph: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(H, W, 3) uint8 -> the same moved by a part of a pixel, with noise, and (2,) the pixels by which it moved."""
    shift = random.uniform(-_SHIFT, _SHIFT, 2)
    height, width = photograph.shape[:2]
    side = max(height, width)
    whole = Crop.around(np.array([0.0, 0.0, side, side]) - [*shift, 0.0, 0.0], side, margin=0.0)
    moved = whole.cut(photograph)[:height, :width].astype(np.float64)
    return np.clip(moved + random.normal(0.0, _NOISE, moved.shape), 0, 255).round().astype(np.uint8), shift


def _deviation(values: np.ndarray) -> float:
    """(F, N, k) -> the root mean square distance of N points from their means over the frames."""
    return float(np.sqrt(np.square(values - values.mean(axis=0)).sum(axis=-1).mean()))


def _turning(heads: list[Head]) -> float:
    """The root mean square angle of all pairs of rotations, over the root of two: a deviation, degrees."""
    rotations = torch.from_numpy(np.stack([head.pose.rotation for head in heads])).double()
    apart = angle_between(rotations[:, None], rotations[None])
    pairs = ~torch.eye(len(heads), dtype=torch.bool)
    return float(apart[pairs].square().mean().div(2.0).sqrt())


if __name__ == "__main__":
    main()
