"""OpenCV's YuNet, a small network that finds faces, as a head detector."""

from pathlib import Path

import cv2
import numpy as np

from trans3dhead.inference.detectors.detections import Detections
from trans3dhead.inference.detectors.resizing import LONGEST_SIDE_FOR_FACES, resized_to
from trans3dhead.inference.head_boxes import FaceBoxRule


class YuNetDetector:
    """OpenCV's YuNet, from the user's own copy of its ONNX file (`face_detection_yunet_*.onnx` of opencv_zoo, MIT)."""

    rule = FaceBoxRule(dx=0.0, dy=-0.12, width=1.30, height=1.35)  # its boxes run from mid-forehead to chin
    longest_side = LONGEST_SIDE_FOR_FACES
    own_threshold = 0.7  # the least score unless asked otherwise, 0..1

    def __init__(self, model: str | Path, threshold: float | None = None) -> None:
        """threshold: the least score, 0..1; None: `own_threshold`.

        Raises ValueError for a file that OpenCV cannot read as YuNet.
        """
        if not Path(model).is_file():
            raise FileNotFoundError(f"{model}: no such YuNet model; opencv_zoo has face_detection_yunet_2023mar.onnx")
        self.threshold = self.own_threshold if threshold is None else threshold
        try:
            self._network = cv2.FaceDetectorYN.create(str(model), "", (320, 320), self.threshold)
        except cv2.error as error:
            raise ValueError(f"{model}: expected YuNet as an ONNX file, OpenCV cannot read it ({error.err})") from error

    def __call__(self, image: np.ndarray) -> Detections:
        """(H, W, 3) uint8 RGB -> the head boxes in it."""
        small, to_photograph = resized_to(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), self.longest_side)
        self._network.setInputSize((small.shape[1], small.shape[0]))
        found = self._network.detect(small)[1]
        if found is None:
            return Detections(np.zeros((0, 4)), np.zeros(0))
        found = found[np.argsort(-found[:, -1], kind="stable")].astype(np.float64)
        return Detections(self.rule(found[:, :4]) * to_photograph, found[:, -1])
