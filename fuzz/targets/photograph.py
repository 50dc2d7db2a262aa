"""Photographs: every format that is read, with EXIF, depth, palettes and alpha."""

import functools
import io
from pathlib import Path

import cv2
import numpy as np

from trans3dhead.images import decode_as_stored, decode_photograph, encode_jpeg
from trans3dhead.inference.photograph import Photograph

_MOST_PIXELS = 4_000_000  # of what is decoded whole here, where the package has a limit of 200 million: more is slow


@functools.cache
def tiny_jpeg() -> bytes:
    """A photograph of 12 × 8 pixels."""
    return encode_jpeg(np.arange(288, dtype=np.uint8).reshape(8, 12, 3))


def seeds() -> list[bytes]:
    """Small pictures, by OpenCV and, where it is installed, by Pillow, which knows more kinds."""
    rgb = np.arange(13 * 17 * 3, dtype=np.uint8).reshape(13, 17, 3)
    files = [tiny_jpeg(), *(bytes(cv2.imencode(suffix, rgb)[1]) for suffix in (".png", ".webp", ".bmp", ".tiff"))]
    files.append(bytes(cv2.imencode(".png", rgb.astype(np.uint16) * 257)[1]))
    files.append(bytes(cv2.imencode(".png", np.dstack((rgb, rgb[..., 0])))[1]))
    try:
        from PIL import Image
    except ImportError:
        return files
    picture = Image.fromarray(rgb)
    for image, options in (
        (picture.convert("CMYK"), {"format": "JPEG"}),
        (picture, {"format": "JPEG", "progressive": True, "exif": _exif()}),
        (picture.quantize(4), {"format": "PNG"}),
        (picture.convert("LA"), {"format": "PNG"}),
        (picture.quantize(4), {"format": "GIF", "save_all": True, "append_images": [picture.quantize(8)]}),
        (picture, {"format": "WEBP", "save_all": True, "append_images": [picture.rotate(90)]}),
        (picture, {"format": "TIFF", "compression": "tiff_lzw"}),
        (picture, {"format": "TIFF", "compression": "jpeg"}),
    ):
        file = io.BytesIO()
        image.save(file, **options)
        files.append(file.getvalue())
    return files


def _exif() -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    return exif.tobytes()


def read(data: bytes, folder: Path) -> None:
    """As `predict` opens a file, and as what comes by standard input or out of a set is decoded."""
    path = folder / "photograph.jpg"
    path.write_bytes(data)
    photograph = Photograph(path)
    photograph.pixels(8)
    width, height = photograph.size
    if width * height <= _MOST_PIXELS:
        photograph.pixels()
        decode_photograph(data)
        decode_as_stored(data)
