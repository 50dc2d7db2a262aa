"""Backgrounds without photographs: walls, bricks, shelves, leaves, lights at night, crowds. All (S, S, 3) float32.

Shares, colours and sizes are by eye.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

Draw = Callable[[int, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Backdrop:
    """A kind of backdrop: how often it is behind heads, and how it is drawn."""

    share: float  # of all backdrops
    draw: Draw
    lit: bool = True  # reflects the light of the surroundings, rather than shining itself
    flat: bool = False  # a surface that may be seen at a slant
    blur: float = 0.0  # of the picture's side: drawn too coarsely to be in focus


def draw_backdrop(
    backdrop: Backdrop, side: int, light: np.ndarray, deviation: float, rng: np.random.Generator
) -> np.ndarray:
    """(side, side, 3) float32 linear: a backdrop, perhaps at a slant, as bright as the surroundings light it.

    light: (3,) the mean of what they shine; deviation: of the logarithm of the brightness.
    """
    picture = backdrop.draw(side, rng)
    if backdrop.flat:
        picture = _slanted(picture, rng)
    if backdrop.blur:
        picture = cv2.GaussianBlur(picture, (0, 0), max(backdrop.blur * side, 0.3))
    level = light if backdrop.lit else np.ones(3)
    return (picture * (level * np.exp(rng.normal(0.0, deviation)))).astype(np.float32)


def _slanted(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    side = len(picture)
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    moved = corners + rng.uniform(-0.3, 0.3, (4, 2)).astype(np.float32) * side
    matrix = cv2.getPerspectiveTransform(corners, moved)
    return cv2.warpPerspective(picture, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)


def _colour(rng: np.random.Generator, strength: float = 0.5) -> np.ndarray:
    """(3,) a reflectance: any lightness, mostly muted."""
    value, hue = 0.75 * rng.beta(1.1, 1.3) + 0.03, rng.normal(0.0, 1.0, 3)
    return np.clip(value * np.exp(strength * rng.beta(1.0, 2.0) * (hue - hue.mean())), 0.02, 0.9)


def _clouds(side: int, rng: np.random.Generator, cells: int, octaves: int = 4) -> np.ndarray:
    """(S, S, 1) smooth noise of deviation about one, finer and weaker with each octave."""
    total = np.zeros((side, side), np.float32)
    for octave in range(octaves):
        count = min(cells * 2**octave, side)
        grid = rng.standard_normal((count, count), np.float32) * np.float32(0.6**octave)
        total += cv2.resize(grid, (side, side), interpolation=cv2.INTER_CUBIC)
    return total[..., None]


def _ramp(side: int, rng: np.random.Generator) -> np.ndarray:
    """(S, S, 1) uneven light: brighter towards one side or one spot."""
    line = (np.arange(side, dtype=np.float32) + 0.5) / side
    if rng.random() < 0.5:
        angle = rng.uniform(0.0, 2.0 * np.pi)
        along = np.cos(angle) * (line[None, :] - 0.5) + np.sin(angle) * (line[:, None] - 0.5)
        return np.exp(np.float32(rng.uniform(0.0, 1.5)) * along)[..., None].astype(np.float32)
    x, y = rng.uniform(-0.2, 1.2, 2)
    square = np.square(line[None, :] - x) + np.square(line[:, None] - y)
    return (0.3 + 1.4 / (1.0 + square * rng.uniform(1.0, 8.0)))[..., None].astype(np.float32)


def _gradient(side: int, rng: np.random.Generator) -> np.ndarray:
    ends = np.stack((_colour(rng), _colour(rng)))
    slope = np.clip(_ramp(side, rng) - 0.3, 0.0, 1.0)
    return ends[0] + (ends[1] - ends[0]) * slope


def _plain(side: int, rng: np.random.Generator) -> np.ndarray:
    """A studio's paper: white, black or any colour, evenly lit or nearly."""
    colour = (np.full(3, rng.uniform(0.8, 2.5)), np.full(3, rng.uniform(0.0, 0.03)), _colour(rng, 1.0))
    uneven = 1.0 + rng.beta(1.0, 3.0) * (_ramp(side, rng) - 1.0)
    return colour[rng.choice(3, p=(0.45, 0.25, 0.3))] * uneven


def _wall(side: int, rng: np.random.Generator) -> np.ndarray:
    rough = np.exp(rng.uniform(0.0, 0.2) * _clouds(side, rng, int(rng.integers(3, 24))))
    return _colour(rng) * rough * _ramp(side, rng)


def _grid(side: int, rng: np.random.Generator, shift: float, ratio: tuple[float, float], spread: float) -> np.ndarray:
    """Rectangles in rows with joints between them; each row is shifted by a share of a rectangle's width."""
    height = side * rng.uniform(0.04, 0.16)
    width = height * rng.uniform(*ratio)
    line = np.arange(side, dtype=np.float32)
    row = np.floor(line / height).astype(int)
    column = (line[None, :] + (row[:, None] % 2) * shift * width) / width
    colours = _colour(rng) * np.exp(rng.normal(0.0, spread, (16, 16, 1)) + rng.normal(0.0, 0.2 * spread, (16, 16, 3)))
    picture = colours[row[:, None] % 16, np.floor(column).astype(int) % 16].astype(np.float32)
    thin = rng.uniform(0.05, 0.14)
    joint = ((line / height) % 1.0 < thin)[:, None] | (column % 1.0 < thin * height / width)
    picture[joint] = _colour(rng, 0.2)
    return picture * _ramp(side, rng)


def _bricks(side: int, rng: np.random.Generator) -> np.ndarray:
    return _grid(side, rng, 0.5, (2.0, 3.5), 0.25) * np.exp(0.1 * _clouds(side, rng, 16, 3))


def _tiles(side: int, rng: np.random.Generator) -> np.ndarray:
    return _grid(side, rng, 0.0, (0.7, 2.0), 0.06)


def _shelves(side: int, rng: np.random.Generator) -> np.ndarray:
    picture = np.broadcast_to(_colour(rng, 0.3) * 0.4, (side, side, 3)).astype(np.float32)
    height = int(side * rng.uniform(0.12, 0.3))
    for top in range(-int(rng.integers(height)), side, height):
        left = 0
        while left < side:
            width = max(1, int(side * rng.uniform(0.012, 0.06)))
            if rng.random() < 0.88:
                first = max(top + int(height * rng.uniform(0.1, 0.4)), 0)
                picture[first : max(top + int(0.92 * height), 0), left : left + width] = _colour(rng, 0.8)
            left += width
        picture[max(top + int(0.92 * height), 0) : max(top + height, 0)] = _colour(rng, 0.3)
    return picture * _ramp(side, rng)


def _curtain(side: int, rng: np.random.Generator) -> np.ndarray:
    x = (np.arange(side, dtype=np.float32) / side)[None, :, None] + 0.02 * _clouds(side, rng, 3, 2)
    folds = np.sin(2.0 * np.pi * rng.uniform(3.0, 14.0) * x + rng.uniform(0.0, 6.0))
    folds = folds + 0.5 * np.sin(2.0 * np.pi * rng.uniform(5.0, 25.0) * x)
    return _colour(rng, 0.8) * np.exp(rng.uniform(0.1, 0.6) * folds)


def _lights(side: int, rng: np.random.Generator) -> np.ndarray:
    """Lamps far out of focus, at night or through leaves."""
    picture = _colour(rng) * rng.uniform(0.02, 0.3) * np.exp(0.4 * _clouds(side, rng, 2, 2))
    line = np.arange(side, dtype=np.float32)
    radius, warm = side * rng.uniform(0.015, 0.09), rng.uniform(-0.6, 0.9)
    for x, y in rng.uniform(0.0, side, (int(rng.integers(8, 45)), 2)):
        own = max(1.0, radius * rng.uniform(0.8, 1.2))
        columns, rows = (slice(max(int(c - own - 1), 0), int(c + own + 2)) for c in (x, y))
        distance = np.hypot(line[columns][None, :] - x, line[rows][:, None] - y)
        disc = np.clip(own - distance + 0.5, 0.0, 1.0) * (0.8 + 0.2 * distance / own)
        colour = np.exp(warm * np.array([0.4, 0.0, -0.9]) + rng.normal(0.0, 0.3, 3)) * np.exp(rng.normal(-0.6, 0.8))
        picture[rows, columns] += disc[..., None] * colour
    return picture


def _leaves(side: int, rng: np.random.Generator) -> np.ndarray:
    green = np.array([0.10, 0.19, 0.04]) * np.exp(rng.normal(0.0, 0.25, 3))
    if rng.random() < 0.25:  # autumn, dry grass
        green = np.array([0.3, 0.18, 0.05]) * np.exp(rng.normal(0.0, 0.25, 3))
    shade, fine = _clouds(side, rng, 4, 3), _clouds(side, rng, max(side // 6, 4), 3)
    picture = green * np.exp(0.7 * shade + 0.5 * fine)
    gaps = np.clip(fine + 0.6 * shade - rng.uniform(1.6, 3.0), 0.0, 1.0)
    return picture + gaps * np.array([0.8, 0.95, 1.1])


def _stage(side: int, rng: np.random.Generator) -> np.ndarray:
    """Black, with one or two beams in haze."""
    picture = np.full((side, side, 3), rng.uniform(0.0, 0.01), np.float32)
    line = (np.arange(side, dtype=np.float32) + 0.5) / side
    for _ in range(int(rng.integers(0, 3))):
        x, slant = rng.uniform(0.0, 1.0), rng.normal(0.0, 0.6)
        width = 0.03 + rng.uniform(0.05, 0.35) * line[:, None]
        beam = np.exp(-np.square((line[None, :] - x - slant * line[:, None]) / width)) * np.exp(-1.5 * line[:, None])
        picture += beam[..., None] * np.exp(rng.normal(-1.5, 0.7, 3)).astype(np.float32)
    return picture


def _crowd(side: int, rng: np.random.Generator) -> np.ndarray:
    """People far behind: heads over shoulders, row before row."""
    picture = _wall(side, rng).astype(np.float32)
    for y in np.sort(rng.uniform(0.2, 1.0, int(rng.integers(5, 18)))):
        radius = side * rng.uniform(0.04, 0.07) * (0.5 + y)
        centre = np.array([rng.uniform(0.0, side), y * side])
        skin = np.array([0.5, 0.33, 0.24]) * np.exp(-1.6 * rng.beta(1.0, 1.4))
        for offset, axes, colour in (
            ((0.0, 2.9), (2.1, 2.0), _colour(rng, 1.0)),
            ((0.0, -0.1), (0.95, 1.25), _colour(rng, 0.3) * 0.25),
            ((0.0, 0.3), (0.75, 0.95), skin),
        ):
            x, bottom = (centre + np.array(offset) * radius).round().astype(int).tolist()
            size = [max(1, round(axis * radius)) for axis in axes]
            cv2.ellipse(picture, (x, bottom), size, 0.0, 0.0, 360.0, colour.tolist(), -1)
    return picture


def _sky(side: int, rng: np.random.Generator) -> np.ndarray:
    height = (np.arange(side, dtype=np.float32) / side)[:, None, None]
    blue = np.array([0.25, 0.45, 0.9]) * np.exp(rng.normal(0.0, 0.08, 3))
    haze = np.array([0.9, 0.95, 1.0]) * np.exp(rng.normal(0.0, 0.06, 3))
    clouds = np.clip(0.5 * _clouds(side, rng, 3, 5) + rng.uniform(-0.7, 0.6), 0.0, 1.0)
    return (1.0 - clouds) * (blue + (haze - blue) * height) + clouds * rng.uniform(0.7, 1.3)


BACKDROPS: Mapping[str, Backdrop] = {
    "plain": Backdrop(0.16, _plain),
    "gradient": Backdrop(0.07, _gradient),
    "wall": Backdrop(0.14, _wall),
    "bricks": Backdrop(0.07, _bricks, flat=True),
    "tiles": Backdrop(0.05, _tiles, flat=True),
    "shelves": Backdrop(0.07, _shelves, flat=True),
    "curtain": Backdrop(0.05, _curtain),
    "lights": Backdrop(0.12, _lights, lit=False, blur=0.004),
    "leaves": Backdrop(0.09, _leaves, blur=0.008),
    "stage": Backdrop(0.08, _stage, lit=False),
    "crowd": Backdrop(0.06, _crowd, blur=0.02),
    "sky": Backdrop(0.04, _sky),
}
# For scenes, whose people all have labels.
DESERTED: Mapping[str, Backdrop] = {name: entry for name, entry in BACKDROPS.items() if name != "crowd"}
