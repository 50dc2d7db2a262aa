"""Reading photographs: colour order, EXIF, depth, alpha, names, and what is refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from trans3dhead.inference.photographs import check_photograph, find_photographs, read_photograph


@pytest.fixture
def picture() -> np.ndarray:
    """(40, 60, 3) RGB: red on the left, blue on the right, green below."""
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, :30, 0] = image[:, 30:, 2] = image[30:, :, 1] = 200
    return image


def write(path: Path, rgb: np.ndarray) -> Path:
    path.write_bytes(bytes(cv2.imencode(path.suffix, rgb[..., ::-1])[1]))
    return path


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """The JPEG with an EXIF block of one entry, written from the EXIF specification."""
    tiff = b"II*\0\x08\0\0\0" + b"\x01\0" + b"\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0, 0, 0]) + b"\0\0\0\0"
    block = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + jpeg[2:]


def test_a_png_comes_back_as_rgb(tmp_path, picture):
    np.testing.assert_array_equal(read_photograph(write(tmp_path / "a.png", picture)), picture)


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_exif_orientation_is_applied(tmp_path, picture, orientation, turns):
    jpeg = write(tmp_path / "a.jpg", picture)
    jpeg.write_bytes(with_orientation(jpeg.read_bytes(), orientation))
    read = read_photograph(jpeg).astype(int)
    expected = np.rot90(picture, turns)
    assert read.shape == expected.shape
    assert np.abs(read - expected).mean() < 8


def test_a_name_outside_of_ascii_is_read(tmp_path, picture):
    folder = tmp_path / "Фото 写真"
    folder.mkdir()
    np.testing.assert_array_equal(read_photograph(write(folder / "tête.png", picture)), picture)


def test_gray_and_sixteen_bits_become_rgb_bytes(tmp_path, picture):
    gray = picture[..., 0]
    (tmp_path / "g.png").write_bytes(bytes(cv2.imencode(".png", gray)[1]))
    np.testing.assert_array_equal(read_photograph(tmp_path / "g.png"), np.repeat(gray[..., None], 3, axis=2))
    deep = picture[..., ::-1].astype(np.uint16) * 257
    (tmp_path / "d.png").write_bytes(bytes(cv2.imencode(".png", deep)[1]))
    assert np.abs(read_photograph(tmp_path / "d.png").astype(int) - picture).max() <= 1


def test_a_transparent_picture_lies_on_white(tmp_path, picture):
    alpha = np.zeros((40, 60, 1), np.uint8)
    alpha[:20] = 255
    bgra = np.concatenate((picture[..., ::-1], alpha), axis=2)
    (tmp_path / "t.png").write_bytes(bytes(cv2.imencode(".png", bgra)[1]))
    read = read_photograph(tmp_path / "t.png")
    np.testing.assert_array_equal(read[:20], picture[:20])
    assert (read[20:] == 255).all()


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0 broken"])
def test_what_is_no_picture_is_named(tmp_path, content):
    path = tmp_path / "broken.jpg"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.jpg: expected a JPEG"):
        read_photograph(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.jpg"):
        read_photograph(tmp_path / "none.jpg")


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)],
)
def test_arrays_of_another_kind_are_refused(image):
    with pytest.raises(ValueError, match="uint8 RGB"):
        check_photograph(image)


def test_folders_are_searched_and_files_kept_once(tmp_path, picture):
    first, second = write(tmp_path / "b.jpg", picture), write(tmp_path / "a.PNG", picture)
    (tmp_path / "notes.txt").write_text("no photograph")
    missing = tmp_path / "missing.jpg"
    assert find_photographs([first, tmp_path, missing]) == [first, second, missing]
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ValueError, match="found none"):
        find_photographs([empty])


def test_overlays_in_a_folder_are_not_photographs(tmp_path):
    for name in ("a.jpg", "a.overlay.png"):
        (tmp_path / name).touch()
    assert find_photographs([tmp_path]) == [tmp_path / "a.jpg"]
    assert find_photographs([tmp_path / "a.overlay.png"]) == [tmp_path / "a.overlay.png"]  # given by name, it is one
