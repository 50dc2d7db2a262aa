"""The animation of a GLB file: how its mesh's node moves and the weights of its targets change."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from trans3dhead.inference.output.glb_buffer import UNSIGNED_SHORT, GLBBuffer


@dataclass(frozen=True, eq=False)
class Motion:
    """Keys, between which all changes linearly."""

    times: np.ndarray  # (K,) seconds, increasing
    rotations: np.ndarray  # (K, 4) unit quaternions x, y, z, w, of neighbours the one that is nearer
    translations: np.ndarray  # (K, 3) metres
    weights: np.ndarray  # (K, T) in the order of the mesh's targets


def animation(motion: Motion, buffer: GLBBuffer) -> dict[str, Any]:
    """Three channels of node 0 with the same times."""
    times = motion.times.astype(np.float32)
    keys = buffer.keys(times, min=[float(times.min())], max=[float(times.max())])
    outputs = {
        "rotation": buffer.keys(motion.rotations.astype(np.float32)),
        "translation": buffer.keys(motion.translations.astype(np.float32)),
    }
    if motion.weights.size:
        outputs["weights"] = _weights(motion.weights.reshape(-1), buffer)
    return {
        "name": "take",
        "samplers": [{"input": keys, "output": output, "interpolation": "LINEAR"} for output in outputs.values()],
        "channels": [{"sampler": i, "target": {"node": 0, "path": path}} for i, path in enumerate(outputs)],
    }


def _weights(weights: np.ndarray, buffer: GLBBuffer) -> int:
    """(K · T,) the weights of one key after the other; two bytes each where all are within 0..1, else four."""
    if weights.min() < 0.0 or weights.max() > 1.0:
        return buffer.keys(weights.astype(np.float32))
    return buffer.keys(np.round(weights * 65535).astype(np.uint16), UNSIGNED_SHORT, normalized=True)
