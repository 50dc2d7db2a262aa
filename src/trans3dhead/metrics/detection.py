"""Average precision and recall of detections, as COCO counts them, with heads that count neither way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trans3dhead.geometry.boxes import iou

LEAST_SCORE = 0.01  # of a detection that counts in the average precision
FOUND_IOU = 0.5  # least overlap of a box with the head that it finds
OVERLAPS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))  # COCO's: 0.5, 0.55, ..., 0.95
_RECALLS = np.linspace(0.0, 1.0, 101)  # at which COCO reads the precision


@dataclass(frozen=True, eq=False)
class Picture:
    """What was found in one picture and what is there; boxes [x, y, w, h] in pixels."""

    boxes: np.ndarray  # (D, 4) found
    scores: np.ndarray  # (D,)
    true_boxes: np.ndarray  # (N, 4)
    wanted: np.ndarray  # (N,) bool; a detection of another head is neither right nor wrong


@dataclass(frozen=True, eq=False)
class Verdicts:
    """Whether each of a picture's D detections is right, in the order in which they were given."""

    right: np.ndarray  # (D,) bool: the best detection of a wanted head
    counted: np.ndarray  # (D,) bool: right or wrong; not so where it is of a head that is not wanted
    head: np.ndarray  # (D,) int: the head that a right one has found, -1 for all others


def judge(picture: Picture, overlap: float) -> Verdicts:
    """From the most certain detection down, each takes the wanted head with which it shares most, if still free.

    overlap: the least intersection over union. One that finds no wanted head is not counted where it fits another.
    """
    shared = iou(picture.boxes[:, None].astype(np.float64), picture.true_boxes[None].astype(np.float64))  # (D, N)
    free = picture.wanted.astype(bool).copy()
    head = np.full(len(picture.boxes), -1)
    for row in np.argsort(-picture.scores, kind="stable"):
        candidates = np.where(free, shared[row], -1.0)
        if candidates.size and candidates.max() >= overlap:
            head[row] = int(candidates.argmax())
            free[head[row]] = False
    unwanted = ((shared >= overlap) & ~picture.wanted[None]).any(axis=1)
    return Verdicts(head >= 0, (head >= 0) | ~unwanted, head)


def average_precision(pictures: Sequence[Picture], overlap: float = FOUND_IOU) -> float:
    """The area under precision over recall, 0 to 1, at 101 recalls; NaN where no head is wanted."""
    verdicts = [judge(picture, overlap) for picture in pictures]
    wanted = sum(int(picture.wanted.sum()) for picture in pictures)
    if not wanted:
        return float("nan")
    counted = [verdict.counted for verdict in verdicts]
    scores = np.concatenate([picture.scores[mask] for picture, mask in zip(pictures, counted, strict=True)])
    right = np.concatenate([verdict.right[mask] for verdict, mask in zip(verdicts, counted, strict=True)])
    right = right[np.argsort(-scores, kind="stable")]
    recall = np.cumsum(right) / wanted
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]  # the best at this recall or above
    at = np.searchsorted(recall, _RECALLS, side="left")
    return float(np.where(at < len(right), np.append(precision, 0.0)[at], 0.0).mean())


def mean_average_precision(pictures: Sequence[Picture]) -> float:
    """AP50:95: the mean over COCO's ten overlaps, 0 to 1."""
    return float(np.mean([average_precision(pictures, overlap) for overlap in OVERLAPS]))


def recall(pictures: Sequence[Picture], threshold: float) -> float:
    """The share of the wanted heads that detections of this score or above find; NaN where no head is wanted."""
    wanted = sum(int(picture.wanted.sum()) for picture in pictures)
    found = sum(int((judge(p, FOUND_IOU).right & (p.scores >= threshold)).sum()) for p in pictures)
    return found / wanted if wanted else float("nan")
