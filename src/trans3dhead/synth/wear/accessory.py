"""What a person may wear or hold: a word for it, its parts, and the hair that it covers."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.synth.rendering.scene import Part


@dataclass(frozen=True)
class Accessory:
    """One thing, placed on one person."""

    kind: str = "none"  # the attribute's word
    parts: tuple[Part, ...] = ()  # camera space
    cover: np.ndarray | None = None  # (V,) bool, a value a vertex of the base mesh: hair that grows there is hidden
