"""How likely it is that a detected box holds a head: the detector's score, and how sure the network is of its points.

Scenes that are rendered teach how the detector's score is to be read, but hold nothing like the animals, food and
furniture that it takes for heads in photographs. There the network does not know where the landmarks are: their spread
is 0.016 of the box's size in the median of real faces, and mostly beyond 0.1 where nobody is.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from trans3dhead.geometry.boxes import root_area
from trans3dhead.geometry.matrices import angle_between_matrices
from trans3dhead.inference.agreement import agreement
from trans3dhead.inference.detectors.detections import DetectedHead
from trans3dhead.inference.head import Head

# Of a logistic regression on the scenes of seed 2,000,021; `benchmarks/head_scores.py` prints them.
_CONSTANT, _WEIGHT = 1.23, 4.43
# What a spread is worth was chosen on photographs. This large it may be on a large face:
_LARGEST_SPREAD = 0.08
_FEW_PIXELS = 30.0  # a head of this size may have twice as much
_BEHIND = 100.0  # degrees of yaw beyond which no landmark is seen ...
_BEHIND_FACTOR = 1.5  # ... and a head may have so many times more
_STEEPNESS = 6.0
_EXTREME = 1e-3  # how near to 0 and 1 a detector's score counts
CONSTANTS = {  # by their names, for those who compute it elsewhere
    "constant": _CONSTANT,
    "weight": _WEIGHT,
    "largest_spread": _LARGEST_SPREAD,
    "few_pixels": _FEW_PIXELS,
    "behind": _BEHIND,
    "behind_factor": _BEHIND_FACTOR,
    "steepness": _STEEPNESS,
    "extreme": _EXTREME,
}


@dataclass(frozen=True)
class Evidence:
    """What is known of a detected box once the network has looked at it."""

    detected: float  # the detector's score, 0..1
    spread: float | None  # of the landmarks on average, in units of the box's size; None: the network does not say
    yaw: float  # degrees
    size: float  # the root of the box's area, pixels

    @property
    def certainty(self) -> float:
        """The logarithm of the detector's odds."""
        score = min(max(self.detected, _EXTREME), 1.0 - _EXTREME)
        return math.log(score / (1.0 - score))

    @property
    def excess(self) -> float | None:
        """The spread over what a head of this size, seen from this side, may have; None: the network does not say."""
        if self.spread is None:
            return None
        behind = _BEHIND_FACTOR if abs(self.yaw) > _BEHIND else 1.0
        return self.spread / (_LARGEST_SPREAD * behind * (1.0 + _FEW_PIXELS / self.size))

    @property
    def probability(self) -> float:
        """0..1, of a head that the result fits: their boxes overlap (IoU) by a half or more."""
        return probability(self.certainty, self.excess, _CONSTANT, _WEIGHT)


def probability(certainty: float, excess: float | None, constant: float, weight: float) -> float:
    """The detector's odds as a regression reads them, better in proportion where the spread is small, times a factor
    that falls from 1 to 0 where it becomes too large.
    """
    odds = constant + weight * certainty
    if excess is None:
        return 1.0 / (1.0 + math.exp(-odds))
    odds += max(0.0, -math.log(max(excess, _EXTREME)))
    return 1.0 / (1.0 + math.exp(-odds)) / (1.0 + excess**_STEEPNESS)


def evidence(head: Head) -> Evidence:
    """What is known of a detected head, as the first look has it; a closer look changes spread and box, not the score.

    Raises ValueError for one of a box that was not checked.
    """
    if head.detector_score is None:
        raise ValueError("evidence: expected a head that a Predictor found, got one without a detector_score")
    size = root_area(head.box)
    spread = None if head.landmark_spread is None else float(head.landmark_spread.mean()) / size
    return Evidence(head.detector_score, spread, head.pose.yaw, size)


def judged(head: Head, detected: DetectedHead, box: np.ndarray) -> Head:
    """The result with its score: the probability where the detector is one that is known, else the detector's own.

    box: (4,) [x, y, w, h] pixels, at which the network looked last.
    """
    turned = None if detected.rotation is None else angle_between_matrices(head.pose.rotation, detected.rotation)
    checked = replace(
        head,
        score=detected.score,
        detector_score=detected.score,
        agreement=agreement(head, box),
        rotation_check=turned,
    )
    return replace(checked, score=evidence(checked).probability) if detected.known else checked
