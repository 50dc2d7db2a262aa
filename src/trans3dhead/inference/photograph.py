"""A photograph that is decoded no finer than it is looked at: most of a large JPEG's time is its decoding."""

from pathlib import Path

import numpy as np

from trans3dhead.images import REDUCTIONS, check_photograph, jpeg_size, read_photograph


class Photograph:
    """Pixels, or a file of them. All coordinates are those of the whole photograph, however coarse its pixels are."""

    def __init__(self, source: str | Path | np.ndarray) -> None:
        """source: (H, W, 3) uint8 RGB or a file. Raises what `check_photograph` and `jpeg_size` raise."""
        self._pixels: np.ndarray | None = None
        self._reduction, self._stored = 1, None
        if isinstance(source, np.ndarray):
            self._pixels = check_photograph(source)
        else:
            self._path, self._stored = Path(source), jpeg_size(source)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole photograph, pixels, turned as its EXIF orientation says."""
        pixels, reduction = self.pixels(max(REDUCTIONS))
        height, width = pixels.shape[:2]
        if self._stored is None:
            return width, height
        stored, turned = self._stored, self._stored[::-1]
        return stored if (width, height) == tuple(-(-side // reduction) for side in stored) else turned

    def coarsest(self, longest_side: int) -> int:
        """The reduction that leaves the longer side so many pixels at least; 1 where there is none."""
        if self._stored is None:
            return 1
        longer = max(self._stored)
        return max(reduction for reduction in REDUCTIONS if reduction == 1 or longer >= reduction * longest_side)

    def pixels(self, coarsest: float = 1) -> tuple[np.ndarray, int]:
        """(h, w, 3) uint8 RGB, and how many of the photograph's pixels one of these is wide: `coarsest` at most.

        What was decoded before is taken where it is fine enough. Raises what `read_photograph` raises.
        """
        if self._pixels is None or self._reduction > max(coarsest, 1):
            allowed = [reduction for reduction in REDUCTIONS if reduction <= coarsest and self._stored is not None]
            self._reduction = max(allowed, default=1)
            self._pixels = read_photograph(self._path, self._reduction)
        return self._pixels, self._reduction
