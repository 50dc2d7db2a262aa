"""What a training of the detector writes down after each validation."""

from collections.abc import Mapping

import cv2
import numpy as np

from trans3dhead.data.scene_windows import SceneBatch
from trans3dhead.networks.detection.found import THRESHOLD
from trans3dhead.training.detection.validation import ScoredPicture, summarise_detections, words
from trans3dhead.training.engine.run_folder import ValidationRecords

_TILE = 320  # pixels
_COLUMNS = 4
_SUBPIXEL = 16  # OpenCV's fixed point: four fractional bits
_GREEN, _GRAY, _RED = (60, 255, 60), (160, 160, 160), (255, 60, 60)
_NOSE = 0.6  # of a box's longer side


class DetectionRecords(ValidationRecords):
    """The metrics of detection, and scenes with the true boxes and what is found."""

    def part(self, outputs: list[ScoredPicture]) -> list[ScoredPicture]:
        """The pictures of a batch."""
        return outputs

    def summary(self, parts: list[list[ScoredPicture]]) -> dict[str, float]:
        """Over all pictures."""
        return summarise_detections([picture for part in parts for picture in part])

    def sheet(self, batch: SceneBatch, outputs: list[ScoredPicture]) -> np.ndarray:
        """Green: heads to be found, gray: heads that need not be, red: what is found, with where the noses point."""
        images = batch.images[: self.pictures].permute(0, 2, 3, 1).cpu().numpy()
        tiles = [draw_detections(image, scored) for image, scored in zip(images, outputs, strict=False)]
        tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % min(_COLUMNS, len(tiles)))
        columns = min(_COLUMNS, len(tiles))
        return np.concatenate(
            [np.concatenate(tiles[start : start + columns], axis=1) for start in range(0, len(tiles), columns)]
        )

    def line(self, means: Mapping[str, float]) -> str:
        """AP, recall, false ones, rotation."""
        return words(means)


def draw_detections(image: np.ndarray, scored: ScoredPicture, threshold: float = THRESHOLD) -> np.ndarray:
    """(H, W, 3) uint8 RGB -> the picture with its longer side scaled to 320 pixels, on a square, with all boxes."""
    zoom = _TILE / max(image.shape[:2])
    small = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    tile = np.zeros((_TILE, _TILE, 3), np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small[:_TILE, :_TILE]
    picture = scored.picture
    for box, wanted in zip(picture.true_boxes, picture.wanted, strict=True):
        _draw(tile, zoom * box, _GREEN if wanted else _GRAY)
    for box, score, rotation in zip(picture.boxes, picture.scores, scored.rotations, strict=True):
        if score >= threshold:
            _draw(tile, zoom * box, _RED)
            middle = zoom * (box[:2] + box[2:] / 2)
            nose = middle + zoom * _NOSE * box[2:].max() * rotation[:2, 2]
            cv2.line(tile, _fixed(middle), _fixed(nose), _RED, 1, cv2.LINE_AA, 4)
    return tile


def _draw(tile: np.ndarray, box: np.ndarray, colour: tuple[int, int, int]) -> None:
    cv2.rectangle(tile, _fixed(box[:2]), _fixed(box[:2] + box[2:]), colour, 1, cv2.LINE_AA, 4)


def _fixed(point: np.ndarray) -> tuple[int, int]:
    x, y = (_SUBPIXEL * (np.clip(point, -2e3, 2e3) - 0.5)).round().astype(int)  # OpenCV draws at pixel centres
    return int(x), int(y)
