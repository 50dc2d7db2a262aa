"""What is behind a head: the surroundings at a field of view of their own, or a plain wall."""

import cv2
import numpy as np

from trans3dhead.synth.rendering.environment import PlacedEnvironment
from trans3dhead.synth.rendering.vectors import unit


def background(surroundings: PlacedEnvironment, size: int, rng: np.random.Generator) -> np.ndarray:
    """(S, S, 3) the surroundings behind the head, out of focus, at a field of view of its own; or a plain wall."""
    if rng.random() < 0.08:
        ends = surroundings.environment.fill.mean(axis=(0, 1)) * np.exp(rng.normal(0.0, 0.6, (2, 3)) * [1, 0.3, 1])
        slope = np.linspace(0.0, 1.0, size, dtype=np.float32)[:, None, None]
        return np.broadcast_to(ends[0] + (ends[1] - ends[0]) * slope, (size, size, 3)).astype(np.float32)
    blur = size / 256.0 * rng.choice([0.0, 1.0, 2.5, 5.0, 9.0], p=[0.25, 0.25, 0.2, 0.2, 0.1])
    side = size if blur < 2.0 else size // 2  # what is out of focus needs fewer pixels
    tangent = np.tan(np.deg2rad(rng.uniform(30.0, 85.0)) / 2.0)
    line = ((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5) * np.float32(2.0 * tangent)
    x, y = np.meshgrid(line, line)
    directions = unit(np.stack((x, y, np.ones_like(x)), axis=-1).reshape(-1, 3)).reshape(side, side, 3)
    picture = surroundings.view(directions)
    if blur > 0:
        picture = cv2.GaussianBlur(picture, (0, 0), blur * side / size)
    return picture if side == size else cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR)
