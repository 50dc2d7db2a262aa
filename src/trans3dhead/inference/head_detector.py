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
CERTAIN = 0.4  # the score from which a box is a head whatever the network that aligns makes of it
_MULTIPLE = 2 * MULTIPLE  # of the sides of the first look, so that half of them are fit for the network too
_LARGEST_ZOOM = 2.0  # of a small photograph
_LARGE = 256.0  # pixels of the first look: where it suspects longer boxes, the second look is taken ...
_SUSPICION = 0.2  # ... that is, with this score
_SIZES = (320.0, 192.0)  # pixels of the first look: the longest box that then is its own, the shortest of the second's
_LEAST_INSIDE = 0.1  # of a box's area in the photograph: what lies farther outside is the padding's


class HeadDetector:
    """Finds heads from any side. It keeps nothing of a photograph between calls.

    A photograph is looked at with its longer side brought to `longest_side` pixels and, where there seem to be heads of
    more than 256 of these, once more at half the size: so heads that fill it are as large as training showed them.
    """

    def __init__(
        self,
        model: str | Path = SHIPPED,
        threshold: float | None = None,
        longest_side: int = 576,
        overview: bool = True,
        device: str | torch.device = "cpu",
    ) -> None:
        """
        model: the name of a detector that ships, or a checkpoint's path; threshold: the least score, 0..1, None for
        the network's own; longest_side: pixels, small photographs are enlarged to twice their size at most; overview:
        whether to look a second time for large heads.
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
        small, to_photograph = shrink(image, self._longest_side, _LARGEST_ZOOM)
        canvas = padded(small)
        boxes, scores, rotations = self._look(canvas)
        longer = boxes[:, 2:].max(axis=1, initial=0.0)
        if self._overview and ((longer > _LARGE) & (scores >= _SUSPICION)).any():
            half = cv2.resize(canvas, (canvas.shape[1] // 2, canvas.shape[0] // 2), interpolation=cv2.INTER_AREA)
            large, *others = self._look(half)
            first, second = longer <= _SIZES[0], 2 * large[:, 2:].max(axis=1, initial=0.0) >= _SIZES[1]
            boxes = np.concatenate((boxes[first], 2 * large[second]))
            scores, rotations = (
                np.concatenate((one[first], other[second]))
                for one, other in zip((scores, rotations), others, strict=True)
            )
        boxes = boxes * to_photograph
        inside = share_inside(boxes, (image.shape[1], image.shape[0])) >= _LEAST_INSIDE
        there = np.flatnonzero(inside & (scores >= self.threshold))
        kept = there[suppress(boxes[there], scores[there], OVERLAP)]
        return Detections(boxes[kept], scores[kept], rotations[kept], from_faces=False, certain=CERTAIN)

    def _look(self, canvas: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(H, W, 3) uint8, sides that the network takes -> of all that is suspected (N, 4) boxes in its pixels, (N,)
        scores and (N, 3, 3) rotations.
        """
        pixels = torch.from_numpy(canvas).permute(2, 0, 1)[None].to(self._device)
        found = find(self._network(normalize(pixels)), min(self.threshold, _SUSPICION))[0]
        boxes, scores, rotations = (t.cpu().double().numpy() for t in (found.boxes, found.scores, found.rotations))
        return boxes, scores, rotations


def padded(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 -> the same with black to the right and below, up to sides that both looks can take."""
    height, width = (-(-side // _MULTIPLE) * _MULTIPLE for side in image.shape[:2])
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[: image.shape[0], : image.shape[1]] = image
    return canvas
