"""One asset made ready for rendering."""

from dataclasses import dataclass

import numpy as np

from headsynth.assets.makehuman import Binding
from headsynth.rendering.textures import Texture


@dataclass(frozen=True)
class Wearable:
    """An asset cut down to what can be drawn on this base mesh."""

    name: str
    triangles: np.ndarray  # (F, 3) int32
    corners: np.ndarray  # (F,) for Embree
    uvs: np.ndarray
    uv_triangles: np.ndarray
    binding: Binding
    texture: Texture | None
    opacity: np.ndarray | None  # (F,) mean alpha
    level: float  # mean linear luminance of the visible texture
