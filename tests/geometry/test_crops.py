import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trans3dhead.geometry.crops import Crop

finite = st.floats(-5000, 5000)


@given(finite, finite, st.floats(5, 5000), st.floats(5, 5000), st.floats(-180, 180))
def test_points_go_to_the_crop_and_back(x, y, w, h, roll):
    crop = Crop.around(np.array([x, y, w, h]), 256, roll=roll)
    points = np.array([[x, y], [x + w, y + h], [0.0, 0.0]])
    np.testing.assert_allclose(crop.to_photograph(crop.to_crop(points)), points, atol=1e-4)


def test_the_square_is_the_one_the_design_names():
    crop = Crop.around(np.array([10.0, 20.0, 40.0, 80.0]), 256, margin=0.1)
    side = 1.2 * 80
    np.testing.assert_allclose(crop.to_crop(np.array([30.0, 60.0])), [128, 128])
    np.testing.assert_allclose(crop.to_crop(np.array([30 - side / 2, 60 - side / 2])), [0, 0], atol=1e-9)
    assert crop.zoom == pytest.approx(256 / side)


def test_a_crop_of_the_photograph_made_smaller_shows_the_same():
    crop = Crop.around(np.array([10.0, 20.0, 40.0, 80.0]), 256, roll=30.0)
    points = np.array([[10.0, 20.0], [33.0, -7.0]])
    np.testing.assert_allclose(crop.on_reduced(4).to_crop(points / 4), crop.to_crop(points))
    assert crop.on_reduced(4).size == 256


def test_a_positive_roll_turns_the_picture_clockwise():
    crop = Crop.around(np.array([0.0, 0.0, 100.0, 100.0]), 100, margin=0.0, roll=90.0)
    np.testing.assert_allclose(crop.to_crop(np.array([50.0, 0.0])), [100, 50], atol=1e-9)  # the top goes right


def gaussian_spot(centre: np.ndarray, size: tuple[int, int], sigma: float) -> np.ndarray:
    y, x = np.mgrid[: size[1], : size[0]] + 0.5  # pixel centres in continuous coordinates
    spot = 250 * np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * sigma**2))
    return np.repeat(spot[..., None], 3, axis=2).astype(np.uint8)


def centroid(picture: np.ndarray) -> np.ndarray:
    weight = picture[..., 0].astype(float)
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]] + 0.5
    return np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()


@pytest.mark.parametrize("box", [[30, 40, 50, 40], [100, 90, 200, 260], [7, 3, 900, 800], [55, 60, 28, 28]])
def test_pixels_and_points_move_alike(box):
    box = np.array(box, dtype=float)
    centre = box[:2] + box[2:] * [0.45, 0.6]
    photograph = gaussian_spot(centre, (1000, 900), sigma=max(box[2:]) / 20)
    crop = Crop.around(box, 128, roll=20.0)
    np.testing.assert_allclose(centroid(crop.cut(photograph)), crop.to_crop(centre), atol=0.05)


def test_outside_of_the_photograph_is_black():
    crop = Crop.around(np.array([-50.0, -50.0, 100.0, 100.0]), 64, margin=0.0).cut(np.full((50, 50, 3), 200, np.uint8))
    assert (crop[:30, :30] == 0).all()
    assert (crop[34:, 34:] == 200).all()


def test_shrinking_does_not_alias():
    """A fine chequerboard, cut eight times smaller, is an even grey."""
    board = np.kron(np.indices((400, 400)).sum(axis=0) % 2, np.ones((2, 2))) * 255
    photograph = np.repeat(board[..., None], 3, axis=2).astype(np.uint8)
    crop = Crop.around(np.array([3.0, 5.0, 780.0, 780.0]), 98, margin=0.0).cut(photograph)
    assert crop[2:-2, 2:-2].std() < 4
    naive = cv2.resize(photograph, (97, 97), interpolation=cv2.INTER_NEAREST)
    assert naive.std() > 100


def cut_from_the_whole(crop: Crop, photograph: np.ndarray) -> np.ndarray:
    """The crop by filtering every pixel of a photograph whose sides are multiples of the shrinking factor."""
    factor = 2 ** max(0, int(np.floor(-np.log2(crop.zoom))))
    small = cv2.resize(photograph, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    sigma = 0.5 * np.sqrt(max(0.0, (crop.zoom * factor) ** -2 - 1.0))
    small = cv2.GaussianBlur(small, (0, 0), sigma) if sigma > 0.1 else small
    linear = crop.affine[:, :2] * factor
    centres = np.column_stack((linear, crop.affine[:, 2] + linear @ [0.5, 0.5] - 0.5))
    return cv2.warpAffine(small, centres, (crop.size, crop.size), flags=cv2.INTER_LINEAR)


@pytest.mark.parametrize("roll", [0.0, 25.0])
@pytest.mark.parametrize(
    "box", [[1000, 800, 300, 420], [-50, -60, 900, 700], [3900, 2900, 90, 90], [10, 20, 31, 27], [5000, 40, 90, 90]]
)
def test_cutting_a_part_gives_the_pixels_of_the_whole(box, roll):
    coarse = np.random.default_rng(0).integers(0, 255, (188, 250, 3), dtype=np.uint8)
    photograph = np.repeat(np.repeat(coarse, 16, axis=0), 16, axis=1)
    crop = Crop.around(np.array(box, dtype=float), 96, roll=roll)
    np.testing.assert_array_equal(crop.cut(photograph), cut_from_the_whole(crop, photograph))


@pytest.mark.parametrize(
    "box",
    [[1e9 + 0.5, 0, 9, 9], [0, -1e9 - 0.5, 9, 9], [0, 0, 1e9 + 0.5, 9], [0, 0, 9, 1e9 + 0.5], [0, 0, 9e-10, 9e-10]],
)
def test_a_box_of_no_photograph_is_refused(box):
    with pytest.raises(ValueError, match=r"box: expected \[x, y, w, h\] in pixels of a photograph, got \["):
        Crop.around(np.array(box), 128)


@pytest.mark.parametrize("box", [[1e9, -1e9, 1e9, 1e9], [0.0, 0.0, 1e-9, 1e-10], [3.0, 4.0, 0.5, 0.25]])
def test_the_largest_and_the_smallest_box_have_a_crop(box):
    crop = Crop.around(np.array(box), 128)
    np.testing.assert_allclose(crop.to_crop(np.array(box[:2]) + np.array(box[2:]) / 2), [64, 64], atol=1e-4)


@pytest.mark.parametrize("box", [[0, 0, 0, 10], [0, 0, np.nan, 10], [0, 0, 10, -1], [0, 0, 10, 0], [np.inf, 0, 9, 9]])
def test_a_box_without_area_is_refused(box):
    with pytest.raises(ValueError, match="w, h > 0"):
        Crop.around(np.array(box, dtype=float), 128)
