"""Sizes in headers against what OpenCV and Pillow write, and against what OpenCV decodes of changed files."""

import io
import random
import struct

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trans3dhead.reading.picture_sizes import size_in_header

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
    oldest = b"BM" + bytes(12) + struct.pack("<IHH", 12, 70, 40)
    top_first = b"BM" + bytes(12) + struct.pack("<Iii", 40, 70, -40)
    big_endian = (
        b"MM\0*\0\0\0\x08" + struct.pack(">H", 2) + struct.pack(">HHIHHHHIHH", 256, 3, 1, 70, 0, 257, 3, 1, 40, 0)
    )
    assert {size_in_header(header) for header in (oldest, top_first, big_endian)} == {(70, 40)}


def test_of_a_tiff_that_says_its_width_twice_the_first_counts():
    """As to the decoder: a width of a type that is not read is not made good by a later, smaller one."""
    entries = [(256, 9, 1, 15000), (257, 9, 1, 15000), (256, 4, 1, 10), (257, 4, 1, 10)]
    header = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries))
    assert size_in_header(header + b"".join(struct.pack("<HHII", *entry) for entry in entries)) is None
    swapped = b"".join(struct.pack("<HHII", *entry) for entry in entries[2:] + entries[:2])
    assert size_in_header(header + swapped) == (10, 10)


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
