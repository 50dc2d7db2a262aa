"""Our own head detector around its network: a photograph in; head boxes, scores and coarse rotations out."""

from pathlib import Path

import cv2
import numpy as np
import torch

from trans3dhead.detection.checkpoint import load_detector
from trans3dhead.detection.config import MULTIPLE
from trans3dhead.detection.found import OVERLAP, THRESHOLD, find
from trans3dhead.detection.network import folded
from trans3dhead.geometry.boxes import share_inside
from trans3dhead.inference.detectors import Detections, shrink, suppress
from trans3dhead.inference.shipped import detector_path
from trans3dhead.network import normalize

SHIPPED = "detector"  # the name of the one that comes with the package
_MULTIPLE = 2 * MULTIPLE  # of the sides of the first look, so that half of them are fit for the network too
_LARGEST = 320.0  # pixels: longer boxes of the first look are no heads of training's; the second look has them ...
_SMALLEST = 80.0  # pixels of the second look, which leaves shorter ones to the first
_LEAST_INSIDE = 0.1  # of a box's area in the photograph: what lies farther outside is the padding's


class HeadDetector:
    """Finds heads from any side. It keeps nothing of a photograph between calls.

    A photograph is looked at twice: shrunk to `longest_side`, never enlarged, for small heads, and to half of that for
    large ones. So each look finds heads of sizes that training showed whole.
    """

    def __init__(
        self,
        model: str | Path = SHIPPED,
        threshold: float | None = None,
        longest_side: int = 512,
        overview: bool = True,
        device: str | torch.device = "cpu",
    ) -> None:
        """
        model: the name of a detector that ships, or a checkpoint's path; threshold: the least score, 0..1, None for
        the network's own; longest_side: pixels; overview: whether to take the second look, a quarter of the time.
        """
        if longest_side < _MULTIPLE:
            raise ValueError(f"longest_side: expected {_MULTIPLE} pixels or more, got {longest_side}")
        self.threshold = THRESHOLD if threshold is None else threshold
        self._longest_side, self._overview = longest_side, overview
        self._network = folded(load_detector(detector_path(model)).network).to(device)
        self._device = torch.device(device)

    @torch.inference_mode()
    def __call__(self, image: np.ndarray) -> Detections:
        """(H, W, 3) uint8 RGB -> the heads in it, the most certain first."""
        small, to_photograph = shrink(image, self._longest_side)
        canvas = padded(small)
        looks = [self._look(canvas, to_photograph, largest=_LARGEST if self._overview else np.inf)]
        if self._overview:
            half = cv2.resize(canvas, (canvas.shape[1] // 2, canvas.shape[0] // 2), interpolation=cv2.INTER_AREA)
            looks.append(self._look(half, 2 * to_photograph, smallest=_SMALLEST))
        boxes, scores, rotations = (np.concatenate(arrays) for arrays in zip(*looks, strict=True))
        there = np.flatnonzero(share_inside(boxes, (image.shape[1], image.shape[0])) >= _LEAST_INSIDE)
        kept = there[suppress(boxes[there], scores[there], OVERLAP)]
        return Detections(boxes[kept], scores[kept], rotations[kept], from_faces=False)

    def _look(
        self, canvas: np.ndarray, to_photograph: np.ndarray, smallest: float = 0.0, largest: float = np.inf
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(H, W, 3) uint8, sides that the network takes; (4,) factors from boxes in it to boxes in the photograph.

        smallest, largest: pixels, of the longer sides of its boxes. Returns (N, 4) boxes in pixels of the photograph,
        (N,) scores, (N, 3, 3) rotations.
        """
        pixels = torch.from_numpy(canvas).permute(2, 0, 1)[None].to(self._device)
        found = find(self._network(normalize(pixels)), self.threshold)[0]
        boxes, scores, rotations = (t.cpu().double().numpy() for t in (found.boxes, found.scores, found.rotations))
        longer = boxes[:, 2:].max(axis=1, initial=0.0)
        kept = (longer >= smallest) & (longer <= largest)
        return boxes[kept] * to_photograph, scores[kept], rotations[kept]


def padded(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 -> the same with black to the right and below, up to sides that both looks can take."""
    height, width = (-(-side // _MULTIPLE) * _MULTIPLE for side in image.shape[:2])
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[: image.shape[0], : image.shape[1]] = image
    return canvas
