"""Pictures, (H, W, 3) uint8 RGB: read, decoded, encoded, drawn on with sub-pixel accuracy, laid side by side."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from trans3dhead.files import write_atomically
from trans3dhead.reading.picture_sizes import ends_within, jpeg_frame, jpeg_segments, size_in_header

# What a folder is searched for; a file given by name is read whatever it is called.
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
MOST_PIXELS = 200_000_000  # of a picture that is decoded: the largest photograph of a telephone, 600 MB
REDUCTIONS = (1, 2, 4, 8)  # by which a JPEG can be decoded smaller than it is: it is made of blocks of 8 × 8 pixels
_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
OVERLAY_SUFFIX = ".overlay.png"  # of the pictures that `predict` writes
_RESULTS = (OVERLAY_SUFFIX, ".skin.jpg", ".eyes.png")  # likewise, with the textures of .obj files
SUBPIXEL_BITS = 4  # the fractional bits of the integers at which OpenCV draws, its argument `shift`
_JPEG = b"\xff\xd8"  # how its files begin
_ROWS = 256  # of a picture at once
_APPLICATION_1 = 0xE1  # the marker of the segment that holds EXIF
EXIF = b"Exif\0\0"  # how that begins
_FARTHEST = 2**20  # pixels; OpenCV's integers would overflow far beyond

Colour = tuple[int, int, int]  # RGB


# Reading


def find_photographs(inputs: Iterable[str | Path], recursive: bool = False) -> list[Path]:
    """Files as given, folders as the photographs directly in them, sorted by name; each file once.

    recursive: also those in the folders inside, links to folders left aside. Overlays and textures that `predict` wrote
    into a folder are not photographs of it. A file that does not exist is kept, so that reading it reports it. A folder
    without photographs is a ValueError.
    """
    found: dict[Path, None] = {}
    for path in map(Path, inputs):
        if not path.is_dir():
            found[path] = None
            continue
        within = path.rglob("*") if recursive else path.iterdir()
        files = (p for p in within if p.suffix.lower() in SUFFIXES and p.is_file())
        inside = sorted(p for p in files if not p.name.endswith(_RESULTS))
        if not inside:
            raise ValueError(f"{path}: expected a folder with photographs ({', '.join(SUFFIXES)}), found none in it")
        found.update(dict.fromkeys(inside))
    return list(found)


def read_photograph(path: str | Path, reduction: int = 1) -> np.ndarray:
    """A file -> (H, W, 3) uint8 RGB, EXIF orientation applied.

    Gray becomes RGB, 16 bits become 8, a transparent picture is laid on white, of several the first is taken.
    reduction: 2, 4 or 8 make each side so many times shorter, rounded up; of a JPEG much is then never computed. Raises
    ValueError for what is not a readable picture, or has more than `MOST_PIXELS` by its header, and FileNotFoundError
    where there is no file.
    """
    path = _existing(path)
    encoded = path.read_bytes()  # OpenCV's own reader fails on paths outside of ASCII on some systems
    try:
        bgr = _decoded(encoded, _REDUCED[reduction])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if bgr is None and size_in_header(encoded) is not None:
        raise ValueError(f"{path}: expected a whole photograph, got one that is damaged or cut off; get it again")
    if bgr is None:
        raise ValueError(
            f"{path}: expected a JPEG, PNG, WebP, BMP or TIFF photograph, got something unreadable; "
            "convert it (HEIC too) to JPEG or PNG"
        )
    rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    return rgb if encoded.startswith(_JPEG) else _on_white(rgb, decode_as_stored(encoded))


def jpeg_size(path: str | Path) -> tuple[int, int] | None:
    """Width and height of a JPEG in pixels, as stored: its EXIF orientation may turn it. None for any other file.

    It reads the header alone. Raises FileNotFoundError where there is no file.
    """
    with _existing(path).open("rb") as file:
        return jpeg_frame(file)


def jpeg_exif(path: str | Path) -> bytes | None:
    """The EXIF block of a JPEG, a TIFF file of its own. None where there is none, and for any other file.

    It reads the header alone. Raises FileNotFoundError where there is no file.
    """
    with _existing(path).open("rb") as file:
        for marker, length in jpeg_segments(file):
            if marker == _APPLICATION_1 and (block := file.read(length)).startswith(EXIF):
                return block[len(EXIF) :]
    return None


def _existing(path: str | Path) -> Path:
    """A file; a pipe, which could be waited for without an end, is none."""
    path = Path(path)
    if not path.is_file():
        is_address = str(path).startswith(("http:", "https:"))
        raise FileNotFoundError(f"{path}: no such photograph{'; download it first' if is_address else ''}")
    return path


def check_photograph(image: np.ndarray) -> np.ndarray:
    """Return `image` if it is (H, W, 3) uint8, RGB by agreement; raise a ValueError that says what it is otherwise."""
    if not isinstance(image, np.ndarray):
        raise ValueError(
            f"image: expected a path, an array, a picture of PIL or a tensor of PyTorch, got {type(image).__name__}"
        )
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(
            f"image: expected (H, W, 3) uint8 RGB, got {image.shape} {image.dtype}; "
            "scale floats to 0..255, repeat gray three times, drop alpha"
        )
    return np.ascontiguousarray(image)


def decode_photograph(encoded: bytes) -> np.ndarray:
    """The bytes of an image file -> (H, W, 3) uint8 RGB, EXIF orientation applied, transparency dropped.

    Raises ValueError for what is not a readable picture, or has more than `MOST_PIXELS` by its header.
    """
    bgr = _decoded(encoded, cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError(f"expected an image file, got {len(encoded)} bytes that cannot be decoded")
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def decode_as_stored(encoded: bytes) -> np.ndarray | None:
    """The bytes of an image file -> its channels (gray, BGR or BGRA) in its own depth, not turned; None for no picture.

    It is for files that are no photographs: maps with opacity, classes of pixels. Raises ValueError for more than
    `MOST_PIXELS` by the header.
    """
    return _decoded(encoded, cv2.IMREAD_UNCHANGED)


def _decoded(encoded: bytes, flags: int) -> np.ndarray | None:
    """What OpenCV makes of a picture whose header says that it is not too large; None for what is none."""
    size = size_in_header(encoded)
    if size is None:
        return None
    if size[0] * size[1] > MOST_PIXELS:
        raise ValueError(
            f"expected a picture of at most {MOST_PIXELS:,} pixels, its header says {size[0]:,} × {size[1]:,}; "
            "make it smaller"
        )
    if not ends_within(encoded):
        return None
    try:
        return cv2.imdecode(np.frombuffer(encoded, np.uint8), flags)
    except cv2.error:
        return None


def _on_white(rgb: np.ndarray, stored: np.ndarray | None) -> np.ndarray:
    """(H, W, 3) RGB and the same picture as stored, perhaps with alpha -> (H, W, 3) RGB, in the memory of `rgb`."""
    if stored is None or stored.ndim != 3 or stored.shape != (*rgb.shape[:2], 4):
        return rgb
    top = np.iinfo(stored.dtype).max if stored.dtype.kind == "u" else 1.0
    for start in range(0, len(rgb), _ROWS):  # floats of all rows would be eight times as much memory
        rows = slice(start, start + _ROWS)
        alpha = stored[rows, :, 3:].astype(np.float32) / top
        rgb[rows] = np.round(rgb[rows] * alpha + 255.0 * (1.0 - alpha)).astype(np.uint8)
    return rgb


# Writing


def encode_jpeg(image: np.ndarray, quality: int = 95) -> bytes:
    """(H, W, 3) uint8 RGB -> a JPEG file; quality: 1 to 100, as OpenCV counts it."""
    return _encoded(image, ".jpg", (cv2.IMWRITE_JPEG_QUALITY, quality))


def encode_png(image: np.ndarray, options: Sequence[int] = ()) -> bytes:
    """(H, W, 3) RGB or (H, W) gray, uint8 -> a PNG file; options: OpenCV's, such as IMWRITE_PNG_COMPRESSION, 9."""
    return _encoded(image, ".png", options)


def check_picture_name(path: Path, name: str = "picture") -> None:
    """Raise ValueError for a file that `write_picture` cannot write; name: how the error calls the picture."""
    if not cv2.haveImageWriter(str(path)):
        raise ValueError(f"{name}: expected a file name that ends in .jpg or .png, got '{path}'")


def write_picture(path: str | Path, image: np.ndarray) -> None:
    """Write (H, W, 3) uint8 RGB as the file that the suffix asks for, whole or not at all."""
    path = Path(path)
    check_picture_name(path)
    write_atomically(path, _encoded(image, path.suffix))


def _encoded(image: np.ndarray, suffix: str, options: Sequence[int] = ()) -> bytes:
    bgr = image if image.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2BGR)
    good, encoded = cv2.imencode(suffix, bgr, options)
    if not good:
        raise RuntimeError(f"OpenCV could not encode a picture of shape {image.shape} as {suffix}")
    return encoded.tobytes()


# Drawing, in place and antialiased. Points are continuous pixels: (0, 0) is the corner of the first pixel.


def subpixel(points: np.ndarray) -> np.ndarray:
    """(..., 2) pixels -> the int32 at which OpenCV draws with `SUBPIXEL_BITS`: 1/16 pixel about pixel centres."""
    return np.round(np.clip(points - 0.5, -_FARTHEST, _FARTHEST) * 2.0**SUBPIXEL_BITS).astype(np.int32)


def draw_line(canvas: np.ndarray, points: np.ndarray, colour: Colour, width: int = 1, closed: bool = False) -> None:
    """A line through (N, 2) points, `width` pixels wide."""
    cv2.polylines(canvas, [subpixel(points)], closed, colour, width, cv2.LINE_AA, SUBPIXEL_BITS)


def draw_box(canvas: np.ndarray, box: np.ndarray, colour: Colour, width: int = 1) -> None:
    """The outline of a box (4,) [x, y, w, h] pixels."""
    x, y, w, h = box
    draw_line(canvas, np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]]), colour, width, closed=True)


def draw_dots(canvas: np.ndarray, points: np.ndarray, colour: Colour, radius: float) -> None:
    """Discs of `radius` pixels at (N, 2) points."""
    for x, y in subpixel(points).tolist():
        cv2.circle(canvas, (x, y), round(2**SUBPIXEL_BITS * radius), colour, -1, cv2.LINE_AA, SUBPIXEL_BITS)


# Sheets


def picture_grid(pictures: Sequence[np.ndarray], columns: int, gap: int = 0, ground: Colour = (0, 0, 0)) -> np.ndarray:
    """Pictures (h, w, 3) uint8 RGB of one size, one at least, row by row -> (H, W, 3), of `ground` where there is none.

    columns: at most; gap: pixels between the pictures and around them.
    """
    columns = min(columns, len(pictures))
    height, width = (side + gap for side in pictures[0].shape[:2])
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * height + gap, columns * width + gap, 3), ground, dtype=np.uint8)
    for number, picture in enumerate(pictures):
        top, left = (number // columns) * height + gap, (number % columns) * width + gap
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet
