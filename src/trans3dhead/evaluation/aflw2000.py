"""The AFLW2000-3D protocol: errors of pitch, yaw and roll, and NME of 68 landmarks by bins of yaw.

Pose: mean absolute differences, heads with an angle beyond 99 degrees left out (Ruiz et al., HopeNet, CVPRW 2018, and
everybody since). Landmarks: the mean 2D distance over the root of the area of the 68 points' tight box, all heads,
by true yaw of 0 to 30, 30 to 60 and more degrees, and the mean of the three (Zhu et al., 3DDFA, CVPR 2016).
"""

from collections.abc import Sequence

import numpy as np
import torch

from trans3dhead.data.annotated_photographs import AnnotatedHead
from trans3dhead.evaluation.head_alignment import missing_prediction, unknown_predictions
from trans3dhead.evaluation.predictions import PredictedHead, Predictions
from trans3dhead.evaluation.published import AFLW2000_3D
from trans3dhead.evaluation.report import Metric, Problem, PublishedRow, Report
from trans3dhead.geometry.rotations import wrap_degrees
from trans3dhead.metrics.alignment import nme, tight_box

LARGEST_ANGLE = 99.0  # degrees; a head beyond it in pitch, yaw or roll counts in no angle's mean
YAW_BINS = {"0-30": 30.0, "30-60": 60.0, "60-90": 181.0}  # largest |yaw|; the last takes all beyond, as 3DDFA does

METRICS = (
    Metric("mae", "MAE", 2, "°"),
    Metric("pitch", "pitch", 2, "°"),
    Metric("yaw", "yaw", 2, "°"),
    Metric("roll", "roll", 2, "°"),
    Metric("nme", "NME", 2, "%"),
)


def score_aflw2000(
    heads: Sequence[AnnotatedHead],
    predictions: Predictions,
    title: str = "AFLW2000-3D",
    published: tuple[PublishedRow, ...] = AFLW2000_3D,
) -> Report:
    """Score every annotated head against its prediction; NaN where there is none, or where a head is left out.

    Raises ValueError where there is no head.
    """
    if not heads:
        raise ValueError("annotations: expected at least one head, got none")
    problems: list[Problem] = list(predictions.problems)
    angles, landmark_errors = np.full((len(heads), 3), np.nan), np.full(len(heads), np.nan)
    for row, head in enumerate(heads):
        predicted = predictions.heads.get(head.id)
        if predicted is None:
            problems.append(missing_prediction(head.id))
            continue
        angles[row], landmark_errors[row] = _errors(head, predicted)
    problems += unknown_predictions(predictions, [head.id for head in heads])
    left_out = sum(_is_left_out(head) for head in heads)
    yaw = np.array([np.nan if head.pose is None else head.pose[1] for head in heads])
    by_yaw = nme_by_yaw(landmark_errors, yaw)
    return Report(
        title=title,
        metrics=METRICS,
        samples=tuple(head.id for head in heads),
        values=dict(zip(("pitch", "yaw", "roll"), angles.T, strict=True))
        | {"mae": angles.mean(axis=1), "nme": landmark_errors},
        attributes={"yaw bin": np.array([_bin(angle) for angle in yaw])},
        covariates={"true_yaw": yaw},
        published=published,
        problems=tuple(problems),
        notes=_notes(left_out, by_yaw),
        extra={"left_out": left_out, "nme_by_yaw": by_yaw},
    )


def _errors(head: AnnotatedHead, predicted: PredictedHead) -> tuple[np.ndarray, float]:
    """(3,) degrees and NME; NaN for what is not known of the head, not predicted or left out."""
    angles, landmark_error = np.full(3, np.nan), float("nan")
    if predicted.euler is not None and head.pose is not None and not _is_left_out(head):
        angles = np.abs(wrap_degrees(torch.from_numpy(predicted.euler - head.pose)).numpy())
    if predicted.landmarks is not None:
        truth = torch.from_numpy(head.landmarks)[None]
        landmark_error = nme(torch.from_numpy(predicted.landmarks)[None], truth, tight_box(truth)).item()
    return angles, landmark_error


def nme_by_yaw(errors: np.ndarray, yaw: np.ndarray) -> dict[str, float | None]:
    """(N,) NME and (N,) true yaw, degrees -> the mean of each bin and the mean of these; None where a bin is empty."""
    means: dict[str, float | None] = {}
    bins = np.array([_bin(angle) for angle in yaw])
    for name in YAW_BINS:
        known = errors[(bins == name) & ~np.isnan(errors)]
        means[name] = float(known.mean()) if len(known) else None
    values = [value for value in means.values() if value is not None]
    return means | {"mean of the bins": float(np.mean(values)) if len(values) == len(YAW_BINS) else None}


def _notes(left_out: int, by_yaw: dict[str, float | None]) -> tuple[str, ...]:
    bins = "; ".join(f"{name} {'-' if value is None else f'{value:.2f}'}" for name, value in by_yaw.items())
    return (
        f"Pose without the {left_out} heads that have an angle beyond {LARGEST_ANGLE:.0f}°; NME of all heads, in "
        "percent of the root of the area of the 68 points' tight box.",
        f"NME by true yaw in degrees: {bins}.",
    )


def _is_left_out(head: AnnotatedHead) -> bool:
    return head.pose is not None and bool((np.abs(head.pose) > LARGEST_ANGLE).any())


def _bin(yaw: float) -> str:
    """The first bin that reaches so far; "" where the yaw is not known."""
    return next((name for name, largest in YAW_BINS.items() if abs(yaw) <= largest), "")
