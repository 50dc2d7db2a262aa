"""Head detectors behind one small interface: a photograph in, head boxes and scores out."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from trans3dhead.geometry.boxes import iou
from trans3dhead.inference.head_boxes import FaceBoxRule

if TYPE_CHECKING:
    from trans3dhead.inference.head_detector import HeadDetector

_LONGEST_SIDE = 1280  # pixels; larger photographs are shrunk for the detection of faces
_SMALLEST_FACE = 24  # pixels of the shrunk photograph, and the size at which the cascades were trained
_SMALLEST_SHARE = 1 / 40  # of the longer side: smaller ones are mostly background


@dataclass(frozen=True)
class Detections:
    """What a detector found, the most certain first."""

    boxes: np.ndarray  # (N, 4) float64 head boxes [x, y, w, h], pixels; they may reach outside of the photograph
    scores: np.ndarray  # (N,) 0..1, comparable within one detector only
    rotations: np.ndarray | None = None  # (N, 3, 3) head space -> camera space, as `Pose.rotation`, coarse; or not said
    from_faces: bool = True  # the boxes follow from faces by a rule, so that a second look mends them
    certain: float = 0.0  # of a lower score a box is a head only if the result that it leads to confirms it


class Detector(Protocol):
    """Anything that finds heads: the Predictor asks for no more than this."""

    def __call__(self, image: np.ndarray) -> Detections:
        """(H, W, 3) uint8 RGB -> the head boxes in it."""
        ...


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

    def __init__(self, threshold: float = 0.4, cascades: tuple[Cascade, ...] = CASCADES) -> None:
        """threshold: the least score, 0..1; lower finds more heads and more of what is none."""
        self.threshold = threshold
        self.cascades = cascades
        self._classifiers = [build_classifier(cascade.file) for cascade in cascades]

    def __call__(self, image: np.ndarray) -> Detections:
        """(H, W, 3) uint8 RGB -> the head boxes in it."""
        small, to_photograph = shrink(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), _LONGEST_SIDE)
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


class YuNetDetector:
    """OpenCV's YuNet, from the user's own copy of its ONNX file (`face_detection_yunet_*.onnx` of opencv_zoo, MIT)."""

    rule = FaceBoxRule(dx=0.0, dy=-0.12, width=1.30, height=1.35)  # its boxes run from mid-forehead to chin

    def __init__(self, model: str | Path, threshold: float = 0.7) -> None:
        if not Path(model).is_file():
            raise FileNotFoundError(f"{model}: no such YuNet model; opencv_zoo has face_detection_yunet_2023mar.onnx")
        self.threshold = threshold
        try:
            self._network = cv2.FaceDetectorYN.create(str(model), "", (320, 320), threshold)
        except cv2.error as error:
            raise ValueError(f"{model}: expected YuNet as an ONNX file, OpenCV cannot read it ({error.err})") from error

    def __call__(self, image: np.ndarray) -> Detections:
        """(H, W, 3) uint8 RGB -> the head boxes in it."""
        small, to_photograph = shrink(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), _LONGEST_SIDE)
        self._network.setInputSize((small.shape[1], small.shape[0]))
        found = self._network.detect(small)[1]
        if found is None:
            return Detections(np.zeros((0, 4)), np.zeros(0))
        found = found[np.argsort(-found[:, -1], kind="stable")].astype(np.float64)
        return Detections(self.rule(found[:, :4]) * to_photograph, found[:, -1])


def build_detector(name: str, threshold: float | None = None) -> "CascadeDetector | YuNetDetector | HeadDetector":
    """Detectors by name; threshold: the least score, 0..1, or None for the detector's own.

    "heads": our own head detector, the one that ships; "heads:PATH": of your checkpoint; "cascade"; "yunet:PATH", of
    an ONNX file.
    """
    kind, _, path = name.partition(":")
    if kind == "heads":
        from trans3dhead.inference.head_detector import SHIPPED, HeadDetector  # it builds on this module

        return HeadDetector(path or SHIPPED, threshold)
    if kind == "cascade" and not path:
        return CascadeDetector() if threshold is None else CascadeDetector(threshold)
    if kind == "yunet" and path:
        return YuNetDetector(path) if threshold is None else YuNetDetector(path, threshold)
    raise ValueError(
        "detector: expected 'heads', 'heads:PATH' (a checkpoint), 'cascade' or 'yunet:PATH' (an ONNX file), "
        f"got {name!r}"
    )


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
        boxes[:, 0] = gray.shape[1] - boxes[:, 0] - boxes[:, 2]
    return boxes, np.array(weights, dtype=np.float64).reshape(-1)


def build_classifier(file: str) -> cv2.CascadeClassifier:
    path = Path(cv2.__file__).parent / "data" / file
    classifier = cv2.CascadeClassifier(str(path))
    if classifier.empty():
        raise ValueError(f"{path}: OpenCV's cascade is missing or damaged; reinstall opencv-python-headless 4.x")
    return classifier


def shrink(image: np.ndarray, longest_side: int, largest_zoom: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """The picture with sides of `longest_side` pixels at most; a smaller one as it is or enlarged, by `largest_zoom`.

    Also (4,) factors from its boxes to those of the photograph.
    """
    height, width = image.shape[:2]
    factor = min(largest_zoom, longest_side / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = image if size == (width, height) else _resized(image, size)
    return small, np.array([width / size[0], height / size[1]] * 2)


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Means of 2 × 2 pixels while that leaves no less than `size`, then bilinear: an eighth of an area mean's time.

    Where sides are odd, a mean over the area of each pixel does it all, so that nothing larger than two is skipped.
    """
    height, width = image.shape[:2]
    while height % 2 == 0 and width % 2 == 0 and width // 2 >= size[0] and height // 2 >= size[1]:
        width, height = width // 2, height // 2
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    little = width < 2 * size[0] and height < 2 * size[1]
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR if little else cv2.INTER_AREA)


def _merge(boxes: np.ndarray, evidence: np.ndarray, sources: np.ndarray, overlap: float = 0.3) -> Detections:
    """Group boxes about the strongest one left; each source counts once in a group, with its strongest box."""
    remaining = list(np.argsort(-evidence, kind="stable"))
    merged, scores = [], []
    while remaining:
        near = [i for i in remaining if iou(boxes[remaining[0]], boxes[i]) > overlap]
        remaining = [i for i in remaining if i not in near]
        strongest = {sources[i]: i for i in reversed(near)}  # reversed: the strongest is written last
        members = list(strongest.values())
        merged.append(np.average(boxes[members], axis=0, weights=evidence[members] + 1e-6))
        scores.append(1.0 - np.prod(1.0 - evidence[members]))
    order = np.argsort(-np.array(scores), kind="stable")
    return Detections(np.array(merged).reshape(-1, 4)[order], np.array(scores)[order])
