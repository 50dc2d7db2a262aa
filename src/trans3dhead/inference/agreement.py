"""Whether a result is a head: what detector and network, and the two branches of the network, say of each other."""

import numpy as np

from trans3dhead.geometry.boxes import iou
from trans3dhead.inference.detectors.detections import DetectedHead
from trans3dhead.inference.head import Head

LEAST_AGREEMENT = 0.3  # of a result that is believed; what it parts is measured in docs/using.md
CONFIRMING_AGREEMENT = 0.4  # of a result that makes a head of a box of which the detector is not certain
_CONFIRMING_SPREAD = 0.08  # of its landmarks on average, in units of the box's size; small.md has what heads have
_TOLERANCE = 0.05  # distance of the two sets of landmarks, in units of the box's size, at which agreement is 1/e


def counts_as_head(head: Head, detected: DetectedHead, box: np.ndarray) -> bool:
    """Whether what a detected box led to is a head.

    It is where the detector is certain. Elsewhere the result must confirm it: its rotation is near the detector's, it
    agrees with the box (4,) [x, y, w, h] that the network looked at last, and the network is sure of its landmarks.
    """
    if detected.certain:
        return True
    return not head.doubtful and agreement(head, box) >= CONFIRMING_AGREEMENT and _spread(head) <= _CONFIRMING_SPREAD


def _spread(head: Head) -> float:
    """How far off its landmarks are on average by the network's own word, in units of the box's size; 0: not said."""
    return 0.0 if head.landmark_spread is None else float(head.landmark_spread.mean() / _size(head))


def agreement(head: Head, box: np.ndarray) -> float:
    """How well a result agrees with itself and with the box (4,) [x, y, w, h] that it was given, 0..1.

    The overlap (IoU) of that box with the one that the result implies, times exp(-d / 0.05): d is the mean distance
    between the landmark branch's points and those of the projected mesh, over the root of the box's area. The network
    says both independently; where there is no head they part.
    """
    apart = np.linalg.norm(head.head_model.landmarks(head.projected) - head.landmarks, axis=1)
    return float(iou(box, head.box) * np.exp(-apart.mean() / _size(head) / _TOLERANCE))


def _size(head: Head) -> float:
    return float(np.sqrt(max(head.box[2:].prod(), 1e-9)))
