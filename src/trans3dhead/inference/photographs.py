"""Photographs at the door: files and arrays to RGB uint8, upright."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

# What a folder is searched for; a file given by name is read whatever it is called.
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
OVERLAY_SUFFIX = ".overlay.png"  # of the pictures that `predict` writes


def read_photograph(path: str | Path) -> np.ndarray:
    """A file -> (H, W, 3) uint8 RGB, EXIF orientation applied.

    Gray becomes RGB, 16 bits become 8, a transparent picture is laid on white. Raises ValueError for what is not a
    readable picture and FileNotFoundError where there is no file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such photograph")
    # Decoding from memory: OpenCV's own reader fails on paths outside of ASCII on some systems.
    encoded = np.fromfile(path, dtype=np.uint8)
    bgr = _decode(encoded, cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError(
            f"{path}: expected a JPEG, PNG, WebP, BMP or TIFF photograph, got something unreadable; "
            "convert it (HEIC too) to JPEG or PNG"
        )
    return _on_white(bgr, _decode(encoded, cv2.IMREAD_UNCHANGED))


def check_photograph(image: np.ndarray) -> np.ndarray:
    """Return `image` if it is (H, W, 3) uint8, RGB by agreement; raise a ValueError that says what it is otherwise."""
    if not isinstance(image, np.ndarray):
        raise ValueError(f"image: expected a path or a numpy array, got {type(image).__name__}")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(
            f"image: expected (H, W, 3) uint8 RGB, got {image.shape} {image.dtype}; "
            "scale floats to 0..255, repeat gray three times, drop alpha"
        )
    return np.ascontiguousarray(image)


def find_photographs(inputs: Iterable[str | Path]) -> list[Path]:
    """Files as given, folders as the photographs directly in them, sorted by name; each file once.

    Overlays that `predict` wrote into a folder are not photographs of it. A file that does not exist is kept, so that
    reading it reports it. A folder without photographs is a ValueError.
    """
    found: dict[Path, None] = {}
    for path in map(Path, inputs):
        if not path.is_dir():
            found[path] = None
            continue
        files = (p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
        inside = sorted(p for p in files if not p.name.endswith(OVERLAY_SUFFIX))
        if not inside:
            raise ValueError(f"{path}: expected a folder with photographs ({', '.join(SUFFIXES)}), found none in it")
        found.update(dict.fromkeys(inside))
    return list(found)


def _decode(encoded: np.ndarray, flags: int) -> np.ndarray | None:
    if not encoded.size:
        return None
    try:
        return cv2.imdecode(encoded, flags)
    except cv2.error:
        return None


def _on_white(bgr: np.ndarray, unchanged: np.ndarray | None) -> np.ndarray:
    """(H, W, 3) BGR and the same picture as stored, perhaps with alpha -> (H, W, 3) RGB."""
    rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    if unchanged is None or unchanged.ndim != 3 or unchanged.shape != (*bgr.shape[:2], 4):
        return rgb
    top = np.iinfo(unchanged.dtype).max if unchanged.dtype.kind == "u" else 1.0
    alpha = unchanged[..., 3:].astype(np.float32) / top
    return np.round(rgb * alpha + 255.0 * (1.0 - alpha)).astype(np.uint8)
