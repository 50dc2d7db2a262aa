"""A photograph that is decoded no finer than it is looked at: most of a large JPEG's time is its decoding."""

from pathlib import Path
from typing import Any

import numpy as np

from trans3dhead.geometry.crops import Crop
from trans3dhead.images import EXIF, REDUCTIONS, check_photograph, jpeg_exif, jpeg_size, read_photograph
from trans3dhead.inference.exif import focal_length_35mm

# A file, pixels, or a picture of PIL or a tensor of PyTorch, neither of which is imported for it.
Image = str | Path | np.ndarray | Any


class Photograph:
    """Pixels, or a file of them. All coordinates are those of the whole photograph, however coarse its pixels are."""

    def __init__(self, source: Image) -> None:
        """source: a file, (H, W, 3) uint8 RGB, a picture of PIL, or a uint8 tensor (3, H, W) or (H, W, 3).

        Raises what `check_photograph` and `jpeg_size` raise.
        """
        self._pixels: np.ndarray | None = None
        self._reduction, self._stored = 1, None
        self._name = "the photograph"
        if isinstance(source, (str, Path)):
            self._path, self._name, self._stored = Path(source), str(source), jpeg_size(source)
            exif = jpeg_exif(source)
        else:
            self._pixels = check_photograph(_as_array(source))
            exif = getattr(source, "info", {}).get("exif", b"").removeprefix(EXIF)  # of a picture of PIL
        # Millimetres of the lens that on 35 mm film sees as much, as the EXIF of a JPEG says; None: it does not.
        self.focal_length_35mm = focal_length_35mm(exif) if exif else None

    def __str__(self) -> str:
        return self._name

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole photograph, pixels, turned as its EXIF orientation says."""
        pixels, reduction = self.pixels(max(REDUCTIONS))
        if self._stored is not None:
            stored, turned = self._stored, self._stored[::-1]
            if stored == turned or _reduced(stored, reduction) != _reduced(turned, reduction):
                return stored if pixels.shape[1::-1] == _reduced(stored, reduction) else turned
        height, width = self.pixels()[0].shape[:2]  # of what is nearly square only all pixels tell which side is longer
        return width, height

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
            reduction = max(allowed, default=1)
            self._pixels, self._reduction = read_photograph(self._path, reduction), reduction
        return self._pixels, self._reduction

    def cut(self, crop: Crop) -> np.ndarray:
        """(size, size, 3) uint8 RGB: a crop, of pixels no wider than its own."""
        pixels, reduction = self.pixels(1 / crop.zoom)
        return crop.on_reduced(reduction).cut(pixels)


def _reduced(size: tuple[int, int], reduction: int) -> tuple[int, int]:
    """Sides so many times shorter, as OpenCV rounds them."""
    return -(-size[0] // reduction), -(-size[1] // reduction)


def _as_array(image: Any) -> Any:
    """A picture of PIL, turned upright, and a tensor of PyTorch as an array (H, W, 3); anything else as it is."""
    package = type(image).__module__.partition(".")[0]
    if package == "PIL":
        from PIL import ImageOps

        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    if package != "torch":
        return image
    array = image.detach().cpu().numpy()
    return array.transpose(1, 2, 0) if array.ndim == 3 and array.shape[0] == 3 != array.shape[2] else array
