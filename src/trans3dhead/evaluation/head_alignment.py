"""The four metrics of 3D head alignment (Martyniuk et al., "DAD-3DHeads", CVPR 2022) for heads with a true mesh.

Values are those of the official code, in float64; the paper's own Z5, which is another number, stands beside.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import torch

from trans3dhead.evaluation.predictions import PredictedHead, Predictions
from trans3dhead.evaluation.report import Metric, Problem, PublishedRow, Report
from trans3dhead.geometry.rotations import euler_from_rotation
from trans3dhead.head_model import SEVEN_LANDMARKS, MeshTopology
from trans3dhead.metrics.alignment import nme, pose_error
from trans3dhead.metrics.meshes import chamfer, z5_official, z5_paper

METRICS = (
    Metric("nme", "NME", 3, "%"),
    Metric("z5", "Z5", 3, higher_is_better=True),
    Metric("z5_paper", "Z5 (paper's pairs)", 3, higher_is_better=True),
    Metric("chamfer", "Chamfer", 3),
    Metric("pose_error", "pose error", 3),
)


@dataclass(frozen=True, eq=False)
class TrueHead:
    """One head of the ground truth."""

    id: str
    box: np.ndarray  # (4,) [x, y, w, h] pixels, by which NME is normalised
    landmarks: np.ndarray  # (68, 2) pixels
    vertices: np.ndarray  # (V, 3) camera space, z away from the camera, any unit
    rotation: np.ndarray  # (3, 3) head space -> camera space
    attributes: dict[str, str] = field(default_factory=dict)


def score_head_alignment(
    heads: Iterable[TrueHead],
    topology: MeshTopology,
    predictions: Predictions,
    title: str,
    published: tuple[PublishedRow, ...] = (),
) -> Report:
    """Every metric of every true head; what a prediction does not allow is NaN, and a problem or a note says why.

    topology: of the true meshes; ValueError where one has another number of vertices, or where there is no head.
    The heads are taken one by one, so that a generator keeps only one mesh in memory.
    """
    scores: dict[str, dict[str, float]] = {}
    attributes: list[dict[str, str]] = []
    problems = list(predictions.problems)
    for head in heads:
        if len(head.vertices) != topology.vertices:
            raise ValueError(
                f"{head.id}: expected a mesh of {topology.vertices} vertices, as the topology has, got "
                f"{len(head.vertices)}; give the head model or --static of the ground truth"
            )
        if head.id in scores:
            raise ValueError(f"{head.id}: is twice in the ground truth; expected each id once")
        scores[head.id] = _score(head, topology, predictions, problems)
        attributes.append(head.attributes)
    if not scores:
        raise ValueError("ground truth: expected at least one head, got none")
    problems += unknown_predictions(predictions, scores)
    return Report(
        title=title,
        metrics=METRICS,
        samples=tuple(scores),
        values={metric.key: np.array([row[metric.key] for row in scores.values()]) for metric in METRICS},
        attributes=_columns(attributes),
        covariates={"true_yaw": np.array([row["true_yaw"] for row in scores.values()])},
        published=published,
        problems=tuple(problems),
        notes=_notes(predictions, topology),
    )


def unknown_predictions(predictions: Predictions, known: Iterable[str]) -> list[Problem]:
    """The predicted ids that the ground truth does not have, in the order of the predictions."""
    known = set(known)
    return [
        Problem(name, "unknown", f"{name}: is predicted, but is not in the ground truth")
        for name in predictions.heads
        if name not in known
    ]


def missing_prediction(name: str) -> Problem:
    """A head of the ground truth without a prediction."""
    return Problem(name, "missing", f"{name}: is in the ground truth, but is not predicted")


def _columns(rows: list[dict[str, str]]) -> dict[str, np.ndarray]:
    """Attributes of each head -> (N,) words by attribute, "" where a head does not have it."""
    return {name: np.array([row.get(name, "") for row in rows]) for name in sorted(set().union(*rows))}


def _score(
    head: TrueHead, topology: MeshTopology, predictions: Predictions, problems: list[Problem]
) -> dict[str, float]:
    row = dict.fromkeys((metric.key for metric in METRICS), float("nan"))
    row["true_yaw"] = float(euler_from_rotation(torch.from_numpy(head.rotation)[None])[0, 1])
    predicted = predictions.heads.get(head.id)
    if predicted is None:
        problems.append(missing_prediction(head.id))
        return row
    if predicted.landmarks is not None:
        row["nme"] = float(nme(_batch(predicted.landmarks), _batch(head.landmarks), _batch(head.box)))
    if predicted.rotation is not None:
        row["pose_error"] = float(pose_error(_batch(predicted.rotation), _batch(head.rotation)))
    if predicted.vertices is not None and len(predicted.vertices) == topology.vertices:
        subsets = head.vertices[topology.head], predicted.vertices[topology.head]
        row["z5"], row["z5_paper"] = z5_official(*subsets), z5_paper(*subsets)
    try:
        row["chamfer"] = _chamfer(head, topology, predicted)
    except ValueError as error:
        problems.append(Problem(head.id, "shape", f"{head.id}: {error}"))
    return row


def _chamfer(head: TrueHead, topology: MeshTopology, predicted: PredictedHead) -> float:
    if predicted.vertices is None or predicted.seven_landmarks is None:
        return float("nan")
    return chamfer(
        head.vertices[topology.face],
        topology.landmarks(head.vertices),
        predicted.vertices,
        predicted.seven_landmarks,
        SEVEN_LANDMARKS,
    )


def _batch(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(array, dtype=np.float64))[None]


def _notes(predictions: Predictions, topology: MeshTopology) -> tuple[str, ...]:
    notes = [
        "NME in percent of the root of the box's area; Chamfer squared, inner eye corners 20 apart; pose error is a "
        "Frobenius norm. Z5 as the official code pairs the vertices, and as the paper does."
    ]
    sizes = {len(head.vertices) for head in predictions.heads.values() if head.vertices is not None}
    others = sizes - {topology.vertices}
    if others:
        notes.append(
            f"Z5 is not available: the predicted meshes have {', '.join(map(str, sorted(others)))} vertices, another "
            f"topology than the ground truth's {topology.vertices}."
        )
    return tuple(notes)
