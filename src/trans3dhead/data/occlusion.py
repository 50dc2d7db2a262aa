"""Things drawn over a crop: bars, discs, strands, and pieces of another picture. (H, W, 3) uint8, changed in place."""

from collections.abc import Callable

import cv2
import numpy as np

Texture = Callable[[], np.ndarray]  # gives (h, w, 3) uint8 of any size, from which a piece is cut


def occlude(picture: np.ndarray, rng: np.random.Generator, texture: Texture) -> np.ndarray:
    """Draw one to three things over the picture. Landmarks under them stay labelled."""
    for _ in range(int(rng.choice((1, 2, 3), p=(0.6, 0.25, 0.15)))):
        kind = rng.choice(4, p=(0.3, 0.3, 0.2, 0.2))
        if kind == 3:
            _strands(picture, rng)
        else:
            mask = (_rectangle, _ellipse, _blob)[kind](picture.shape, rng)
            _paint(picture, mask, _filling(picture.shape, rng, texture), rng)
    return picture


def _filling(shape: tuple[int, ...], rng: np.random.Generator, texture: Texture) -> np.ndarray:
    """(H, W, 3) uint8: one colour, coarse noise, or a piece of another picture."""
    height, width = shape[:2]
    kind = rng.choice(3, p=(0.4, 0.2, 0.4))
    if kind == 0:
        return np.broadcast_to(rng.integers(0, 256, size=3, dtype=np.uint8), shape)
    if kind == 1:
        cells = int(rng.integers(2, 24))
        coarse = rng.integers(0, 256, size=(cells, cells, 3), dtype=np.uint8)
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    source = texture()
    side = int(min(source.shape[:2]) * rng.uniform(0.3, 1.0))
    y, x = (int(rng.integers(0, extent - side + 1)) for extent in source.shape[:2])
    return cv2.resize(source[y : y + side, x : x + side], (width, height), interpolation=cv2.INTER_AREA)


def _paint(picture: np.ndarray, mask: np.ndarray, filling: np.ndarray, rng: np.random.Generator) -> None:
    """Put the filling where the mask is, opaque or, sometimes, translucent."""
    where = mask > 0
    if rng.random() < 0.2:
        share = rng.uniform(0.4, 0.9)
        filling = cv2.addWeighted(np.ascontiguousarray(filling), share, picture, 1 - share, 0)
    picture[where] = filling[where]


def _rectangle(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """A turned rectangle that covers 2 to 20 % of the picture, sometimes a long bar."""
    side = shape[0]
    area, ratio = rng.uniform(0.02, 0.2), np.exp(rng.normal(0.0, 0.7))
    extent = side * np.sqrt(area) * np.array([np.sqrt(ratio), 1 / np.sqrt(ratio)])
    corners = cv2.boxPoints((_centre(side, rng), (float(extent[0]), float(extent[1])), float(rng.uniform(0, 180))))
    return cv2.fillConvexPoly(np.zeros(shape[:2], np.uint8), corners.round().astype(np.int32), 1)


def _ellipse(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    side = shape[0]
    area, ratio = rng.uniform(0.02, 0.2), np.exp(rng.normal(0.0, 0.5))
    extent = side * np.sqrt(area / np.pi) * np.array([np.sqrt(ratio), 1 / np.sqrt(ratio)])
    centre = [round(value) for value in _centre(side, rng)]
    axes = [max(1, round(value)) for value in extent]
    return cv2.ellipse(np.zeros(shape[:2], np.uint8), centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)


def _blob(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """A star-shaped outline with a random radius in each direction, as of a hand or a leaf."""
    side, corners = shape[0], int(rng.integers(5, 14))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = side * rng.uniform(0.08, 0.32, corners)
    outline = np.array(_centre(side, rng)) + radii[:, None] * np.column_stack((np.cos(angles), np.sin(angles)))
    return cv2.fillPoly(np.zeros(shape[:2], np.uint8), [outline.round().astype(np.int32)], 1)


def _strands(picture: np.ndarray, rng: np.random.Generator) -> None:
    """Thin bent lines: hair, wires, straps."""
    side = picture.shape[0]
    colour = rng.integers(0, 256, size=3).tolist()
    thickness = int(rng.integers(1, max(2, side // 24) + 1))
    start = rng.uniform(0, side, size=2)
    step = rng.normal(0, side / 8, size=2)
    for _ in range(int(rng.integers(1, 9)) if thickness <= 2 else 1):
        bends = np.cumsum(step + rng.normal(0, side / 40, size=(12, 2)), axis=0)
        line = (start + rng.normal(0, side / 16, size=2) + bends).round().astype(np.int32)
        cv2.polylines(picture, [line], False, colour, thickness, cv2.LINE_AA)


def _centre(side: int, rng: np.random.Generator) -> tuple[float, float]:
    x, y = rng.uniform(0, side, size=2)
    return float(x), float(y)
