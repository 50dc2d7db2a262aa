"""Whether a result is a head: what the two branches of the network say of each other and of the box."""

import numpy as np

from trans3dhead.geometry.boxes import iou, root_area
from trans3dhead.inference.head import Head

LEAST_AGREEMENT = 0.3  # of a result that is believed; what it parts is measured in docs/using.md
TOLERANCE = 0.05  # distance of the two sets of landmarks, in units of the box's size, at which agreement is 1/e


def agreement(head: Head, box: np.ndarray) -> float:
    """How well a result agrees with itself and with the box (4,) [x, y, w, h] that it was given, 0..1.

    The overlap (IoU) of that box with the one that the result implies, times exp(-d / 0.05): d is the mean distance
    between the landmark branch's points and those of the projected mesh, over the root of the box's area. The network
    says both independently; where there is no head they part.
    """
    apart = np.linalg.norm(head.head_model.landmarks(head.projected) - head.landmarks, axis=1)
    return float(iou(box, head.box) * np.exp(-apart.mean() / root_area(head.box) / TOLERANCE))
