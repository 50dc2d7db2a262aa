"""Our own predictions for a benchmark: annotated heads through a `Predictor`, in the form in which all are scored."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trans3dhead.evaluation.predictions import PredictedHead, Predictions
from trans3dhead.evaluation.report import Problem
from trans3dhead.geometry.boxes import iou
from trans3dhead.head_model import SEVEN_LANDMARKS, MeshTopology, topology_of
from trans3dhead.inference import Head, Predictor

FOUND_IOU = 0.4  # a head that was detected counts as an annotated one above this overlap of their boxes


@dataclass(frozen=True, eq=False)
class HeadToFind:
    """A head of a photograph that is to be predicted."""

    id: str
    photograph: Path | np.ndarray  # a file, or (H, W, 3) uint8 RGB
    box: np.ndarray  # (4,) [x, y, w, h] pixels, the head box


@dataclass(frozen=True)
class Detection:
    """What a detector made of the annotated heads of some photographs."""

    found: dict[str, bool]  # by id
    false_boxes: int  # boxes that overlap no annotated head; photographs may hold heads that nobody annotated


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
    )


def predict_heads(predictor: Predictor, heads: Iterable[HeadToFind]) -> Predictions:
    """Each head from its given box."""
    topology = topology_of(predictor.head_model)
    found = {head.id: predictor(head.photograph, boxes=head.box[None])[0] for head in heads}
    return Predictions({name: predicted_head(head, topology) for name, head in found.items()}, [])


def detect_heads(predictor: Predictor, heads: Iterable[HeadToFind]) -> tuple[Predictions, Detection]:
    """Each head as the predictor's own detector finds it; one that it does not find is a problem without prediction.

    Heads of one photograph share it: the same file, or the same array.
    """
    topology = topology_of(predictor.head_model)
    predictions = Predictions({}, [])
    found: dict[str, bool] = {}
    false_boxes = 0
    for group in _by_photograph(heads):
        results = predictor(group[0].photograph)
        boxes = np.stack([result.box for result in results]) if results else np.zeros((0, 4))
        matches, unmatched = match_boxes(np.stack([head.box for head in group]), boxes)
        false_boxes += unmatched
        for head, match in zip(group, matches, strict=True):
            found[head.id] = match is not None
            if match is None:
                message = f"{head.id}: the detector did not find this head"
                predictions.problems.append(Problem(head.id, "not found", message))
            else:
                predictions.heads[head.id] = predicted_head(results[match], topology)
    return predictions, Detection(found, false_boxes)


def match_boxes(annotated: np.ndarray, detected: np.ndarray) -> tuple[list[int | None], int]:
    """Greedy one-to-one matching by overlap, from `FOUND_IOU` on.

    (A, 4) and (D, 4) [x, y, w, h] -> the detection of each annotated box or None, and how many detections overlap none.
    """
    overlap = iou(annotated[:, None], detected[None])
    unmatched = int((overlap < FOUND_IOU).all(axis=0).sum())
    matches: list[int | None] = [None] * len(annotated)
    while overlap.size and overlap.max() >= FOUND_IOU:
        head, detection = np.unravel_index(overlap.argmax(), overlap.shape)
        matches[head] = int(detection)
        overlap[head], overlap[:, detection] = -1, -1
    return matches, unmatched


def _by_photograph(heads: Iterable[HeadToFind]) -> list[list[HeadToFind]]:
    groups: dict[Path | int, list[HeadToFind]] = {}
    for head in heads:
        key = head.photograph if isinstance(head.photograph, Path) else id(head.photograph)
        groups.setdefault(key, []).append(head)
    return list(groups.values())
