"""The samples that a metric likes least, on one sheet: the quickest way to see what a model cannot do yet."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from trans3dhead.evaluation.report import Metric, Report
from trans3dhead.geometry.crops import Crop
from trans3dhead.images import Colour, draw_box, draw_dots, draw_line, picture_grid

Draw = Callable[[str], np.ndarray | None]  # id -> (H, W, 3) uint8 RGB, or None where there is no picture

TILE = 256  # pixels
_STRIP = 26  # pixels below a tile, for its words
_GAP = 6  # pixels between tiles
_COLUMNS = 6
_GROUND = (24, 26, 30)  # RGB
_WORDS = (236, 236, 236)
_PREDICTED = (86, 190, 245)  # RGB, sky blue
_TRUE = (250, 222, 60)  # RGB, yellow: far from the blue for every kind of colour vision
_DARK = (16, 20, 28)
_MARGIN = 0.25  # of the box's longer side, about the head: misses fall outside of the box
_ENLARGED = 512  # pixels; twice a tile, so that lines stay fine


def worst_cases(report: Report, metric: Metric, draw: Draw, count: int = 24) -> np.ndarray | None:
    """The `count` worst samples of a metric, worst first, each with its id and value -> (H, W, 3) uint8 RGB.

    Samples without a value are left out; where `draw` has no picture the tile says so. None where there is no picture.
    """
    if count < 1:
        raise ValueError(f"count: expected at least one sample, got {count}")
    values = report.values[metric.key]
    order = np.argsort(values if metric.higher_is_better else -values, kind="stable")  # NaN comes last
    worst = order[: min(count, int((~np.isnan(values)).sum()))]
    pictures = [draw(report.samples[index]) for index in worst]
    if all(picture is None for picture in pictures):
        return None
    words = [(report.samples[index], f"{values[index]:.{metric.decimals}f}{metric.unit}") for index in worst]
    return captioned_sheet(pictures, words)


def captioned_sheet(pictures: Sequence[np.ndarray | None], words: Sequence[tuple[str, str]]) -> np.ndarray:
    """Pictures (H, W, 3) uint8 RGB, row by row, each over its name and value; one at least -> (H, W, 3) uint8 RGB."""
    tiles = [np.vstack((_tile(picture), _caption(*below))) for picture, below in zip(pictures, words, strict=True)]
    return picture_grid(tiles, _COLUMNS, _GAP, _GROUND)


def draw_landmarks(
    image: np.ndarray, box: np.ndarray, predicted: np.ndarray, true: np.ndarray | None = None
) -> np.ndarray:
    """The head with its predicted landmarks in blue, true ones in yellow and a line from each to its counterpart.

    image: (H, W, 3) uint8 RGB; box: (4,) [x, y, w, h] pixels; landmarks: (68, 2) pixels of the image, those that are
    not finite are not drawn. Returns (512, 512, 3) uint8 RGB, cut about the box with a margin of a quarter.
    """
    crop = Crop.around(box, _ENLARGED, margin=_MARGIN)
    canvas = crop.cut(image)
    at = crop.to_crop(np.asarray(predicted, dtype=np.float64))
    if true is not None:
        wanted = crop.to_crop(np.asarray(true, dtype=np.float64))
        for pair in np.stack((at, wanted), axis=1):
            if np.isfinite(pair).all():
                draw_line(canvas, pair, (255, 255, 255))
        _draw_finite(canvas, wanted, _TRUE)
    _draw_finite(canvas, at, _PREDICTED)
    return canvas


def draw_boxes(
    image: np.ndarray, about: np.ndarray, predicted: np.ndarray, true: np.ndarray, margin: float = _MARGIN
) -> np.ndarray:
    """The surroundings of a box with detected boxes in blue and true ones in yellow.

    image: (H, W, 3) uint8 RGB; about: (4,) and predicted, true: (N, 4) boxes [x, y, w, h], pixels of the image; margin:
    of the longer side of `about`. Returns (512, 512, 3) uint8 RGB.
    """
    crop = Crop.around(about, _ENLARGED, margin)
    canvas = crop.cut(image)
    for boxes, colour in ((true, _TRUE), (predicted, _PREDICTED)):
        for box in np.asarray(boxes, dtype=np.float64).reshape(-1, 4):
            seen = np.concatenate((crop.to_crop(box[:2]), crop.zoom * box[2:]))
            draw_box(canvas, seen, _DARK, 5)
            draw_box(canvas, seen, colour, 2)
    return canvas


def _draw_finite(canvas: np.ndarray, points: np.ndarray, colour: Colour) -> None:
    for point in points[np.isfinite(points).all(axis=1)]:
        draw_dots(canvas, point[None], _DARK, 5.0)
        draw_dots(canvas, point[None], colour, 3.5)


def _tile(picture: np.ndarray | None) -> np.ndarray:
    """(H, W, 3) uint8 -> (TILE, TILE, 3), the whole picture in its middle."""
    tile = np.full((TILE, TILE, 3), _GROUND, dtype=np.uint8)
    if picture is None:
        cv2.putText(tile, "no picture", (82, 132), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (130, 134, 140), 1, cv2.LINE_AA)
        return tile
    zoom = TILE / max(picture.shape[:2])
    height, width = (max(1, round(side * zoom)) for side in picture.shape[:2])
    interpolation = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    top, left = (TILE - height) // 2, (TILE - width) // 2
    tile[top : top + height, left : left + width] = cv2.resize(picture, (width, height), interpolation=interpolation)
    return tile


def _caption(name: str, value: str) -> np.ndarray:
    """The id and the value on a strip of their own; of a long id the end is kept, where ids differ."""
    strip = np.full((_STRIP, TILE, 3), _GROUND, dtype=np.uint8)
    name, value = _ascii(name), _ascii(value)
    words = f"{name}  {value}"
    while name and _width(words) > TILE - 12:
        name = name[1:]
        words = f"..{name}  {value}"
    y = _STRIP // 2 + 5
    cv2.putText(strip, words, (6, y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _WORDS, 1, cv2.LINE_AA)
    return strip


def _width(words: str) -> int:
    return cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)[0][0]


def _ascii(words: str) -> str:
    """The text in ASCII, for OpenCV's font has no other letters."""
    return words.replace("°", " deg").encode("ascii", "replace").decode()
