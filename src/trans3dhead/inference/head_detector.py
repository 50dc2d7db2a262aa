"""Our own head detector around its network: a photograph in; head boxes, scores and coarse rotations out."""

from pathlib import Path

import numpy as np
import torch

from trans3dhead.detection.checkpoint import load_detector
from trans3dhead.detection.config import MULTIPLE
from trans3dhead.detection.found import OVERLAP, THRESHOLD, Found, find
from trans3dhead.detection.network import folded
from trans3dhead.geometry.boxes import share_inside
from trans3dhead.inference.detectors import Detections, shrink, suppress
from trans3dhead.inference.shipped import detector_path
from trans3dhead.network import normalize

SHIPPED = "detector"  # the name of the one that comes with the package
_LEAST_INSIDE = 0.1  # of a box's area in the photograph: what lies farther outside is the padding's


class HeadDetector:
    """Finds heads from any side. It keeps nothing of a photograph between calls.

    A photograph is looked at twice: shrunk to `longest_side`, for small heads, and to `overview`, so that heads which
    fill it are of a size that training showed whole. Neither enlarges it: the network saw heads down to 12 pixels.
    """

    def __init__(
        self,
        model: str | Path = SHIPPED,
        threshold: float | None = None,
        longest_side: int = 640,
        overview: int = 320,
        device: str | torch.device = "cpu",
    ) -> None:
        """
        model: the name of a detector that ships, or a checkpoint's path; threshold: the least score, 0..1, None for
        the network's own; longest_side, overview: pixels; an overview of 0 leaves the second look out, a fifth of the
        time.
        """
        if longest_side < MULTIPLE or (overview and not MULTIPLE <= overview <= longest_side):
            raise ValueError(
                f"longest_side, overview: expected {MULTIPLE} pixels or more and an overview (or 0) that is no "
                f"larger, got {longest_side} and {overview}"
            )
        self.threshold = THRESHOLD if threshold is None else threshold
        self._longest_side, self._overview = longest_side, overview
        self._network = folded(load_detector(detector_path(model)).network).to(device)
        self._device = torch.device(device)

    def __call__(self, image: np.ndarray) -> Detections:
        """(H, W, 3) uint8 RGB -> the heads in it, the most certain first."""
        small, to_photograph = shrink(image, self._longest_side)
        looks = [self._look(small, to_photograph)]
        if self._overview and max(small.shape) > self._overview:
            smaller, to_small = shrink(small, self._overview)  # of the photograph itself it would take as long again
            looks.append(self._look(smaller, to_small * to_photograph))
        boxes, scores, rotations = (np.concatenate(arrays) for arrays in zip(*looks, strict=True))
        there = np.flatnonzero(share_inside(boxes, (image.shape[1], image.shape[0])) >= _LEAST_INSIDE)
        kept = there[suppress(boxes[there], scores[there], OVERLAP)]
        return Detections(boxes[kept], scores[kept], rotations[kept], from_faces=False)

    @torch.inference_mode()
    def _look(self, image: np.ndarray, to_photograph: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """One look at a small copy of the photograph; (4,) factors from its boxes to the photograph's.

        Returns (N, 4) boxes in pixels of the photograph, (N,) scores, (N, 3, 3) rotations.
        """
        pixels = torch.from_numpy(padded(image)).permute(2, 0, 1)[None].to(self._device)
        found: Found = find(self._network(normalize(pixels)), self.threshold)[0]
        boxes = found.boxes.cpu().double().numpy() * to_photograph
        return boxes, found.scores.cpu().double().numpy(), found.rotations.cpu().double().numpy()


def padded(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 -> the same with black to the right and below, up to sides that the network takes."""
    height, width = (-(-side // MULTIPLE) * MULTIPLE for side in image.shape[:2])
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[: image.shape[0], : image.shape[1]] = image
    return canvas
