"""Head detectors behind one small interface: a photograph in; head boxes, scores and perhaps rotations out."""

from trans3dhead.inference.detectors.by_name import build_detector
from trans3dhead.inference.detectors.cascade import CascadeDetector
from trans3dhead.inference.detectors.detections import DetectedHead, Detections, Detector
from trans3dhead.inference.detectors.head_detector import HeadDetector
from trans3dhead.inference.detectors.yunet import YuNetDetector

__all__ = [
    "CascadeDetector",
    "DetectedHead",
    "Detections",
    "Detector",
    "HeadDetector",
    "YuNetDetector",
    "build_detector",
]
