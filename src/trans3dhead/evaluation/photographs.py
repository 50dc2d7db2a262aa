"""A model on annotated photographs: heads from the boxes that their true landmarks imply, and the detector's share."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from trans3dhead.data.annotated_photographs import AnnotatedHead
from trans3dhead.evaluation.predict import HeadToFind, UnmatchedBox, detect_heads, predict_heads
from trans3dhead.evaluation.predictions import Predictions
from trans3dhead.evaluation.report import Report
from trans3dhead.inference import Predictor, head_box_from_landmarks


def heads_to_find(heads: Iterable[AnnotatedHead], predictor: Predictor) -> Iterator[HeadToFind]:
    """The annotated heads with the boxes that their landmarks imply (`head_box_from_landmarks`)."""
    for head in heads:
        yield HeadToFind(head.id, head.photograph, head_box_from_landmarks(head.landmarks, predictor.head_model))


def find_heads(heads: Iterable[AnnotatedHead], predictor: Predictor, detect: bool) -> Predictions:
    """A model's predictions: from the boxes of the true landmarks or, with `detect`, as its own detector finds them."""
    wanted = heads_to_find(heads, predictor)
    return detect_heads(predictor, wanted)[0] if detect else predict_heads(predictor, wanted)


def score_detector(
    report: Report, heads: Sequence[AnnotatedHead], predictor: Predictor
) -> tuple[Report, tuple[UnmatchedBox, ...]]:
    """The same report with what the predictor's own detector finds, as a note and as figures; and its false boxes."""
    detection = detect_heads(predictor, heads_to_find(heads, predictor))[1]
    missed = [name for name, was_found in detection.found.items() if not was_found]
    found = len(heads) - len(missed)
    false = len(detection.unmatched)
    note = f"The detector found {found} of {len(heads)} heads; {false} boxes match no annotated head."
    if missed:
        note += f" Missed: {', '.join(missed)}."
    unmatched = [{"photograph": b.name, "box": b.box.tolist(), "score": b.score} for b in detection.unmatched]
    figures = {"found": found, "of": len(heads), "missed": missed, "false_boxes": false, "unmatched": unmatched}
    report = replace(report, notes=(*report.notes, note), extra={**report.extra, "detector": figures})
    return report, detection.unmatched
