"""Any face detector in place of ours: it gives head boxes. `python examples/own_detector.py photo.jpg`.

This one is a single OpenCV cascade. Its face boxes become head boxes by a rule; `fit_face_box_rule` fits one to pairs
of face boxes and true head boxes.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from trans3dhead import Predictor
from trans3dhead.inference import Detections, FaceBoxRule


class SingleCascade:
    """(H, W, 3) uint8 RGB -> head boxes [x, y, w, h] in pixels and scores: all that the Predictor asks for."""

    rule = FaceBoxRule(dx=0.0, dy=-0.1, width=1.1, height=1.45)

    def __init__(self) -> None:
        folder = Path(cv2.__file__).parent / "data"
        self.cascade = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_alt2.xml"))

    def __call__(self, image: np.ndarray) -> Detections:
        faces = np.array(self.cascade.detectMultiScale(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))).reshape(-1, 4)
        return Detections(self.rule(faces), np.ones(len(faces)))


photograph = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("astronaut.jpg")
for head in Predictor(detector=SingleCascade())(photograph):
    print(f"box {np.round(head.box).tolist()}, yaw {head.pose.yaw:+.1f} degrees")
