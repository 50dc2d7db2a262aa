"""What detectors return, and all that the Predictor asks of one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np


@dataclass(frozen=True, eq=False)
class DetectedHead:
    """One of the heads that a detector found."""

    box: np.ndarray  # (4,) float64 [x, y, w, h] pixels
    score: float  # 0..1
    rotation: np.ndarray | None  # (3, 3) head space -> camera space, coarse; None where the detector does not say
    known: bool  # found by a detector whose scores `head_score` can weigh
    roll: float = 0.0  # degrees clockwise, see `Detections.rolls`


@dataclass(frozen=True, eq=False)
class Detections:
    """What a detector found in a photograph, the most certain first."""

    boxes: np.ndarray  # (N, 4) float64 head boxes [x, y, w, h], pixels; they may reach outside of the photograph
    scores: np.ndarray  # (N,) 0..1, comparable within one detector only
    rotations: np.ndarray | None = None  # (N, 3, 3) head space -> camera space, as `Pose.rotation`, coarse; or not said
    from_faces: bool = True  # the boxes follow from faces by a rule, so that a second look mends them
    known: bool = False  # the scores are those of our head detector, which `head_score` can weigh
    rolls: np.ndarray | None = None  # (N,) degrees clockwise by which crops are turned back; None: by none

    def on_photograph(self, reduction: int) -> "Detections":
        """The same in the pixels of a photograph whose sides are so many times longer."""
        return replace(self, boxes=self.boxes * reduction)

    def heads(self) -> Iterator[DetectedHead]:
        """The heads one by one, the most certain first."""
        rotations = [None] * len(self.boxes) if self.rotations is None else self.rotations
        rolls = [0.0] * len(self.boxes) if self.rolls is None else self.rolls.tolist()
        for box, score, rotation, roll in zip(self.boxes, self.scores.tolist(), rotations, rolls, strict=True):
            yield DetectedHead(box, score, rotation, self.known, roll)


class Detector(Protocol):
    """Anything that finds heads: the Predictor asks for no more than this.

    One that shrinks photographs may say to how many pixels, in an attribute `longest_side`: large JPEGs are then
    decoded no larger for it than they must be.
    """

    def __call__(self, image: np.ndarray) -> Detections:
        """(H, W, 3) uint8 RGB -> the head boxes in it."""
        ...
