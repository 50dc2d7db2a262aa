"""MediaPipe's blendshapes of annotated heads, and how far ours rank the heads as they do.

It takes the package mediapipe and its file face_landmarker.task, both the user's own.
"""

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from trans3dhead.data.annotated_photographs import AnnotatedHead
from trans3dhead.evaluation.predict import MATCHED_IOU
from trans3dhead.evaluation.predictions import Predictions
from trans3dhead.evaluation.report import Report, SetFigures
from trans3dhead.geometry.boxes import bounds, iou
from trans3dhead.geometry.crops import Crop
from trans3dhead.images import read_photograph
from trans3dhead.metrics.expression import FEWEST, rank_correlation

_SIZE = 512  # pixels of the crop that MediaPipe sees
_MARGIN = 0.75  # of the landmarks' box on each side: its detector wants to see more than the face
_MOST_FACES = 4  # in one crop; the one that overlaps the true landmarks most is the head's


def mediapipe_blendshapes(task: Path, heads: Iterable[AnnotatedHead]) -> dict[str, dict[str, float]]:
    """MediaPipe's weights of the heads about which it finds a face: id -> weight by name.

    task: MediaPipe's file face_landmarker.task. Raises ValueError where that or the package mediapipe is not there.
    """
    if not task.is_file():
        raise ValueError(f"{task}: expected MediaPipe's file face_landmarker.task, there is no file of this name")
    mediapipe = _mediapipe()
    options = mediapipe.tasks.vision.FaceLandmarkerOptions(
        base_options=mediapipe.tasks.BaseOptions(model_asset_path=str(task)),
        output_face_blendshapes=True,
        num_faces=_MOST_FACES,
    )
    try:
        landmarker = mediapipe.tasks.vision.FaceLandmarker.create_from_options(options)
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"{task}: expected MediaPipe's file face_landmarker.task, MediaPipe says: {error}") from error
    with landmarker:
        found = {head.id: _face_of(head, mediapipe, landmarker) for head in heads}
    return {name: weights for name, weights in found.items() if weights is not None}


def with_mediapipe(report: Report, theirs: Mapping[str, Mapping[str, float]], predictions: Predictions) -> Report:
    """The report with Spearman's rank correlation of each blendshape that both name, over the heads that both have.

    theirs: id -> weights by name. A note says so where no prediction has blendshapes.
    """
    ours = {name: head.blendshapes for name, head in predictions.heads.items() if head.blendshapes}
    if not ours:
        note = "No comparison with MediaPipe: the predictions have no blendshapes."
        return replace(report, notes=(*report.notes, note))
    names = list(dict.fromkeys(name for weights in ours.values() for name in weights))
    rows = {name: row for name in names if (row := _row(name, ours, theirs))["heads"]}
    told = [row["rank correlation"] for row in rows.values() if np.isfinite(row["rank correlation"])]
    note = f"Spearman's, over the heads in which MediaPipe finds a face: {len(theirs):,} of {len(report.samples):,}"
    note += f"; median {np.median(told):.2f}." if told else f"; nothing is told of fewer than {FEWEST}."
    table = SetFigures("mediapipe", "blendshapes against MediaPipe's", {"rank correlation": 2, "heads": 0}, rows, note)
    return replace(report, set_figures=(*report.set_figures, table))


def _mediapipe() -> Any:
    try:
        return importlib.import_module("mediapipe")
    except ModuleNotFoundError as error:
        raise ValueError("--mediapipe-task needs the package mediapipe; pip install mediapipe") from error


def _face_of(head: AnnotatedHead, mediapipe: Any, landmarker: Any) -> dict[str, float] | None:
    """The weights of the face that overlaps the head's true landmarks most; None where none does enough."""
    crop = Crop.around(bounds(head.landmarks), _SIZE, _MARGIN)
    pixels = crop.cut(read_photograph(head.photograph))
    result = landmarker.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels))
    true = bounds(crop.to_crop(head.landmarks))
    faces = [np.array([(point.x, point.y) for point in face]) * _SIZE for face in result.face_landmarks]
    overlaps = [float(iou(bounds(face), true)) for face in faces]
    if not overlaps or max(overlaps) < MATCHED_IOU:
        return None
    weights = result.face_blendshapes[int(np.argmax(overlaps))]
    return {weight.category_name: float(weight.score) for weight in weights}


def _row(
    name: str, ours: Mapping[str, Mapping[str, float]], theirs: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    heads = [head for head in ours if name in ours[head] and name in theirs.get(head, {})]
    first, second = (np.array([of[head][name] for head in heads]) for of in (ours, theirs))
    return {"rank correlation": rank_correlation(first, second), "heads": len(heads)}
