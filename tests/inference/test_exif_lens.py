"""The focal length of a photograph: from EXIF, given, or assumed. PIL writes the EXIF."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trans3dhead.inference import Lens, Photograph
from trans3dhead.inference.exif import focal_length_35mm


def exif_of(millimetres: int | None, order: str = "<") -> Image.Exif:
    exif = Image.Exif()
    exif.endian = order
    exif[0x010F] = "a maker"
    exif[0x0112] = 6  # turned
    directory = exif.get_ifd(0x8769)
    directory |= {0x829A: 0.01, 0x920A: 4.25}  # exposure and true focal length, rationals
    if millimetres is not None:
        directory[0xA405] = millimetres
    return exif


def jpeg(path: Path, exif: Image.Exif) -> Path:
    Image.fromarray(np.full((48, 64, 3), 128, np.uint8)).save(path, exif=exif)
    return path


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_jpeg_says_its_focal_length(tmp_path, order):
    path = jpeg(tmp_path / "a.jpg", exif_of(26, order))
    assert Photograph(path).focal_length_35mm == 26.0
    assert Photograph(str(path)).size == (48, 64)  # turned
    with Image.open(path) as picture:
        assert Photograph(picture).focal_length_35mm == 26.0


def test_what_does_not_say_it(tmp_path):
    assert Photograph(jpeg(tmp_path / "a.jpg", exif_of(None))).focal_length_35mm is None
    assert Photograph(jpeg(tmp_path / "b.jpg", exif_of(0))).focal_length_35mm is None  # 0: not known
    assert Photograph(jpeg(tmp_path / "c.jpg", Image.Exif())).focal_length_35mm is None
    assert Photograph(np.zeros((4, 4, 3), np.uint8)).focal_length_35mm is None


def test_a_damaged_block_says_nothing_or_the_truth():
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(buffer, "JPEG", exif=exif_of(26))
    with Image.open(buffer) as picture:
        block = picture.info["exif"].removeprefix(b"Exif\0\0")
    assert focal_length_35mm(block) == 26.0
    assert {focal_length_35mm(block[:length]) for length in range(len(block))} <= {None, 26.0}
    random = np.random.default_rng(0)
    for _ in range(300):
        broken = bytearray(block)
        broken[random.integers(8, len(block))] = random.integers(256)
        focal_length_35mm(bytes(broken))


def test_lenses_by_their_formulas():
    assert Lens.given((640, 480), field_of_view=90.0).focal_length == pytest.approx(320.0)
    assert Lens.given((640, 480), focal_length=500.0).focal_length == 500.0
    full_frame = Lens.guessed((3600, 2400), 50.0)
    assert (full_frame.focal_length, full_frame.source) == (pytest.approx(5000.0), "exif")  # 100 pixels a millimetre
    assumed = Lens.guessed((300, 400))
    assert (assumed.focal_length, assumed.source) == (500.0, "assumed")
    assert assumed.principal_point.tolist() == [150.0, 200.0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "got neither"),
        ({"focal_length": 500.0, "field_of_view": 60.0}, "got both"),
        ({"focal_length": 0.0}, "more than 0 pixels, got 0"),
        ({"focal_length": float("nan")}, "more than 0 pixels, got nan"),
        ({"field_of_view": 180.0}, "less than 180 degrees, got 180"),
    ],
)
def test_what_no_lens_has(given, words):
    with pytest.raises(ValueError, match=words):
        Lens.given((640, 480), **given)
