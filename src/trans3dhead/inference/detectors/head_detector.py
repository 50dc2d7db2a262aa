"""Our own head detector around its network: a photograph in; head boxes, scores and coarse rotations out."""

from pathlib import Path

import numpy as np

from trans3dhead.geometry.boxes import share_inside
from trans3dhead.inference.detectors.detections import Detections
from trans3dhead.inference.detectors.finders import open_finder
from trans3dhead.inference.detectors.resizing import resized_to
from trans3dhead.inference.runtimes import Runtime
from trans3dhead.networks.detection.config import MULTIPLE, THRESHOLD
from trans3dhead.weights.shipped import detector_path

SHIPPED = "detector"  # the name of the one that comes with the package
LONGEST_SIDE = 576  # pixels
LARGEST_ZOOM = 2.0  # of a small photograph
LEAST_INSIDE = 0.1  # of a box's area in the photograph: what lies farther outside is the padding's


class HeadDetector:
    """Finds heads from any side, in one look at the photograph. It keeps nothing of a photograph between calls."""

    own_threshold = THRESHOLD  # the least score unless asked otherwise, 0..1

    def __init__(
        self,
        model: str | Path = SHIPPED,
        threshold: float | None = None,
        longest_side: int = LONGEST_SIDE,
        device: str = "cpu",
        runtime: Runtime = "auto",
        threads: int | None = None,
    ) -> None:
        """
        model: the name of a detector that ships, a checkpoint's path or an exported .onnx file; threshold: the least
        score, 0..1, None for `own_threshold`; longest_side: pixels to which the photograph's longer side is brought,
        though small photographs are enlarged to twice their size at most; device, runtime, threads: of the network, as
        the Predictor has them.
        """
        if longest_side < MULTIPLE:
            raise ValueError(f"longest_side: expected {MULTIPLE} pixels or more, got {longest_side}")
        self.threshold = self.own_threshold if threshold is None else threshold
        self.longest_side = longest_side
        self._find = open_finder(detector_path(model), runtime, device, threads)

    def __call__(self, image: np.ndarray) -> Detections:
        """(H, W, 3) uint8 RGB -> the heads in it, the most certain first."""
        small, to_photograph = resized_to(image, self.longest_side, LARGEST_ZOOM)
        boxes, scores, rotations = (array.astype(np.float64) for array in self._find(padded(small), self.threshold))
        boxes = boxes * to_photograph
        inside = share_inside(boxes, (image.shape[1], image.shape[0])) >= LEAST_INSIDE
        return Detections(boxes[inside], scores[inside], rotations[inside], from_faces=False, known=True)


def padded(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 -> the same with black to the right and below, up to sides that the network can take."""
    height, width = (-(-side // MULTIPLE) * MULTIPLE for side in image.shape[:2])
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[: image.shape[0], : image.shape[1]] = image
    return canvas
