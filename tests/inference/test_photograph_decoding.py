"""Photographs that are decoded no finer than they are looked at: sizes, reductions, and heads in the same place."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from exif import with_orientation
from paths import ASTRONAUT
from trans3dhead.images import REDUCTIONS, encode_jpeg, jpeg_size, read_photograph
from trans3dhead.inference import Predictor
from trans3dhead.inference.photograph import Photograph


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The astronaut at 3,072 × 3,072 pixels, a JPEG."""
    image = read_photograph(ASTRONAUT)
    path = tmp_path_factory.mktemp("large") / "large.jpg"
    path.write_bytes(encode_jpeg(cv2.resize(image, (3072, 3072), interpolation=cv2.INTER_CUBIC)))
    return path


@given(width=st.integers(1, 90), height=st.integers(1, 90), progressive=st.booleans())
def test_the_size_of_a_jpeg_is_read_from_its_header(tmp_path_factory, width, height, progressive):
    path = tmp_path_factory.mktemp("size") / "a.jpg"
    pixels = np.zeros((height, width, 3), np.uint8)
    path.write_bytes(bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_PROGRESSIVE, int(progressive)])[1]))
    assert jpeg_size(path) == (width, height) == Photograph(path).size
    for reduction in REDUCTIONS:
        assert read_photograph(path, reduction).shape == (-(-height // reduction), -(-width // reduction), 3)


@pytest.mark.parametrize(
    "content", [b"\xff\xd8", b"\xff\xd8\xff\xe0\0\0" * 9, b"\xff\xd8" + b"\xff" * 99, b"GIF89a", b""]
)
def test_what_has_no_frame_has_no_size(tmp_path, content):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    assert jpeg_size(path) is None
    with pytest.raises(ValueError, match=r"a\.jpg: expected a JPEG, PNG"):
        Photograph(path).pixels()


def test_a_reduced_jpeg_is_its_mean_over_squares(large):
    whole, half = read_photograph(large), read_photograph(large, 2)
    mean = whole.reshape(1536, 2, 1536, 2, 3).mean(axis=(1, 3))
    assert np.abs(half - mean).mean() < 1


def test_pixels_are_decoded_as_fine_as_asked_and_kept(large):
    photograph = Photograph(large)
    assert photograph.coarsest(576) == 4
    assert photograph.pixels(4.9)[1] == 4
    assert photograph.pixels(8)[1] == 4
    assert photograph.pixels(2.0)[1] == 2
    assert photograph.pixels()[0].shape == (3072, 3072, 3)
    assert photograph.pixels(8)[1] == 1
    assert photograph.size == (3072, 3072)


def test_arrays_and_other_files_are_there_whole(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (1200, 900, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), pixels[..., ::-1])
    for photograph in (Photograph(pixels), Photograph(tmp_path / "a.png")):
        assert photograph.coarsest(100) == 1
        assert photograph.pixels(8)[1] == 1
        np.testing.assert_array_equal(photograph.pixels(8)[0], pixels)
        assert photograph.size == (900, 1200)


def test_the_heads_of_a_file_are_those_of_its_pixels(large):
    predictor = Predictor()
    (from_file, *_), (from_pixels, *_) = predictor(large), predictor(read_photograph(large))
    side = float(from_pixels.box[2:].max())
    assert np.abs(from_file.landmarks - from_pixels.landmarks).max() < 0.01 * side
    assert np.abs(from_file.pose.rotation - from_pixels.pose.rotation).max() < 0.02


def turned_jpeg(path: Path, seen: np.ndarray) -> Path:
    """A file whose first row is the right column of what is seen."""
    path.write_bytes(with_orientation(encode_jpeg(np.ascontiguousarray(np.rot90(seen))), 6))
    return path


@pytest.mark.parametrize("size", [(1203, 1201), (1201, 1203), (1200, 800), (64, 64)])
def test_a_turned_file_has_the_size_of_what_is_seen(tmp_path, size):
    width, height = size
    path = turned_jpeg(tmp_path / "turned.jpg", np.zeros((height, width, 3), np.uint8))
    assert Photograph(path).size == size
    assert jpeg_size(path) == size[::-1]


def test_a_turned_file_has_the_heads_of_what_is_seen(large, tmp_path):
    image = read_photograph(large)[:, :2400]
    path = turned_jpeg(tmp_path / "turned.jpg", image)
    photograph = Photograph(path)
    assert jpeg_size(path) == (3072, 2400)
    assert photograph.size == (2400, 3072)
    predictor = Predictor()
    (from_file, *_), (from_pixels, *_) = predictor(path), predictor(np.ascontiguousarray(image))
    assert np.abs(from_file.landmarks - from_pixels.landmarks).max() < 0.01 * float(from_pixels.box[2:].max())


def test_pictures_of_pil_and_tensors_are_taken():
    pil = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    tensor = torch.from_numpy(pixels)
    for source in (pil.fromarray(pixels), pil.fromarray(pixels).convert("RGBA"), tensor, tensor.permute(2, 0, 1)):
        np.testing.assert_array_equal(Photograph(source).pixels()[0], pixels)
    turned = pil.fromarray(pixels)
    turned.getexif()[0x0112] = 6  # the first row stored is the right column seen
    np.testing.assert_array_equal(Photograph(turned).pixels()[0], np.rot90(pixels, -1))


@pytest.mark.parametrize("source", [torch.zeros(3, 8, 8), torch.zeros(1, 3, 8, 8, dtype=torch.uint8), [1, 2], None])
def test_what_is_no_picture_is_refused(source):
    with pytest.raises(ValueError, match="image: expected"):
        Photograph(source)


def test_a_closer_look_decodes_nothing_anew(large, monkeypatch):
    decoded = []

    def counted(path: Path, reduction: int) -> np.ndarray:
        decoded.append(reduction)
        return read_photograph(path, reduction)

    monkeypatch.setattr("trans3dhead.inference.photograph.read_photograph", counted)
    for closer_look in ("none", "face"):
        assert Predictor("small", closer_look=closer_look)(large)
    assert len(decoded) % 2 == 0
    once, closer = np.split(np.array(decoded), 2)
    assert (closer <= once).all()
