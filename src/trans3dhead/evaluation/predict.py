"""Our own predictions for a benchmark: annotated heads through a `Predictor`, in the form in which all are scored."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trans3dhead.evaluation.predictions import PredictedHead, Predictions
from trans3dhead.evaluation.report import Problem
from trans3dhead.geometry.boxes import iou, match
from trans3dhead.head_model import SEVEN_LANDMARKS, MeshTopology, topology_of
from trans3dhead.inference import Head, Predictor

MATCHED_IOU = 0.4  # a head that was detected counts as an annotated one above this overlap of their boxes


@dataclass(frozen=True, eq=False)
class HeadToFind:
    """A head of a photograph that is to be predicted."""

    id: str
    photograph: Path | np.ndarray  # a file, or (H, W, 3) uint8 RGB
    box: np.ndarray  # (4,) [x, y, w, h] pixels, the head box


@dataclass(frozen=True, eq=False)
class UnmatchedBox:
    """A detected box that overlaps no annotated head; photographs may hold heads that nobody annotated."""

    name: str  # of the photograph
    photograph: Path | np.ndarray  # a file, or (H, W, 3) uint8 RGB
    box: np.ndarray  # (4,) [x, y, w, h] pixels
    score: float  # the detector's


@dataclass(frozen=True)
class DetectorResult:
    """What a detector made of the annotated heads of some photographs."""

    found: dict[str, bool]  # by id
    unmatched: tuple[UnmatchedBox, ...]


def predicted_head(head: Head, topology: MeshTopology) -> PredictedHead:
    """A result of the predictor; its mesh in camera space, metres about the head's origin. topology: of its mesh."""
    rotation = head.pose.rotation.astype(np.float64)
    vertices = head.vertices.astype(np.float64) @ rotation.T
    return PredictedHead(
        rotation=rotation,
        euler=np.array([head.pose.pitch, head.pose.yaw, head.pose.roll]),
        landmarks=head.landmarks.astype(np.float64),
        seven_landmarks=topology.landmarks(vertices)[list(SEVEN_LANDMARKS)],
        vertices=vertices,
        blendshapes=head.blendshapes or None,
        mesh_landmarks=topology.landmarks(head.projected.astype(np.float64)),
    )


def predict_heads(predictor: Predictor, heads: Iterable[HeadToFind]) -> Predictions:
    """Predict each head from its given box, in one look or as often as the predictor looks; see `Predictor`."""
    topology = topology_of(predictor.head_model)
    found = {head.id: predictor(head.photograph, boxes=head.box[None])[0] for head in heads}
    return Predictions({name: predicted_head(head, topology) for name, head in found.items()}, [])


def detect_heads(predictor: Predictor, heads: Iterable[HeadToFind]) -> tuple[Predictions, DetectorResult]:
    """Predict each head as the predictor's own detector finds it; a head that it misses is a problem.

    Heads of one photograph share it: the same file, or the same array.
    """
    topology = topology_of(predictor.head_model)
    predictions = Predictions({}, [])
    found: dict[str, bool] = {}
    unmatched: list[UnmatchedBox] = []
    for group in _by_photograph(heads):
        results = predictor(group[0].photograph)
        boxes = np.stack([result.box for result in results]) if results else np.zeros((0, 4))
        matches, alone = match_boxes(np.stack([head.box for head in group]), boxes)
        photograph = group[0].photograph
        name = photograph.name if isinstance(photograph, Path) else group[0].id
        unmatched += [UnmatchedBox(name, photograph, boxes[index], results[index].score) for index in alone]
        for head, partner in zip(group, matches, strict=True):
            found[head.id] = partner is not None
            if partner is None:
                message = f"{head.id}: the detector did not find this head"
                predictions.problems.append(Problem(head.id, "not found", message))
            else:
                predictions.heads[head.id] = predicted_head(results[partner], topology)
    return predictions, DetectorResult(found, tuple(unmatched))


def match_boxes(annotated: np.ndarray, detected: np.ndarray) -> tuple[list[int | None], list[int]]:
    """Greedy one-to-one matching by overlap, from `MATCHED_IOU` on.

    (A, 4) and (D, 4) [x, y, w, h] -> the detection of each annotated box or None, and the detections that overlap none.
    """
    alone = (iou(annotated[:, None], detected[None]) < MATCHED_IOU).all(axis=0)
    return match(annotated, detected, MATCHED_IOU), np.flatnonzero(alone).tolist()


def _by_photograph(heads: Iterable[HeadToFind]) -> list[list[HeadToFind]]:
    groups: dict[Path | int, list[HeadToFind]] = {}
    for head in heads:
        key = head.photograph if isinstance(head.photograph, Path) else id(head.photograph)
        groups.setdefault(key, []).append(head)
    return list(groups.values())
