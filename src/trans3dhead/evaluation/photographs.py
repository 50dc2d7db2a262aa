"""How well a model does on a folder of annotated photographs: pose, landmarks, and how many heads are found at all.

The folder holds the photographs and `annotations.json`, a list with one row a head: `file`, `landmarks_68` (68 × 2 or
68 × 3, pixels) and, where it is known, `pose` (`pitch`, `yaw`, `roll` in degrees, AFLW2000-3D's convention).
"""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from trans3dhead.evaluation.metrics import euler_error, nme, tight_box
from trans3dhead.geometry.boxes import iou
from trans3dhead.inference import Head, Predictor, head_box_from_landmarks, read_photograph

FOUND_IOU = 0.4  # a detected head box counts as found above this overlap with the one that the landmarks imply


@dataclass(frozen=True)
class AnnotatedHead:
    """One row of `annotations.json`."""

    photograph: Path
    landmarks: np.ndarray  # (68, 2) pixels
    pose: np.ndarray | None  # (3,) pitch, yaw, roll in degrees


@dataclass(frozen=True)
class HeadScore:
    """What one annotated head scored. The errors are those of a crop about the box that its true landmarks imply."""

    file: str
    nme: float  # percent of the square root of the area of the landmarks' tight box
    pitch: float | None  # degrees, absolute; None where the annotation has no pose
    yaw: float | None
    roll: float | None
    found: bool  # by the detector, with no box given

    @property
    def pose(self) -> float | None:
        """Mean of the three absolute angles, degrees."""
        if self.pitch is None or self.yaw is None or self.roll is None:
            return None
        return (self.pitch + self.yaw + self.roll) / 3


@dataclass(frozen=True)
class Mean:
    """A mean over heads with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class PhotographsReport:
    """The scores of a folder, of one head at least; a mean is None where no annotation has a pose."""

    heads: list[HeadScore]
    false_boxes: int  # detected boxes that overlap no annotated head (photographs may hold heads nobody annotated)
    nme: Mean
    pitch: Mean | None
    yaw: Mean | None
    roll: Mean | None
    pose: Mean | None

    @property
    def found(self) -> int:
        """Annotated heads that the detector found."""
        return sum(head.found for head in self.heads)

    def to_json(self) -> dict:
        """The report as plain numbers, for `json.dump`."""
        return asdict(self) | {"found": self.found, "count": len(self.heads)}


def read_annotations(folder: Path) -> list[AnnotatedHead]:
    """The annotated heads of a folder. Raises ValueError where a row or a photograph is missing or malformed."""
    path = folder / "annotations.json"
    if not path.is_file():
        raise ValueError(f"{folder}: expected a folder with annotations.json beside its photographs, found none")
    try:
        rows = json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: expected JSON, got {error}") from error
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"{path}: expected a list with a row for each head, got {str(rows)[:60]}")
    return [_read_row(row, number, folder) for number, row in enumerate(rows)]


def evaluate_photographs(folder: Path, predictor: Predictor) -> PhotographsReport:
    """Score `predictor` on every annotated head of `folder`, once with true boxes and once with its own detector."""
    by_photograph: dict[Path, list[AnnotatedHead]] = defaultdict(list)
    for head in read_annotations(folder):
        by_photograph[head.photograph].append(head)
    scores, false_boxes = [], 0
    for path, annotated in by_photograph.items():
        image = read_photograph(path)
        boxes = np.stack([head_box_from_landmarks(head.landmarks, predictor.head_model) for head in annotated])
        found, unmatched = _match(boxes, predictor.detector(image).boxes)
        false_boxes += unmatched
        predictions = predictor(image, boxes=boxes)  # one for each box, in their order
        for head, predicted, was_found in zip(annotated, predictions, found, strict=True):
            scores.append(_score(head, predicted, bool(was_found)))
    return _report(scores, false_boxes)


def _read_row(row: dict, number: int, folder: Path) -> AnnotatedHead:
    try:
        photograph = folder / row["file"]
        landmarks = np.array(row["landmarks_68"], dtype=np.float64)[:, :2]
        pose = row.get("pose")
        angles = None if pose is None else np.array([pose["pitch"], pose["yaw"], pose["roll"]], dtype=np.float64)
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"{folder / 'annotations.json'}, row {number}: missing or malformed {error}") from error
    if landmarks.shape != (68, 2):
        raise ValueError(f"{folder / 'annotations.json'}, row {number}: expected 68 landmarks, got {len(landmarks)}")
    if not photograph.is_file():
        raise ValueError(f"{folder / 'annotations.json'}, row {number}: there is no photograph {photograph}")
    return AnnotatedHead(photograph, landmarks, angles)


def _match(annotated: np.ndarray, detected: np.ndarray) -> tuple[np.ndarray, int]:
    """Greedy one-to-one matching by overlap -> (A,) found, and how many detections overlap no annotated head."""
    overlap = iou(annotated[:, None], detected[None])
    unmatched = int((overlap < FOUND_IOU).all(axis=0).sum())
    found = np.zeros(len(annotated), dtype=bool)
    while overlap.size and overlap.max() >= FOUND_IOU:
        head, detection = np.unravel_index(overlap.argmax(), overlap.shape)
        found[head] = True
        overlap[head], overlap[:, detection] = -1, -1
    return found, unmatched


def _score(annotated: AnnotatedHead, predicted: Head, found: bool) -> HeadScore:
    landmarks = torch.from_numpy(annotated.landmarks)[None]
    error = nme(torch.from_numpy(predicted.landmarks).double()[None], landmarks, tight_box(landmarks))
    pitch = yaw = roll = None
    if annotated.pose is not None:
        rotation = torch.from_numpy(predicted.pose.rotation).double()[None]
        pitch, yaw, roll = euler_error(rotation, torch.from_numpy(annotated.pose)[None])[0].tolist()
    return HeadScore(annotated.photograph.name, float(error), pitch, yaw, roll, found)


def _report(scores: list[HeadScore], false_boxes: int) -> PhotographsReport:
    def pose_mean(name: str) -> Mean | None:
        known = [value for score in scores if (value := getattr(score, name)) is not None]
        return _mean(known) if known else None

    angles = (pose_mean(name) for name in ("pitch", "yaw", "roll", "pose"))
    return PhotographsReport(scores, false_boxes, _mean([score.nme for score in scores]), *angles)


def _mean(values: list[float], resamples: int = 10_000) -> Mean:
    array = np.array(values)
    drawn = np.random.default_rng(0).integers(len(array), size=(resamples, len(array)))
    low, high = np.percentile(array[drawn].mean(axis=1), [2.5, 97.5])
    return Mean(float(array.mean()), float(low), float(high))
