"""OpenCV's bundled Haar cascades of faces as a head detector: what our own detector is compared with."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from trans3dhead.geometry.boxes import iou, mirrored_boxes
from trans3dhead.inference.detectors.detections import Detections
from trans3dhead.inference.detectors.resizing import LONGEST_SIDE_FOR_FACES, resized_to
from trans3dhead.inference.head_boxes import FaceBoxRule

_SMALLEST_FACE = 24  # pixels of the shrunk photograph, and the size at which the cascades were trained
_SMALLEST_SHARE = 1 / 40  # of the longer side: smaller ones are mostly background
_SAME_HEAD = 0.3  # above this overlap (IoU) the boxes of several cascades are one head's


@dataclass(frozen=True)
class Cascade:
    """One of OpenCV's bundled cascades, how its weights become evidence, and its rule from face to head box."""

    file: str
    mirrored: bool  # run it on the mirrored photograph
    weight_at_zero: float  # the cascade's own weight of a detection at which the evidence is 0 ...
    weight_at_one: float  # ... and at which it is 1
    rule: FaceBoxRule


# Weights: the spread of true and false detections on the development photographs (docs/using.md). Rules: the fit of
# benchmarks/face_box_rules.py to 600 synthetic photographs (seed 77; heads rolled by less than 30 degrees, weak
# detections left out); a frontal rule's dx is zero by symmetry. On 300 photographs of the validation set, detections
# of parts of a face included, their median overlap (IoU) with the true head boxes is 0.61, 0.60 and 0.68; rules fitted
# on half of those very photographs reach 0.60, 0.58 and 0.69 on the other half.
_DEFAULT = FaceBoxRule(dx=0.0, dy=-0.053, width=1.005, height=1.353)
_ALT2 = FaceBoxRule(dx=0.0, dy=-0.066, width=1.022, height=1.380)
_PROFILE = FaceBoxRule(dx=0.050, dy=-0.022, width=0.941, height=1.196)
CASCADES = (
    Cascade("haarcascade_frontalface_default.xml", False, 0.0, 10.0, _DEFAULT),
    Cascade("haarcascade_frontalface_alt2.xml", False, 53.0, 57.0, _ALT2),
    Cascade("haarcascade_profileface.xml", False, -0.5, 3.5, _PROFILE),
    Cascade("haarcascade_profileface.xml", True, -0.5, 3.5, _PROFILE),
)


class CascadeDetector:
    """OpenCV's bundled Haar cascades together: two frontal ones, and the profile one on the photograph and its mirror.

    Boxes of different cascades that overlap are one head: its box is their mean, weighted by evidence, and its score
    is 1 - Π(1 - evidence), so that heads on which the cascades agree stand out from a chance hit of one.
    """

    longest_side = LONGEST_SIDE_FOR_FACES
    own_threshold = 0.4  # the least score unless asked otherwise, 0..1

    def __init__(self, threshold: float | None = None, cascades: tuple[Cascade, ...] = CASCADES) -> None:
        """threshold: the least score, 0..1, None for `own_threshold`; a lower one finds more heads, and more that are
        none.
        """
        self.threshold = self.own_threshold if threshold is None else threshold
        self.cascades = cascades
        self._classifiers = [build_classifier(cascade.file) for cascade in cascades]

    def __call__(self, image: np.ndarray) -> Detections:
        """(H, W, 3) uint8 RGB -> the head boxes in it."""
        small, to_photograph = resized_to(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), self.longest_side)
        boxes, evidence, sources = [], [], []
        for number, (cascade, classifier) in enumerate(zip(self.cascades, self._classifiers, strict=True)):
            faces, weights = face_boxes(small, classifier, cascade.mirrored)
            rule = cascade.rule.mirrored() if cascade.mirrored else cascade.rule
            boxes.append(rule(faces) * to_photograph)
            span = cascade.weight_at_one - cascade.weight_at_zero
            evidence.append(np.clip((weights - cascade.weight_at_zero) / span, 0.0, 1.0))
            sources.append(np.full(len(faces), number))
        merged = _merge(np.concatenate(boxes), np.concatenate(evidence), np.concatenate(sources))
        certain = merged.scores >= self.threshold
        return Detections(merged.boxes[certain], merged.scores[certain])


def face_boxes(
    gray: np.ndarray, classifier: cv2.CascadeClassifier, mirrored: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """One cascade's raw detections. (H, W) uint8 -> (N, 4) face boxes [x, y, w, h] pixels, (N,) their weights."""
    smallest = max(_SMALLEST_FACE, round(_SMALLEST_SHARE * max(gray.shape)))
    seen = np.ascontiguousarray(gray[:, ::-1]) if mirrored else gray
    found, _, weights = classifier.detectMultiScale3(
        seen, scaleFactor=1.1, minNeighbors=2, minSize=(smallest, smallest), outputRejectLevels=True
    )
    boxes = np.array(found, dtype=np.float64).reshape(-1, 4)
    if mirrored:
        boxes = mirrored_boxes(boxes, gray.shape[1])
    return boxes, np.array(weights, dtype=np.float64).reshape(-1)


def build_classifier(file: str) -> cv2.CascadeClassifier:
    """One of OpenCV's bundled cascades by the name of its file."""
    path = Path(cv2.__file__).parent / "data" / file
    classifier = cv2.CascadeClassifier(str(path))
    if classifier.empty():
        raise ValueError(f"{path}: OpenCV's cascade is missing or damaged; reinstall opencv-python-headless 4.x")
    return classifier


def _merge(boxes: np.ndarray, evidence: np.ndarray, sources: np.ndarray) -> Detections:
    """Group boxes about the strongest one left; each source counts once in a group, with its strongest box."""
    remaining = list(np.argsort(-evidence, kind="stable"))
    merged, scores = [], []
    while remaining:
        near = [i for i in remaining if iou(boxes[remaining[0]], boxes[i]) > _SAME_HEAD]
        remaining = [i for i in remaining if i not in near]
        strongest = {sources[i]: i for i in reversed(near)}  # reversed: the strongest is written last
        members = list(strongest.values())
        merged.append(np.average(boxes[members], axis=0, weights=evidence[members] + 1e-6))
        scores.append(1.0 - np.prod(1.0 - evidence[members]))
    order = np.argsort(-np.array(scores), kind="stable")
    return Detections(np.array(merged).reshape(-1, 4)[order], np.array(scores)[order])
