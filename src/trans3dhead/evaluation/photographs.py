"""A model on annotated photographs: heads from the boxes that their true landmarks imply, and the detector's share."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from trans3dhead.data.annotated_photographs import AnnotatedHead
from trans3dhead.evaluation.predict import HeadToFind, detect_heads, predict_heads
from trans3dhead.evaluation.predictions import Predictions
from trans3dhead.evaluation.report import Report
from trans3dhead.inference import Predictor, head_box_from_landmarks


def heads_to_find(heads: Iterable[AnnotatedHead], predictor: Predictor) -> Iterator[HeadToFind]:
    """The annotated heads with the boxes that their landmarks imply (`head_box_from_landmarks`)."""
    for head in heads:
        yield HeadToFind(head.id, head.photograph, head_box_from_landmarks(head.landmarks, predictor.head_model))


def find_heads(heads: Iterable[AnnotatedHead], predictor: Predictor, detect: bool) -> Predictions:
    """A model's predictions: from the boxes of the true landmarks, or as its own detector finds the heads."""
    wanted = heads_to_find(heads, predictor)
    return detect_heads(predictor, wanted)[0] if detect else predict_heads(predictor, wanted)


def score_detector(report: Report, heads: Sequence[AnnotatedHead], predictor: Predictor) -> Report:
    """The same report with the share of heads that the predictor's own detector finds, as a note and as figures."""
    detection = detect_heads(predictor, heads_to_find(heads, predictor))[1]
    missed = [name for name, was_found in detection.found.items() if not was_found]
    found = len(heads) - len(missed)
    note = f"The detector found {found} of {len(heads)} heads; {detection.false_boxes} boxes match no annotated head."
    if missed:
        note += f" Missed: {', '.join(missed)}."
    figures = {"found": found, "of": len(heads), "missed": missed, "false_boxes": detection.false_boxes}
    return replace(report, notes=(*report.notes, note), extra={**report.extra, "detector": figures})
