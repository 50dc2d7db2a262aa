"""How large a picture is, by its header alone: JPEG, PNG, WebP, BMP, TIFF and GIF, each by its specification."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import BinaryIO, Literal

Size = tuple[int, int]  # width, height; pixels, as stored

_JPEG = b"\xff\xd8"
_PNG = b"\x89PNG\r\n\x1a\n"
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # of a JPEG's markers those of frames, which say how large it is
_BARE = {0x01, *range(0xD0, 0xD8)}  # markers without a length and content
_END = {0xD8, 0xD9, 0xDA}  # of the header: another start, the end, the pixels
_WIDTH, _HEIGHT = 256, 257  # tags of a TIFF
_TIFF_SIZES = {3: 2, 4: 4, 16: 8}  # bytes of an integer by its type


def size_in_header(encoded: bytes) -> Size | None:
    """Width and height of a picture as stored: its EXIF orientation may turn it. None for what is none of these."""
    for start, reader in _READERS.items():
        if encoded.startswith(start):
            size = reader(encoded)
            return size if size and min(size) > 0 else None
    return None


def jpeg_frame(file: BinaryIO) -> Size | None:
    """The size in a JPEG's header, read from the file's start; None for any other file."""
    for marker, _ in jpeg_segments(file):
        if marker in _FRAMES:
            height, width = (int.from_bytes(side, "big") for side in (file.read(3)[1:], file.read(2)))
            return (width, height) if width and height else None
    return None


def jpeg_segments(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Marker and length of each segment of a JPEG's header (ITU-T T.81, annex B), at whose content the file stands.

    What stands between two markers is passed over, as the decoder does. Nothing of any other file.
    """
    if file.read(2) != _JPEG:
        return
    while marker := _next_marker(file):
        if marker in _BARE:
            continue
        length = int.from_bytes(file.read(2), "big") - 2
        if marker in _END or length < 0:
            return
        end = file.tell() + length
        yield marker, length
        file.seek(end)


def ends_within(encoded: bytes) -> bool:
    """Whether every chunk of a PNG ends within the file, by the length it states; True of all other files.

    OpenCV makes room for as much as a chunk states, up to 2 GB, before it looks for it. It reads on behind the last
    chunk where it has seen no pixels yet.
    """
    if not encoded.startswith(_PNG):
        return True
    place, pixels = len(_PNG), False
    while place < len(encoded):
        kind = encoded[place + 4 : place + 8]
        if kind == b"IEND" and pixels:
            return True
        pixels |= kind == b"IDAT"
        place += 12 + _integer(encoded, place, 4, "big")
    return place == len(encoded)


def _next_marker(file: BinaryIO) -> int:
    """The code of the next marker; 0 at the end."""
    byte = file.read(1)
    while byte:
        if byte != b"\xff":
            byte = file.read(1)
            continue
        while (byte := file.read(1)) == b"\xff":
            pass
        if byte not in (b"", b"\0"):
            return byte[0]
    return 0


def _of_jpeg(encoded: bytes) -> Size | None:
    return jpeg_frame(BytesIO(encoded))


def _of_png(encoded: bytes) -> Size:
    return _integer(encoded, 16, 4, "big"), _integer(encoded, 20, 4, "big")


def _of_gif(encoded: bytes) -> Size:
    return _integer(encoded, 6, 2), _integer(encoded, 8, 2)


def _of_bmp(encoded: bytes) -> Size:
    """The oldest header has sides of two bytes; in later ones a height below 0 says that the first row is on top."""
    if _integer(encoded, 14, 4) == 12:
        return _integer(encoded, 18, 2), _integer(encoded, 20, 2)
    height = int.from_bytes(encoded[22:26], "little", signed=True)
    return _integer(encoded, 18, 4), abs(height)


def _of_webp(encoded: bytes) -> Size | None:
    """The canvas, or where there is none the one frame, packed or without loss."""
    match encoded[8:16]:
        case b"WEBPVP8X":
            return _integer(encoded, 24, 3) + 1, _integer(encoded, 27, 3) + 1
        case b"WEBPVP8L":
            bits = _integer(encoded, 21, 4)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"WEBPVP8 ":
            return _integer(encoded, 26, 2) & 0x3FFF, _integer(encoded, 28, 2) & 0x3FFF
        case _:
            return None


def _of_tiff(encoded: bytes) -> Size | None:
    """The first picture of the file, whose tags are in its first directory; 43 instead of 42 is BigTIFF."""
    order: Literal["little", "big"] = "little" if encoded.startswith(b"II") else "big"
    large = _integer(encoded, 2, 2, order) == 43
    place = _integer(encoded, 8, 8, order) if large else _integer(encoded, 4, 4, order)
    count_bytes, entry_bytes, value = (8, 20, 12) if large else (2, 12, 8)
    found: dict[int, int | None] = {}
    start = place + count_bytes
    for number in range(min(_integer(encoded, place, count_bytes, order), (len(encoded) - start) // entry_bytes)):
        entry = start + number * entry_bytes
        tag, kind = _integer(encoded, entry, 2, order), _integer(encoded, entry + 2, 2, order)
        if tag in (_WIDTH, _HEIGHT):  # a decoder believes the first of each
            size = _TIFF_SIZES.get(kind) if _integer(encoded, entry + 4, value - 4, order) == 1 else None
            found.setdefault(tag, None if size is None else _integer(encoded, entry + value, size, order))
    width, height = found.get(_WIDTH), found.get(_HEIGHT)
    return None if width is None or height is None else (width, height)


def _integer(encoded: bytes, place: int, size: int, order: Literal["little", "big"] = "little") -> int:
    """An integer without sign; 0 beyond the end."""
    return int.from_bytes(encoded[place : place + size], order)


_READERS: dict[bytes, Callable[[bytes], Size | None]] = {
    _JPEG: _of_jpeg,
    _PNG: _of_png,
    b"RIFF": _of_webp,
    b"BM": _of_bmp,
    b"GIF8": _of_gif,
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _of_tiff),
}
