"""Sizes in headers against what OpenCV and Pillow write, and against what OpenCV decodes of changed files."""

import io
import random
import struct

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trans3dhead.reading.picture_sizes import ends_within, jpeg_frame, jpeg_segments, size_in_header

SIDES = st.integers(1, 300)


@settings(deadline=None, max_examples=30)
@given(width=SIDES, height=SIDES, suffix=st.sampled_from([".jpg", ".png", ".webp", ".bmp", ".tiff"]))
def test_what_opencv_writes(width, height, suffix):
    picture = np.zeros((height, width, 3), np.uint8)
    assert size_in_header(cv2.imencode(suffix, picture)[1].tobytes()) == (width, height)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"progressive": True}),
        ("GIF", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"}),  # with a canvas
        ("TIFF", {"big_tiff": True}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("BMP", {}),
    ],
)
def test_what_pillow_writes(kind, options):
    image = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    image.new("RGB", (70, 40), (9, 99, 200)).save(file, kind, **options)
    assert size_in_header(file.getvalue()) == (70, 40)


def test_other_headers_of_the_formats():
    oldest = b"BM" + bytes(12) + struct.pack("<IHHHH", 12, 70, 40, 1, 24)
    top_first = b"BM" + bytes(12) + struct.pack("<Iii", 40, 70, -40)
    big_endian = (
        b"MM\0*\0\0\0\x08" + struct.pack(">H", 2) + struct.pack(">HHIHHHHIHH", 256, 3, 1, 70, 0, 257, 3, 1, 40, 0)
    )
    assert {size_in_header(header) for header in (oldest, top_first, big_endian)} == {(70, 40)}


def riff(kind: bytes, content: bytes) -> bytes:
    return b"RIFF????WEBP" + kind + b"????" + content


def big_tiff(order: str, *entries: tuple[int, int, int, int]) -> bytes:
    """Entries: tag, type, count, value."""
    start = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HHHQQ", 43, 8, 0, 16, len(entries))
    return start + b"".join(struct.pack(order + "HHQQ", *entry) for entry in entries)


# Sides whose bytes all differ, by the formats' specifications: a byte from beside or an order mixed up changes them.
BY_HAND = {
    "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + struct.pack(">II", 0x01020304, 0x05060708), 0x01020304, 0x05060708),
    "GIF": (b"GIF87a" + struct.pack("<HH", 0x0102, 0x0304), 0x0102, 0x0304),
    "BMP": (b"BM" + bytes(12) + struct.pack("<Iii", 40, 0x01020304, -0x05060708), 0x01020304, 0x05060708),
    "old BMP": (b"BM" + bytes(12) + struct.pack("<IHH", 12, 0x0102, 0x0304), 0x0102, 0x0304),
    "WebP with a canvas": (riff(b"VP8X", b"\xff" * 4 + b"\x03\x02\x01\x06\x05\x04\xff"), 0x010204, 0x040507),
    "WebP without loss": (riff(b"VP8L", b"\x2f" + struct.pack("<I", 0xFE815234)), 0x1235, 0x3A06),  # of 14 bits
    "WebP": (riff(b"VP8 ", b"\xff" * 6 + struct.pack("<HH", 0xC000 | 0x1234, 0x4000 | 0x3A05)), 0x1234, 0x3A05),
    "BigTIFF": (big_tiff("<", (257, 16, 1, 0x0506070809), (256, 16, 1, 0x0102030405)), 0x0102030405, 0x0506070809),
    "BigTIFF of Motorola's": (big_tiff(">", (256, 4, 1, 7 << 32), (257, 3, 1, 9 << 48)), 7, 9),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_every_byte_of_a_side_is_read(name):
    header, width, height = BY_HAND[name]
    assert size_in_header(header) == (width, height)


def test_a_side_of_nought_is_no_size():
    for sides in ((0, 7), (7, 0)):
        assert size_in_header(b"GIF89a" + struct.pack("<HH", *sides)) is None
        assert size_in_header(jpeg_of((0xC0, struct.pack(">BHH", 8, *sides)))) is None


def jpeg_of(*segments: tuple[int, bytes]) -> bytes:
    return b"\xff\xd8" + b"".join(
        b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content for marker, content in segments
    )


@pytest.mark.parametrize("marker", range(0xC0, 0xD0))
def test_which_segments_of_a_jpeg_say_its_size(marker):
    """All starts of frames (SOF0 to SOF15); not the tables of Huffman and arithmetic codes, nor JPG."""
    of_a_frame = marker not in (0xC4, 0xC8, 0xCC)
    jpeg = jpeg_of((0xE0, b"first"), (marker, struct.pack(">BHH", 8, 0x0102, 0x0304)))
    assert size_in_header(jpeg) == ((0x0304, 0x0102) if of_a_frame else None)


def test_the_segments_of_a_jpeg_up_to_its_pixels():
    jpeg = jpeg_of((0xE1, b"Exif"), (0xFE, b"")) + b"\xff\x01\xff\xd0\xff\xd7" + jpeg_of((0xDB, b"table"))[2:]
    file = io.BytesIO(jpeg + jpeg_of((0xDA, b"pixels"), (0xE2, b"beyond"))[2:])
    found = [(marker, length, file.read(length)) for marker, length in jpeg_segments(file)]
    assert found == [(0xE1, 4, b"Exif"), (0xFE, 0, b""), (0xDB, 5, b"table")]
    for end in (b"\xff\xd8\0\4ab", b"\xff\xd9\0\4ab", b"\xff\xe0\0\1ab", b"\xff", b""):
        assert list(jpeg_segments(io.BytesIO(jpeg_of((0xE1, b"Exif")) + end))) == [(0xE1, 4)]
    assert list(jpeg_segments(io.BytesIO(b"GIF89a"))) == []


def test_whether_a_png_is_whole_is_told_by_its_chunks():
    picture = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    png = cv2.imencode(".png", picture)[1].tobytes()
    begins = [8]
    while png[begins[-1] + 4 : begins[-1] + 8] != b"IEND":
        begins.append(begins[-1] + 12 + struct.unpack_from(">I", png, begins[-1])[0])
    for length in range(8, len(png) + 1):  # after its name the last chunk is as good as there
        assert ends_within(png[:length]) == (length in begins or length >= begins[-1] + 8), length
    assert ends_within(png + b"more")
    assert not ends_within(png[:33] + b"\x7f" + png[34:])  # of a chunk of two gigabytes
    without_pixels = png.replace(b"IDAT", b"ID\0\0")
    assert ends_within(without_pixels)
    assert not ends_within(without_pixels + b"\x7f" + bytes(8))  # the decoder would make room for two gigabytes
    assert ends_within(b"\xff\xd8")


def test_of_a_tiff_that_says_its_width_twice_the_first_counts():
    """As to the decoder: a width of a type that is not read is not made good by a later, smaller one."""
    entries = [(256, 9, 1, 15000), (257, 9, 1, 15000), (256, 4, 1, 10), (257, 4, 1, 10)]
    header = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries))
    assert size_in_header(header + b"".join(struct.pack("<HHII", *entry) for entry in entries)) is None
    swapped = b"".join(struct.pack("<HHII", *entry) for entry in entries[2:] + entries[:2])
    assert size_in_header(header + swapped) == (10, 10)


@pytest.mark.parametrize("tag", [256, 257])
def test_a_tiff_that_says_one_side_alone_has_no_size(tag):
    header = b"II*\0\x08\0\0\0" + struct.pack("<H", 1)
    assert size_in_header(header + struct.pack("<HHII", tag, 4, 1, 10)) is None


def test_no_more_entries_of_a_tiff_are_read_than_its_bytes_hold():
    """Nobody waits for a file that says that it has a billion billions of them."""
    entries = ((256, 16, 1, 70), (257, 16, 1, 40))
    for order in "<>":
        whole = bytearray(big_tiff(order, *entries))
        whole[16:24] = struct.pack(order + "Q", 2**60)
        assert size_in_header(bytes(whole)) == (70, 40)


@pytest.mark.parametrize("sides", [(0, 40), (70, 0)])
def test_a_frame_of_a_jpeg_without_a_side_has_no_size(sides):
    width, height = sides
    frame = jpeg_of((0xC0, struct.pack(">BHH", 8, height, width)))
    assert jpeg_frame(io.BytesIO(frame)) is None


@pytest.mark.parametrize("between", [b"\xff\xd0", b"\xff\x01", b"junk", b"\xff\xff\xff", b"\xff\0"])
def test_the_size_of_a_jpeg_is_that_of_its_decoder_whatever_stands_before_it(between):
    jpeg = cv2.imencode(".jpg", np.zeros((40, 70, 3), np.uint8))[1].tobytes()
    changed = jpeg[:2] + between + jpeg[2:]
    decoded = cv2.imdecode(np.frombuffer(changed, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is None or size_in_header(changed) == decoded.shape[1::-1]


@pytest.mark.parametrize(
    "content", [b"", b"gone", b"\xff\xd8\xff\xc0", b"RIFFxxxxWAVE", b"II*\0\xff\xff\xff\xff", b"GIF89a"]
)
def test_what_says_no_size_has_none(content):
    assert size_in_header(content) is None


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".bmp", ".tiff"])  # a PNG has checksums
def test_a_changed_picture_is_never_decoded_to_more_than_its_header_says(suffix):
    picture = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    encoded, rng = cv2.imencode(suffix, picture)[1].tobytes(), random.Random(0)
    decoded = 0
    for _ in range(500):
        at = rng.randrange(min(len(encoded), 200))
        changed = encoded[:at] + bytes([rng.randrange(256)]) + encoded[at + 1 :]
        size = size_in_header(changed)
        if size is None or size[0] * size[1] > 1_000_000:
            continue
        seen = cv2.imdecode(np.frombuffer(changed, np.uint8), cv2.IMREAD_COLOR)
        if seen is not None:
            decoded += 1
            assert sorted(seen.shape[:2]) == sorted(size)
    assert decoded > 20
