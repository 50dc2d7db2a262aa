"""A sheet of crops with their 68 landmarks: green the label, red the prediction."""

import cv2
import numpy as np
from torch import Tensor

_TILE = 224  # pixels
_COLUMNS = 8
_GREEN, _RED = (60, 255, 60), (255, 60, 60)
_SUBPIXEL = 16


def landmark_sheet(crops: Tensor, truth: Tensor, predicted: Tensor | None = None) -> np.ndarray:
    """(B, 3, S, S) uint8 RGB, (B, 68, 2) crop units once or twice -> (H, W, 3) uint8 RGB, eight crops in a row."""
    tiles = []
    for index, crop in enumerate(crops.permute(0, 2, 3, 1).cpu().numpy()):
        tile = cv2.resize(np.ascontiguousarray(crop), (_TILE, _TILE), interpolation=cv2.INTER_LINEAR)
        _draw(tile, truth[index], _GREEN)
        if predicted is not None:
            _draw(tile, predicted[index], _RED)
        tiles.append(tile)
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % min(_COLUMNS, len(tiles)))
    columns = min(_COLUMNS, len(tiles))
    rows = [np.concatenate(tiles[start : start + columns], axis=1) for start in range(0, len(tiles), columns)]
    return np.concatenate(rows, axis=0)


def _draw(tile: np.ndarray, points: Tensor, colour: tuple[int, int, int]) -> None:
    pixels = points.detach().float().cpu().numpy() * _TILE - 0.5  # OpenCV draws at pixel centres
    for x, y in (_SUBPIXEL * pixels).round().astype(int):
        cv2.circle(tile, (int(x), int(y)), int(1.4 * _SUBPIXEL), colour, -1, cv2.LINE_AA, 4)
