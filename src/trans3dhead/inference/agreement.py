"""Whether a result is a head: what detector and network, and the two branches of the network, say of each other."""

import numpy as np

from trans3dhead.geometry.boxes import iou
from trans3dhead.inference.detectors.detections import DetectedHead
from trans3dhead.inference.head import Head

LEAST_AGREEMENT = 0.3  # of a result that is believed; what it parts is measured in docs/using.md
CONFIRMING_AGREEMENT = 0.4  # of a result that makes a head of a box of which the detector is not certain
_TOLERANCE = 0.05  # distance of the two sets of landmarks, in units of the box's size, at which agreement is 1/e


def counts_as_head(head: Head, detected: DetectedHead, box: np.ndarray) -> bool:
    """Whether what a detected box led to is a head.

    It is where the detector is certain. Elsewhere the result must confirm it: its rotation is near the detector's,
    and it agrees with the box (4,) [x, y, w, h] that the network looked at last.
    """
    return detected.certain or (not head.doubtful and agreement(head, box) >= CONFIRMING_AGREEMENT)


def agreement(head: Head, box: np.ndarray) -> float:
    """How well a result agrees with itself and with the box (4,) [x, y, w, h] that it was given, 0..1.

    The overlap (IoU) of that box with the one that the result implies, times exp(-d / 0.05): d is the mean distance
    between the landmark branch's points and those of the projected mesh, over the root of the box's area. The network
    says both independently; where there is no head they part.
    """
    apart = np.linalg.norm(head.head_model.landmarks(head.projected) - head.landmarks, axis=1)
    distance = apart.mean() / np.sqrt(max(head.box[2:].prod(), 1e-9))
    return float(iou(box, head.box) * np.exp(-distance / _TOLERANCE))
