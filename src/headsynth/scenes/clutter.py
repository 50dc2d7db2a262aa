"""What hangs and stands flat behind people: pictures, patterns, signs, round things, clothes; none of it a head.

Shares, counts and sizes are by eye, after what a detector took for heads in real rooms.
"""

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike

from headsynth.people.complexion import skin_tone
from headsynth.people.looks import any_colour
from headsynth.rendering.backdrops import BACKDROPS, DESERTED
from headsynth.rendering.environment import LUMINANCE
from headsynth.shares import log_uniform, one_of

_SOME = 0.55  # share of scenes with clutter
_POSTER = 0.35  # share of these before a photograph as large as the picture
_ROWS = 0.5  # share of clutter in rows, as on shelves and walls of photographs; the rest lies anyhow
_COUNT = (4.0, 90.0)  # pieces that lie anyhow, log-uniform
_SIDES = (0.03, 0.32)  # of a piece, of the picture's side, log-uniform
_ROW_SIDES = (0.04, 0.3)
_MOST = 150  # pieces in rows
_TURN = 9.0  # degrees, deviation
_LEVEL = 0.45  # deviation of the logarithm of a piece's brightness
_CANVAS = 96  # pixels, the longer side on which signs, discs and clothes are drawn
_CUTS = (60.0, 460.0)  # pixels of the surroundings' picture that a photograph shows, log-uniform
_BRIGHTEST = 3.0  # times the mean of a photograph

_MIDDLE = _CANVAS / 2.0

Pictures = Sequence[np.ndarray]
Paint = tuple[float, ...]  # linear reflectance and cover


def distribution() -> dict[str, Any]:
    """The share of scenes with clutter, that in rows, and those of its pieces."""
    return {
        "some": _SOME,
        "poster": _POSTER,
        "rows": _ROWS,
        "kinds": {name: share for name, (share, _) in _KINDS.items()},
    }


def cluttered(behind: np.ndarray, pictures: Pictures, level: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What is behind a scene, (S, S, 3) linear radiance, with clutter on it in some scenes.

    pictures: (H, W, 3) float32 linear, of surroundings without people, which photographs are cut from; level: (3,)
    radiance of a white wall.
    """
    if rng.random() >= _SOME:
        return behind
    canvas, side = np.array(behind, np.float32), len(behind)
    if rng.random() < _POSTER:
        _paste(canvas, _dimmed(_photograph(pictures, rng), level, rng), np.full(2, side / 2.0), 2.0 * side, 0.0)
    for centre, size in _in_rows(side, rng) if rng.random() < _ROWS else _anyhow(side, rng):
        piece = _KINDS[one_of(rng, list(_KINDS), [share for share, _ in _KINDS.values()])][1](pictures, rng)
        _paste(canvas, _dimmed(piece, level, rng), centre, size, rng.normal(0.0, _TURN) * (rng.random() < 0.4))
    return canvas


def _dimmed(piece: np.ndarray, level: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(h, w, 4) reflectance and cover -> radiance and cover."""
    piece[..., :3] *= (level * np.exp(rng.normal(0.0, _LEVEL))).astype(np.float32)
    return piece


def _anyhow(side: int, rng: np.random.Generator) -> list[tuple[np.ndarray, float]]:
    """Centres (2,) and longer sides of pieces that lie anyhow, pixels."""
    count = round(log_uniform(rng, _COUNT))
    return [(rng.uniform(0.0, side, 2), side * log_uniform(rng, _SIDES)) for _ in range(count)]


def _in_rows(side: int, rng: np.random.Generator) -> list[tuple[np.ndarray, float]]:
    """Rows of about one size over a part of the picture or all of it, with gaps here and there."""
    size, full = side * log_uniform(rng, _ROW_SIDES), rng.random(2) < 0.7
    (left, right), (top, bottom) = (
        (0.0, float(side)) if whole else np.sort(rng.uniform(-0.2, 1.2, 2)) * side for whole in full
    )
    step, line, filled = size * rng.uniform(0.7, 1.6, 2).max(), size * rng.uniform(1.0, 1.5), rng.uniform(0.5, 1.0)
    rows, columns = np.arange(top, bottom + line, line), np.arange(left, right + step, step)
    grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    grid = grid[rng.random(len(grid)) < filled][:_MOST] + rng.normal(0.0, 0.04 * size, 2)
    return [(centre, size * rng.uniform(0.8, 1.05)) for centre in grid]


def _paste(canvas: np.ndarray, piece: np.ndarray, centre: np.ndarray, size: float, angle: float) -> None:
    """Lay a piece, (h, w, 4) colour and cover, onto the canvas: its longer side `size` pixels, turned by degrees."""
    piece[..., :3] *= piece[..., 3:]  # so that edges, which are mixed with what is around them, do not darken
    zoom = size / max(piece.shape[:2])
    width, height = (max(1, round(zoom * pixels)) for pixels in piece.shape[1::-1])
    piece = cv2.resize(piece, (width, height), interpolation=cv2.INTER_AREA if zoom < 1.0 else cv2.INTER_LINEAR)
    reach = int(np.ceil(np.hypot(width, height) / 2.0)) + 1
    low, high = np.maximum(np.floor(centre).astype(int) - reach, 0), np.floor(centre).astype(int) + reach + 1
    region = canvas[low[1] : high[1], low[0] : high[0]]
    if not region.size:
        return
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2.0, (height - 1) / 2.0), angle, 1.0)
    matrix[:, 2] += centre - low - np.array([(width - 1) / 2.0, (height - 1) / 2.0])
    laid = cv2.warpAffine(piece, matrix, (region.shape[1], region.shape[0]), flags=cv2.INTER_LINEAR)
    region *= np.maximum(1.0 - laid[..., 3:], 0.0)
    region += laid[..., :3]


def _photograph(pictures: Pictures, rng: np.random.Generator) -> np.ndarray:
    """A part of some surroundings, often framed: a picture, a poster, a screen, or a niche with things in it."""
    source = pictures[int(rng.integers(len(pictures)))]
    longer, ratio = log_uniform(rng, _CUTS), rng.uniform(0.55, 1.0)
    width, height = (int(min(longer * r, limit)) for r, limit in zip(
        rng.permutation((1.0, ratio)), source.shape[1::-1], strict=True))  # fmt: skip
    left, top = rng.integers(source.shape[1] - width + 1), rng.integers(source.shape[0] - height + 1)
    cut = source[top : top + height, left : left + width]
    cut = cut[:, ::-1] if rng.random() < 0.5 else cut
    mean = max(float((cut @ LUMINANCE).mean()), 1e-3)
    return _framed(np.minimum(cut / mean, _BRIGHTEST) * np.float32(0.3), rng)


def _pattern(pictures: Pictures, rng: np.random.Generator) -> np.ndarray:
    """Cloth, stone, leaves, lights, in a rectangle."""
    patterns = tuple(DESERTED.values())
    drawn = patterns[rng.integers(len(patterns))].draw(_CANVAS, rng)
    return _framed(drawn[: round(_CANVAS * rng.uniform(0.4, 1.0))].astype(np.float32), rng)


def _framed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(h, w, 3) -> (h, w, 4), all of it covered."""
    piece = np.ascontiguousarray(np.dstack((picture, np.ones(picture.shape[:2]))), np.float32)
    if rng.random() < 0.5:
        wide = max(1, round(min(piece.shape[:2]) * rng.uniform(0.03, 0.12)))
        cv2.rectangle(piece, (0, 0), (piece.shape[1] - 1, piece.shape[0] - 1), _paint(rng), 2 * wide)
    return piece


def _lettering(pictures: Pictures, rng: np.random.Generator) -> np.ndarray:
    """A sign, a label or a packet with words on it."""
    height = round(_CANVAS * rng.uniform(0.3, 1.0))
    piece = np.full((height, _CANVAS, 4), _paint(rng), np.float32)
    y = 0
    while y < height:
        tall = int(rng.integers(5, 30))
        y += tall + int(rng.integers(2, 10))
        word = "".join(chr(code) for code in rng.integers(33, 123, rng.integers(2, 14)))
        place = (int(rng.integers(2, 30)), y)
        cv2.putText(piece, word, place, int(rng.integers(0, 5)), tall / 22.0, _paint(rng), max(1, tall // 9))
    return piece


def _disc(pictures: Pictures, rng: np.random.Generator) -> np.ndarray:
    """A record, a clock, a plate, a wheel, a lens: rings of colours, often with spokes or a picture in the middle."""
    piece, middle = np.zeros((_CANVAS, _CANVAS, 4), np.float32), _CANVAS // 2
    axes = np.array([1.0, rng.uniform(0.6, 1.0)]) if rng.random() < 0.4 else np.ones(2)
    if rng.random() < 0.35:
        inside = _photograph(pictures, rng)[..., :3]
        piece[..., :3] = cv2.resize(inside, (_CANVAS, _CANVAS), interpolation=cv2.INTER_AREA)
    for share in np.sort(rng.uniform(0.1, 1.0, rng.integers(1, 5)))[::-1]:
        rim = max(1, round(middle * share * rng.uniform(0.05, 0.3))) if piece[..., :3].any() else -1
        size = np.maximum(axes * middle * share, 1.0).round().astype(int).tolist()
        cv2.ellipse(piece, (middle, middle), size, 0.0, 0.0, 360.0, _paint(rng), rim)
    for angle in rng.uniform(0.0, 2.0 * np.pi, rng.choice((0, 2, 3, 8))):
        end = (middle + 0.8 * middle * axes * (np.cos(angle), np.sin(angle))).round().astype(int).tolist()
        cv2.line(piece, (middle, middle), end, _paint(rng), int(rng.integers(1, 5)))
    cover = np.zeros(piece.shape[:2], np.float32)
    size = np.maximum(axes * (middle - 1), 1.0).round().astype(int).tolist()
    cv2.ellipse(cover, (middle, middle), size, 0.0, 0.0, 360.0, 1.0, -1)
    piece[..., 3] = cover
    return piece


def _clothes(pictures: Pictures, rng: np.random.Generator) -> np.ndarray:
    """A jacket, a shirt or a dress, on a hanger or as on a body that has no head, perhaps with trousers and hands."""
    piece = np.zeros((_CANVAS, _CANVAS, 4), np.float32)
    cloth, legs = _paint(rng), rng.random() < 0.5
    spans = ((0.4, 0.5), (0.5, 0.6)) if legs else ((0.5, 0.7), (0.9, 1.0))
    waist, hem = (rng.uniform(*span) * _CANVAS for span in spans)
    wide = _CANVAS * rng.uniform(0.13, 0.2)
    if legs:
        _trousers(piece, cloth, wide, hem, rng)
    _sleeves(piece, cloth, wide, waist, rng)
    _trunk(piece, cloth, wide, waist, hem, rng)
    piece[..., :3] *= BACKDROPS["curtain"].draw(_CANVAS, rng).mean(axis=-1, keepdims=True) ** np.float32(0.3)  # folds
    if rng.random() < 0.3:
        piece[..., :3] *= np.exp(np.float32(0.6) * rng.standard_normal((_CANVAS, _CANVAS, 1), np.float32))
    return piece


def _trousers(piece: np.ndarray, cloth: Paint, wide: float, hem: float, rng: np.random.Generator) -> None:
    """Lengths are pixels: `wide` is half of the shoulders' width, `hem` where the jacket ends, below the top."""
    for foot in _MIDDLE + wide * rng.uniform((-1.6, 0.1), (-0.1, 1.6)):
        own = _paint(rng) if rng.random() < 0.1 else cloth
        ends = (foot + 6, _CANVAS - 2), (foot - 6, _CANVAS - 2)
        _fill(piece, own, ((_MIDDLE - wide, hem - 8), (_MIDDLE + wide, hem - 8), *ends))


def _sleeves(piece: np.ndarray, cloth: Paint, wide: float, waist: float, rng: np.random.Generator) -> None:
    """Arms bent anyhow, half of them with a hand."""
    for sign in (-1.0, 1.0):
        elbow = (_MIDDLE + sign * wide * rng.uniform(1.3, 2.0), waist * rng.uniform(0.5, 0.8))
        hand = (_MIDDLE + sign * wide * rng.uniform(0.2, 2.2), waist * rng.uniform(0.3, 1.25))
        path = np.round([(_MIDDLE + sign * wide, 8.0), elbow, hand]).astype(np.int32)
        cv2.polylines(piece, [path], False, cloth, int(rng.integers(7, 13)))
        if rng.random() < 0.5:
            cv2.circle(piece, path[2].tolist(), int(rng.integers(3, 6)), _skin(rng), -1)


def _trunk(piece: np.ndarray, cloth: Paint, wide: float, waist: float, hem: float, rng: np.random.Generator) -> None:
    """From the neck to the hem; most with what the neck leaves open, skin or a shirt."""
    waist_wide, hem_wide = rng.uniform(0.7, 1.0) * wide, rng.uniform(0.8, 1.7) * wide
    right = np.array([(0.4 * wide, 2.0), (1.15 * wide, 8.0), (waist_wide, waist), (hem_wide, hem)])
    _fill(piece, cloth, np.concatenate((right, right[::-1] * (-1.0, 1.0))) + np.array((_MIDDLE, 0.0)))
    if rng.random() < 0.75:
        deep, half = rng.uniform(0.15, 0.9) * waist, rng.uniform(0.25, 0.6) * wide
        colour = _skin(rng) if rng.random() < 0.5 else _paint(rng)
        _fill(piece, colour, ((_MIDDLE - half, 2.0), (_MIDDLE + half, 2.0), (_MIDDLE, deep)))


def _fill(piece: np.ndarray, colour: Paint, corners: ArrayLike) -> None:
    cv2.fillPoly(piece, [np.round(np.asarray(corners)).astype(np.int32)], colour)


def _paint(rng: np.random.Generator) -> Paint:
    """A random colour, linear, that covers what is beneath."""
    return (*any_colour(rng).tolist(), 1.0)


def _skin(rng: np.random.Generator) -> Paint:
    return (*skin_tone(rng, rng.random())[1].tolist(), 1.0)


_KINDS: dict[str, tuple[float, Callable[[Pictures, np.random.Generator], np.ndarray]]] = {
    "photograph": (0.40, _photograph), "pattern": (0.12, _pattern), "lettering": (0.12, _lettering),
    "disc": (0.14, _disc), "clothes": (0.22, _clothes),
}  # fmt: skip
