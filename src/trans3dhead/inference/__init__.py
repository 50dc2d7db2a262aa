"""Photographs to heads: detectors, head boxes, the Predictor and what it returns."""

from trans3dhead.inference.detectors import (
    CascadeDetector,
    Detections,
    Detector,
    YuNetDetector,
    build_detector,
)
from trans3dhead.inference.head import Camera, Head, Parameters, Pose
from trans3dhead.inference.head_boxes import FaceBoxRule, fit_face_box_rule, head_box_from_landmarks
from trans3dhead.inference.head_detector import HeadDetector
from trans3dhead.inference.photographs import check_photograph, find_photographs, read_photograph
from trans3dhead.inference.predictor import Predictor
from trans3dhead.inference.tracking import HeadTracker, TrackedHead
from trans3dhead.weights.shipped import ShippedFile, shipped_files

__all__ = [
    "Camera",
    "CascadeDetector",
    "Detections",
    "Detector",
    "FaceBoxRule",
    "Head",
    "HeadDetector",
    "HeadTracker",
    "Parameters",
    "Pose",
    "Predictor",
    "ShippedFile",
    "TrackedHead",
    "YuNetDetector",
    "build_detector",
    "check_photograph",
    "find_photographs",
    "fit_face_box_rule",
    "head_box_from_landmarks",
    "read_photograph",
    "shipped_files",
]
