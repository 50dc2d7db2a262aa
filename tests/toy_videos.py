"""Small video files."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np


def write_video(path: Path, frames: Iterable[np.ndarray], rate: float = 25.0) -> Path:
    """(H, W, 3) uint8 RGB frames, all of one even size, as MPEG-4."""
    writer = cv2.VideoWriter()
    for frame in frames:
        if not writer.isOpened():
            assert writer.open(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, frame.shape[1::-1])
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    return path
