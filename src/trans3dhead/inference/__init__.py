"""Photographs to heads: detectors, head boxes, the Predictor and what it returns."""

from trans3dhead.images import check_photograph, find_photographs, read_photograph
from trans3dhead.inference.camera_and_pose import Camera, Parameters, Pose
from trans3dhead.inference.detectors import (
    CascadeDetector,
    DetectedHead,
    Detections,
    Detector,
    HeadDetector,
    YuNetDetector,
    build_detector,
)
from trans3dhead.inference.frame_folder import FrameFolder
from trans3dhead.inference.head import Head
from trans3dhead.inference.head_boxes import FaceBoxRule, fit_face_box_rule, head_box_from_landmarks
from trans3dhead.inference.lens import Lens
from trans3dhead.inference.perspective import PerspectiveCamera
from trans3dhead.inference.photograph import Photograph
from trans3dhead.inference.predictor import Predictor
from trans3dhead.inference.smoothing import HeadSmoother, SmoothingSettings
from trans3dhead.inference.tracking import HeadTracker, TrackedHead
from trans3dhead.inference.video import BrokenFramesError, FrameSource, Video, VideoFrame
from trans3dhead.inference.webcam import Webcam

__all__ = [
    "BrokenFramesError",
    "Camera",
    "CascadeDetector",
    "DetectedHead",
    "Detections",
    "Detector",
    "FaceBoxRule",
    "FrameFolder",
    "FrameSource",
    "Head",
    "HeadDetector",
    "HeadSmoother",
    "HeadTracker",
    "Lens",
    "Parameters",
    "PerspectiveCamera",
    "Photograph",
    "Pose",
    "Predictor",
    "SmoothingSettings",
    "TrackedHead",
    "Video",
    "VideoFrame",
    "Webcam",
    "YuNetDetector",
    "build_detector",
    "check_photograph",
    "find_photographs",
    "fit_face_box_rule",
    "head_box_from_landmarks",
    "read_photograph",
]
