"""Landmark files as ibug's tools write them."""

from pathlib import Path

import numpy as np


def write_pts(path: Path, landmarks: np.ndarray) -> None:
    """Write (68, 2) pixels as a .pts file, which counts pixel centres from 1."""
    lines = [f"{x!r} {y!r}" for x, y in (landmarks + 0.5).tolist()]
    path.write_text("\n".join(["version: 1", f"n_points: {len(lines)}", "{", *lines, "}", ""]), encoding="ascii")
