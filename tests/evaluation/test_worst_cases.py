import cv2
import numpy as np
import pytest

from trans3dhead.evaluation.pictures import draw_unmatched
from trans3dhead.evaluation.predict import UnmatchedBox
from trans3dhead.evaluation.report import Metric, Report
from trans3dhead.evaluation.worst_cases import TILE, draw_boxes, draw_landmarks, worst_cases

ERROR, SCORE = Metric("e", "error", 2, "°"), Metric("s", "score", 2, higher_is_better=True)
VALUES = np.array([1.0, 5.0, np.nan, 3.0, 4.0])


def report(names: tuple[str, ...] = ("0", "1", "2", "3", "4")) -> Report:
    return Report("Five", (ERROR, SCORE), names, {"e": VALUES, "s": VALUES})


def plain(name: str) -> np.ndarray:
    """A square whose grey says which sample it is."""
    return np.full((64, 64, 3), 50 + 40 * int(name), np.uint8)


def shown(sheet: np.ndarray, count: int) -> list[int]:
    """The samples of the tiles of a sheet of one row, from left to right."""
    width = sheet.shape[1] // count
    return [round((int(sheet[100, (number * width) + width // 2, 0]) - 50) / 40) for number in range(count)]


@pytest.mark.parametrize(("metric", "order"), [(ERROR, [1, 4, 3, 0]), (SCORE, [0, 3, 4, 1])])
def test_the_worst_come_first_and_samples_without_a_value_not_at_all(metric: Metric, order: list[int]):
    sheet = worst_cases(report(), metric, plain)
    assert sheet is not None
    assert sheet.dtype == np.uint8
    assert shown(sheet, 4) == order
    two = worst_cases(report(), metric, plain, count=2)
    assert two is not None
    assert shown(two, 2) == order[:2]


def test_more_than_a_row_goes_on_below():
    names = tuple(str(number % 5) for number in range(14))
    many = Report("Many", (ERROR,), names, {"e": np.arange(14.0)})
    sheet = worst_cases(many, ERROR, plain, count=13)
    assert sheet is not None
    assert sheet.shape[1] // TILE == 6
    assert sheet.shape[0] // TILE == 3


def test_a_picture_that_is_not_square_is_whole_in_its_tile():
    wide = np.full((50, 200, 3), 255, np.uint8)
    sheet = worst_cases(report(), ERROR, lambda name: wide, count=1)
    assert sheet is not None
    rows, columns = np.nonzero((sheet[: TILE + 6] == 255).all(axis=-1))
    assert columns.max() - columns.min() + 1 == TILE
    assert rows.max() - rows.min() + 1 == TILE // 4
    assert rows.min() + rows.max() + 1 == TILE + 2 * 6


def test_a_sample_without_a_picture_keeps_its_place_and_none_at_all_makes_no_sheet():
    sheet = worst_cases(report(), ERROR, lambda name: None if name == "1" else plain(name))
    assert sheet is not None
    assert shown(sheet, 4)[1:] == [4, 3, 0]
    assert sheet[100, 20].max() < 40
    assert worst_cases(report(), ERROR, lambda name: None) is None
    nothing = Report("None", (ERROR,), ("0",), {"e": np.array([np.nan])})
    assert worst_cases(nothing, ERROR, plain) is None


def test_a_caption_of_a_long_id_fits_and_keeps_id_end_and_value(monkeypatch: pytest.MonkeyPatch):
    written = []
    real = cv2.putText
    monkeypatch.setattr(cv2, "putText", lambda *args: (written.append(args[1]), real(*args))[1])
    names = ("0", "a/very/long/folder/" * 4 + "größe_17", "2", "3", "4")
    worst_cases(report(names), ERROR, lambda name: plain("1"), count=1)
    (words,) = written
    assert words.startswith("..")
    assert words.endswith("gr??e_17  5.00 deg")
    assert cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)[0][0] < TILE


def test_no_sample_at_all_is_refused():
    with pytest.raises(ValueError, match="at least one sample"):
        worst_cases(report(), ERROR, plain, count=0)


def centre_of(picture: np.ndarray, channel: int) -> np.ndarray:
    """The centre of the coloured pixels, in continuous coordinates: the middle of the first pixel is (0.5, 0.5)."""
    others = np.delete(picture.astype(float), channel, axis=2).min(axis=2)
    weights = np.clip(picture[..., channel] - others, 0, None) * (picture.max(axis=2) > 40)
    rows, columns = np.indices(weights.shape) + 0.5
    return np.array([(columns * weights).sum(), (rows * weights).sum()]) / weights.sum()


def test_landmarks_are_drawn_where_they_are_to_half_a_pixel():
    black = np.zeros((300, 400, 3), np.uint8)
    box = np.array([100.0, 60, 150, 200])
    predicted = np.full((68, 2), np.nan)
    predicted[0] = [130.0, 110.0]
    before = predicted.copy()
    picture = draw_landmarks(black, box, predicted)
    zoom = picture.shape[0] / (1.5 * 200)
    np.testing.assert_allclose(centre_of(picture, 2), (predicted[0] - [175, 160]) * zoom + 256, atol=0.1)
    np.testing.assert_array_equal(predicted, before)
    assert not black.any()


def test_true_landmarks_have_another_colour_and_a_line_to_the_predicted():
    black = np.zeros((300, 300, 3), np.uint8)
    true = np.full((68, 2), 120.0)
    picture = draw_landmarks(black, np.array([50.0, 50, 200, 200]), true + np.array([40.0, 0]), true).astype(int)
    yellow = (picture[..., 0] > 150) & (picture[..., 2] < 120)
    blue = (picture[..., 0] < 120) & (picture[..., 2] > 150)
    white = (picture > 100).all(axis=2)
    assert yellow.any()
    assert blue.any()
    assert np.nonzero(yellow)[1].max() < np.nonzero(white)[1].mean() < np.nonzero(blue)[1].min()


def test_boxes_are_drawn_where_they_are():
    image = np.full((100, 100, 3), 30, np.uint8)
    picture = draw_boxes(
        image, np.array([40.0, 40, 20, 20]), np.array([[40.0, 40, 20, 20]]), np.array([[45.0, 45, 5, 5]])
    )
    assert picture.shape == (512, 512, 3)
    zoom = 512 / 30  # the box and a quarter of its side all round
    blue, yellow = (np.argwhere((picture == colour).all(axis=-1)) for colour in ((86, 190, 245), (250, 222, 60)))
    for drawn, low, high in ((blue, 5, 25), (yellow, 10, 15)):
        np.testing.assert_allclose(drawn.min(axis=0), zoom * low, atol=4)
        np.testing.assert_allclose(drawn.max(axis=0), zoom * high, atol=4)


def test_false_boxes_are_shown_the_most_certain_first():
    boxes = [
        UnmatchedBox(str(number), np.full((64, 64, 3), 50 + 40 * number, np.uint8), np.array([20.0, 20, 20, 20]), score)
        for number, score in enumerate((0.5, 0.9, 0.7))
    ]
    sheet = draw_unmatched(boxes)
    assert sheet is not None
    assert shown(sheet, 3) == [1, 2, 0]
    assert draw_unmatched([]) is None
