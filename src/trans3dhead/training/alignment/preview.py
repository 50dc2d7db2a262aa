"""A sheet of crops with their 68 landmarks: green the label, red the prediction."""

import cv2
import numpy as np
from torch import Tensor

from trans3dhead.images import Colour, draw_dots, picture_grid

_TILE = 224  # pixels
_COLUMNS = 8
_GREEN, _RED = (60, 255, 60), (255, 60, 60)


def preview_sheet(crops: Tensor, truth: Tensor, predicted: Tensor | None = None) -> np.ndarray:
    """(B, 3, S, S) uint8 RGB, (B, 68, 2) crop units once or twice -> (H, W, 3) uint8 RGB, eight crops in a row."""
    tiles = []
    for index, crop in enumerate(crops.permute(0, 2, 3, 1).cpu().numpy()):
        tile = cv2.resize(np.ascontiguousarray(crop), (_TILE, _TILE), interpolation=cv2.INTER_LINEAR)
        _draw(tile, truth[index], _GREEN)
        if predicted is not None:
            _draw(tile, predicted[index], _RED)
        tiles.append(tile)
    return picture_grid(tiles, _COLUMNS)


def _draw(tile: np.ndarray, points: Tensor, colour: Colour) -> None:
    draw_dots(tile, points.detach().float().cpu().numpy() * _TILE, colour, radius=1.4)
