"""Pictures: colour order, EXIF, depth, alpha, names, what is refused; places of what is drawn; sheets."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from exif import with_orientation
from trans3dhead.images import (
    check_photograph,
    decode_as_stored,
    decode_photograph,
    draw_box,
    draw_dots,
    draw_line,
    encode_jpeg,
    encode_png,
    find_photographs,
    picture_grid,
    read_photograph,
    write_picture,
)


@pytest.fixture
def picture() -> np.ndarray:
    """(40, 60, 3) RGB: red on the left, blue on the right, green below."""
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, :30, 0] = image[:, 30:, 2] = image[30:, :, 1] = 200
    return image


def write(path: Path, rgb: np.ndarray) -> Path:
    path.write_bytes(bytes(cv2.imencode(path.suffix, rgb[..., ::-1])[1]))
    return path


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
    np.testing.assert_array_equal(decode_photograph(jpeg.read_bytes()), read)


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


@pytest.mark.parametrize("encoded", [b"", b"no picture", b"\xff\xd8\xff\xe0 broken"])
def test_bytes_that_are_no_picture_are_refused(encoded):
    with pytest.raises(ValueError, match=f"expected an image file, got {len(encoded)} bytes"):
        decode_photograph(encoded)
    assert decode_as_stored(encoded) is None


def test_encoded_pictures_come_back(picture):
    np.testing.assert_array_equal(decode_photograph(encode_png(picture)), picture)
    np.testing.assert_array_equal(decode_as_stored(encode_png(picture[..., 0])), picture[..., 0])
    good, bad = (encode_jpeg(picture, quality) for quality in (95, 20))
    assert len(good) > len(bad)
    assert np.abs(decode_photograph(good).astype(int) - picture).mean() < 8


def test_a_view_of_a_picture_is_encoded_like_its_copy(picture):
    turned = picture[:, ::-1]
    assert encode_png(turned) == encode_png(turned.copy())


def test_the_suffix_decides_how_a_picture_is_written(tmp_path, picture):
    write_picture(tmp_path / "new" / "a.png", picture)
    np.testing.assert_array_equal(read_photograph(tmp_path / "new" / "a.png"), picture)
    write_picture(tmp_path / "a.jpg", picture)
    assert (tmp_path / "a.jpg").read_bytes()[:2] == b"\xff\xd8"
    with pytest.raises(ValueError, match=r"picture: expected a file name that ends in \.jpg or \.png, got .*a\.txt"):
        write_picture(tmp_path / "a.txt", picture)


def centre_of(picture: np.ndarray) -> np.ndarray:
    """The middle of what is not black, in continuous pixels."""
    weights = picture.sum(axis=2).astype(float)
    rows, columns = np.indices(weights.shape) + 0.5
    return np.array([(columns * weights).sum(), (rows * weights).sum()]) / weights.sum()


@pytest.mark.parametrize("at", [[20.0, 15.0], [20.5, 15.5], [21.3, 14.8]])
def test_dots_are_drawn_where_they_are(at):
    canvas = np.zeros((40, 50, 3), np.uint8)
    draw_dots(canvas, np.array([at]), (255, 255, 255), radius=4.0)
    np.testing.assert_allclose(centre_of(canvas), at, atol=0.1)
    assert np.pi * 4.0**2 < canvas[..., 0].sum() / 255 < np.pi * 5.0**2  # its soft rim is added to the radius


def test_boxes_and_closed_lines_are_drawn_where_they_are():
    boxed, lined = np.zeros((2, 40, 50, 3), np.uint8)
    draw_box(boxed, np.array([10.25, 8.5, 20.0, 16.0]), (0, 255, 0))
    np.testing.assert_allclose(centre_of(boxed), [20.25, 16.5], atol=0.1)
    corners = np.array([[10.25, 8.5], [30.25, 8.5], [30.25, 24.5], [10.25, 24.5]])
    draw_line(lined, corners, (0, 255, 0), closed=True)
    np.testing.assert_array_equal(boxed, lined)


def test_what_lies_far_outside_is_not_drawn():
    canvas = np.zeros((40, 50, 3), np.uint8)
    draw_dots(canvas, np.array([[1e12, -1e12], [-1e9, 3.0]]), (255, 255, 255), radius=4.0)
    assert not canvas.any()


def test_a_grid_holds_the_pictures_row_by_row():
    pictures = [np.full((2, 3, 3), value, np.uint8) for value in (10, 20, 30)]
    sheet = picture_grid(pictures, columns=2)
    assert sheet.shape == (4, 6, 3)
    np.testing.assert_array_equal(sheet[::2, ::3, 0], [[10, 20], [30, 0]])
    framed = picture_grid(pictures, columns=5, gap=1, ground=(7, 8, 9))
    assert framed.shape == (4, 13, 3)
    np.testing.assert_array_equal(framed[0], np.tile([7, 8, 9], (13, 1)))
    np.testing.assert_array_equal(framed[1, 1::4, 0], [10, 20, 30])


# What strangers have


@pytest.fixture
def pil():
    return pytest.importorskip("PIL.Image")


def test_the_other_orientations_of_exif_are_applied(tmp_path, picture):
    """Those that mirror, as the specification defines them: 2 by columns, 4 by rows, 5 and 7 about the diagonals."""
    jpeg = encode_jpeg(picture, 100)
    plain = decode_photograph(jpeg)
    seen = {2: plain[:, ::-1], 4: plain[::-1], 5: plain.transpose(1, 0, 2), 7: plain[::-1, ::-1].transpose(1, 0, 2)}
    for orientation, expected in seen.items():
        (tmp_path / "a.jpg").write_bytes(with_orientation(jpeg, orientation))
        np.testing.assert_array_equal(read_photograph(tmp_path / "a.jpg"), expected)


def test_a_jpeg_in_cmyk_is_read_in_its_colours(tmp_path, picture, pil):
    smooth = cv2.GaussianBlur(picture, (0, 0), 4)
    pil.fromarray(smooth).convert("CMYK").save(tmp_path / "a.jpg", quality=100, subsampling=0)
    assert np.abs(read_photograph(tmp_path / "a.jpg").astype(int) - smooth).mean() < 3


def test_palettes_gray_with_alpha_and_single_bits_are_read(tmp_path, picture, pil):
    pil.fromarray(picture).quantize(8).save(tmp_path / "palette.png")
    np.testing.assert_array_equal(read_photograph(tmp_path / "palette.png"), picture)
    gray = np.dstack((picture[..., 0], np.where(np.arange(60) < 30, 255, 0).astype(np.uint8)[None].repeat(40, 0)))
    pil.fromarray(gray, "LA").save(tmp_path / "gray.png")
    expected = np.where(gray[..., 1:] == 255, gray[..., :1], 255).repeat(3, axis=2)
    np.testing.assert_array_equal(read_photograph(tmp_path / "gray.png"), expected)
    pil.fromarray(picture[..., 0] > 0).save(tmp_path / "bits.png")
    np.testing.assert_array_equal(
        read_photograph(tmp_path / "bits.png"), np.where(picture[..., :1] > 0, 255, 0).repeat(3, 2)
    )


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tiff"])
def test_of_several_pictures_the_first_is_read(tmp_path, picture, pil, suffix):
    if suffix == "gif" and not cv2.haveImageReader(_saved_gif(tmp_path, pil)):
        pytest.skip("this OpenCV reads no GIF")
    more = [pil.fromarray(picture[::-1]), pil.fromarray(picture[:, ::-1])]
    options = {"lossless": True} if suffix == "webp" else {}
    pil.fromarray(picture).save(tmp_path / f"a.{suffix}", save_all=True, append_images=more, **options)
    np.testing.assert_array_equal(read_photograph(tmp_path / f"a.{suffix}"), picture)


def _saved_gif(folder: Path, pil) -> str:
    pil.new("RGB", (8, 8)).save(folder / "probe.gif")
    return str(folder / "probe.gif")


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header says so and that has no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def bomb(suffix: str) -> bytes:
    """A picture whose header is changed to 20,000 × 20,000."""
    small = bytes(cv2.imencode(suffix, np.zeros((16, 16, 3), np.uint8))[1])
    if suffix == ".jpg":
        at = small.index(b"\xff\xc0") + 5
        return small[:at] + struct.pack(">HH", 20_000, 20_000) + small[at + 4 :]
    return small[:18] + struct.pack("<ii", 20_000, 20_000) + small[26:]


BOMBS = {"png": png_of(20_000, 20_000), "jpg": bomb(".jpg"), "bmp": bomb(".bmp")}


@pytest.mark.parametrize("name", BOMBS)
def test_a_picture_of_too_many_pixels_is_not_decoded(tmp_path, monkeypatch, name):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    (tmp_path / "a.jpg").write_bytes(BOMBS[name])
    words = r"expected a picture of at most 200,000,000 pixels, its header says 20,000 × 20,000; make it smaller"
    with pytest.raises(ValueError, match=rf"a\.jpg: {words}"):
        read_photograph(tmp_path / "a.jpg", 8)
    for decode in (decode_photograph, decode_as_stored):
        with pytest.raises(ValueError, match=words):
            decode(BOMBS[name])


def test_a_chunk_longer_than_its_file_is_not_made_room_for(tmp_path, picture, monkeypatch):
    png = encode_png(picture)
    at = png.index(b"IDAT") - 4
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    for damaged in (png[:at] + b"\x7f\xff\xff\xff" + png[at + 4 :], png[:-20]):
        (tmp_path / "a.png").write_bytes(damaged)
        with pytest.raises(
            ValueError, match=r"a\.png: expected a whole photograph, got one that is damaged or cut off"
        ):
            read_photograph(tmp_path / "a.png")


def test_a_large_transparent_picture_lies_on_white_row_by_row(tmp_path):
    stored = np.random.default_rng(0).integers(0, 65535, (600, 3, 4), dtype=np.uint16)
    (tmp_path / "t.png").write_bytes(bytes(cv2.imencode(".png", stored)[1]))
    alpha = stored[..., 3:] / 65535
    expected = (stored[..., 2::-1] / 257) * alpha + 255 * (1 - alpha)
    assert np.abs(read_photograph(tmp_path / "t.png") - expected).max() <= 1.5
