"""What a training of the detector writes down after each validation."""

from collections.abc import Mapping

import cv2
import numpy as np

from trans3dhead.data.scene_windows import SceneBatch
from trans3dhead.images import draw_box, draw_line, picture_grid
from trans3dhead.networks.detection.config import THRESHOLD
from trans3dhead.training.detection.validation import ScoredPicture, metrics_line, summarise_detections
from trans3dhead.training.engine.run_folder import ValidationRecords

_TILE = 320  # pixels
_COLUMNS = 4
_GREEN, _GRAY, _RED = (60, 255, 60), (160, 160, 160), (255, 60, 60)
_NOSE = 0.6  # of a box's longer side


class DetectionRecords(ValidationRecords):
    """The metrics of detection, and scenes with the true boxes and what is found."""

    def part(self, outputs: list[ScoredPicture]) -> list[ScoredPicture]:
        """The scored pictures of a batch, which are on the CPU already."""
        return outputs

    def summary(self, parts: list[list[ScoredPicture]]) -> dict[str, float]:
        """Metric -> its value over the pictures of all batches."""
        return summarise_detections([picture for part in parts for picture in part])

    def sheet(self, batch: SceneBatch, outputs: list[ScoredPicture]) -> np.ndarray:
        """Green: heads to be found, gray: heads that need not be, red: what is found, with where the noses point."""
        images = batch.images[: self.pictures].permute(0, 2, 3, 1).cpu().numpy()
        tiles = [draw_detections(image, scored) for image, scored in zip(images, outputs, strict=False)]
        return picture_grid(tiles, _COLUMNS)

    def line(self, means: Mapping[str, float]) -> str:
        """Average precision, recall, false boxes and rotation error in one line."""
        return metrics_line(means)


def draw_detections(image: np.ndarray, scored: ScoredPicture) -> np.ndarray:
    """(H, W, 3) uint8 RGB -> the picture with its longer side scaled to 320 pixels, on a square, with all boxes."""
    zoom = _TILE / max(image.shape[:2])
    small = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    tile = np.zeros((_TILE, _TILE, 3), np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small[:_TILE, :_TILE]
    picture = scored.picture
    for box, wanted in zip(picture.true_boxes, picture.wanted, strict=True):
        draw_box(tile, zoom * box, _GREEN if wanted else _GRAY)
    for box, score, rotation in zip(picture.boxes, picture.scores, scored.rotations, strict=True):
        if score >= THRESHOLD:
            draw_box(tile, zoom * box, _RED)
            middle = zoom * (box[:2] + box[2:] / 2)
            nose = middle + zoom * _NOSE * box[2:].max() * rotation[:2, 2]
            draw_line(tile, np.stack((middle, nose)), _RED)
    return tile
