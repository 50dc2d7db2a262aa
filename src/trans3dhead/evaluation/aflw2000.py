"""The AFLW2000-3D protocol: errors of the rotation, and NME of 68 landmarks by bins of yaw.

Pose: mean absolute differences of pitch, yaw and roll, heads with an angle beyond 99 degrees left out (Ruiz et al.,
HopeNet, CVPRW 2018, and everybody since), and the angle between the rotations. Landmarks: the mean 2D distance over the
root of the area of the 68 points' tight box, all heads, by true yaw of 0 to 30, 30 to 60 and more degrees, and the mean
of the three (Zhu et al., 3DDFA, CVPR 2016).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from trans3dhead.data.annotated_photographs import AnnotatedHead
from trans3dhead.evaluation.by_yaw import ATTRIBUTE, bins_of_yaw, by_true_yaw
from trans3dhead.evaluation.expression import with_expression
from trans3dhead.evaluation.head_alignment import missing_prediction, unknown_predictions
from trans3dhead.evaluation.predictions import PredictedHead, Predictions, completed
from trans3dhead.evaluation.published import AFLW2000_3D
from trans3dhead.evaluation.report import Metric, Problem, PublishedRow, Report, SetFigures
from trans3dhead.geometry.rotations import rotation_from_euler, wrap_degrees
from trans3dhead.metrics.alignment import geodesic_error, nearer_triple_error, nme, tight_box

LARGEST_ANGLE = 99.0  # degrees; a head beyond it in pitch, yaw or roll counts in no angle's mean

METRICS = (
    Metric("mae", "MAE", 2, "°"),
    Metric("pitch", "pitch", 2, "°"),
    Metric("yaw", "yaw", 2, "°"),
    Metric("roll", "roll", 2, "°"),
    Metric("geodesic", "angle", 2, "°"),
    Metric("nme", "NME", 2, "%"),
)
# Only where there is something to measure them by.
_MESH = Metric("nme_mesh", "mesh NME", 2, "%")
_NEW = Metric("nme_reannotated", "NME, new points", 2, "%")
_MESH_NEW = Metric("nme_mesh_reannotated", "mesh NME, new points", 2, "%")
_AS_GIVEN = {f"{angle}_as_given": f"{angle}, angles as given" for angle in ("MAE", "pitch", "yaw", "roll")}


def score_aflw2000(
    heads: Sequence[AnnotatedHead],
    predictions: Predictions,
    title: str = "AFLW2000-3D",
    published: tuple[PublishedRow, ...] = AFLW2000_3D,
    reannotated: Mapping[str, np.ndarray] | None = None,
) -> Report:
    """Score every annotated head against its prediction; NaN where there is none, or where a head is left out.

    reannotated: id -> (68, 2) pixels, other points to measure NME and expressions by as well, for any of the heads.
    Raises ValueError where there is no head.
    """
    if not heads:
        raise ValueError("annotations: expected at least one head, got none")
    new_points = {head.id: reannotated[head.id] for head in heads if head.id in reannotated} if reannotated else {}
    report = _errors(heads, predictions, new_points)
    report = with_expression(report, {head.id: head.landmarks for head in heads}, predictions)
    if new_points:
        report = with_expression(report, new_points, predictions, "new points", "expression_reannotated")
        note = f"New points: the re-annotated ones, of {len(new_points):,} of the {len(heads):,} heads."
        report = replace(report, notes=(*report.notes, note))
    return replace(report, title=title, published=published)


def _errors(heads: Sequence[AnnotatedHead], predictions: Predictions, new_points: Mapping[str, np.ndarray]) -> Report:
    """The report of all errors, without a title of its own."""
    names = [head.id for head in heads]
    missing = [missing_prediction(name) for name in names if name not in predictions.heads]
    problems: list[Problem] = [*predictions.problems, *missing, *unknown_predictions(predictions, names)]
    found = [predictions.heads.get(name, PredictedHead()) for name in names]
    errors = [_errors_of_head(head, one, new_points.get(head.id)) for head, one in zip(heads, found, strict=True)]
    metrics = _metrics(found, bool(new_points))
    columns = [*(metric.key for metric in metrics), *_AS_GIVEN]
    values = {key: np.array([row.get(key, np.nan) for row in errors]) for key in columns}
    yaw = np.array([np.nan if head.pose is None else head.pose[1] for head in heads])
    left_out = sum(_is_left_out(head) for head in heads)
    as_given = {key.removesuffix("_as_given"): _mean(values[key]) for key in _AS_GIVEN}
    return Report(
        title="",
        metrics=metrics,
        samples=tuple(names),
        values={metric.key: values[metric.key] for metric in metrics},
        attributes={ATTRIBUTE: bins_of_yaw(yaw)},
        covariates={"true_yaw": yaw},
        set_figures=(_by_yaw(metrics, values, yaw),),
        problems=tuple(problems),
        notes=_notes(left_out, as_given),
        extra={"left_out": left_out, "angles_as_given": as_given},
    )


def _metrics(found: Sequence[PredictedHead], has_new_points: bool) -> tuple[Metric, ...]:
    """The columns: those of the mesh only where a prediction has its points."""
    has_mesh = any(head.mesh_landmarks is not None for head in found)
    further = {_MESH: has_mesh, _NEW: has_new_points, _MESH_NEW: has_mesh and has_new_points}
    return (*METRICS, *(metric for metric, applies in further.items() if applies))


def _errors_of_head(head: AnnotatedHead, predicted: PredictedHead, new_points: np.ndarray | None) -> dict[str, float]:
    """The errors of one head by metric; without those for which something is not known, not predicted or left out."""
    errors = {} if _is_left_out(head) else _pose_errors(head, predicted)
    for key, found in {"nme": predicted.landmarks, "nme_mesh": predicted.mesh_landmarks}.items():
        if found is not None:
            errors[key] = _nme(found, head.landmarks)
            if new_points is not None:
                errors[f"{key}_reannotated"] = _nme(found, new_points)
    return errors


def _pose_errors(head: AnnotatedHead, predicted: PredictedHead) -> dict[str, float]:
    predicted = completed(predicted)
    if head.pose is None or predicted.euler is None or predicted.rotation is None:
        return {}
    euler, truth = torch.from_numpy(predicted.euler)[None].double(), torch.from_numpy(head.pose)[None]
    nearer, as_given = nearer_triple_error(euler, truth)[0], wrap_degrees(euler - truth)[0].abs()
    errors = dict(zip(("mae", "pitch", "yaw", "roll"), _with_mean(nearer), strict=True))
    errors |= dict(zip(_AS_GIVEN, _with_mean(as_given), strict=True))
    rotation = torch.from_numpy(predicted.rotation)[None].double()
    return errors | {"geodesic": float(geodesic_error(rotation, rotation_from_euler(truth)))}


def _with_mean(angles: torch.Tensor) -> list[float]:
    """(3,) -> their mean, then the three."""
    return [float(angles.mean()), *angles.tolist()]


def _nme(found: np.ndarray, truth: np.ndarray) -> float:
    """(68, 2) pixels twice -> percent."""
    target = torch.from_numpy(truth)[None]
    return nme(torch.from_numpy(found)[None], target, tight_box(target)).item()


def _by_yaw(metrics: Sequence[Metric], values: Mapping[str, np.ndarray], yaw: np.ndarray) -> SetFigures:
    errors = {f"{metric.title} ({metric.unit})": values[metric.key] for metric in metrics}
    errors |= {f"{title} (°)": values[key] for key, title in _AS_GIVEN.items()}
    return by_true_yaw(errors, ("angle (°)",), yaw)


def _notes(left_out: int, as_given: Mapping[str, float]) -> tuple[str, ...]:
    notes = [
        f"Pose without the {left_out} heads that have an angle beyond {LARGEST_ANGLE:.0f}°; NME of all heads, in "
        "percent of the root of the area of the 68 points' tight box.",
    ]
    if not np.isnan(as_given["MAE"]):
        means = ", ".join(f"{angle} {mean:.2f}" for angle, mean in as_given.items())
        notes.append(
            "Two triples of angles name each rotation; MAE, pitch, yaw and roll are of the one that is nearer to the "
            f"truth. Of the angles as they were given, as published rows are: {means}. Angle: between the rotations."
        )
    return tuple(notes)


def _mean(values: np.ndarray) -> float:
    """(N,) -> the mean of those that are known; NaN where none is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _is_left_out(head: AnnotatedHead) -> bool:
    return head.pose is not None and bool((np.abs(head.pose) > LARGEST_ANGLE).any())
