"""How the worst cases of a benchmark are drawn: the photograph, what was predicted, and what is true."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from trans3dhead.data.annotated_photographs import AnnotatedHead
from trans3dhead.evaluation.predict import UnmatchedBox
from trans3dhead.evaluation.predictions import Predictions
from trans3dhead.evaluation.worst_cases import Draw, captioned_sheet, draw_boxes, draw_landmarks
from trans3dhead.geometry.boxes import bounds
from trans3dhead.images import read_photograph

_AROUND = 0.75  # of a false box's longer side: enough to tell what it was taken for
_MOST = 24  # false boxes on a sheet

# id -> the photograph (H, W, 3) uint8 RGB, the box (4,) to look at and the true landmarks (68, 2), pixels; or None
TruthLookup = Callable[[str], tuple[np.ndarray, np.ndarray, np.ndarray] | None]


def draw_predictions(true_picture: TruthLookup, predictions: Predictions) -> Draw:
    """A function that draws a sample, by its id, with its predicted and its true landmarks.

    It returns None for a sample without a photograph or without predicted landmarks.
    """

    def draw(name: str) -> np.ndarray | None:
        predicted, truth = predictions.heads.get(name), true_picture(name)
        if predicted is None or predicted.landmarks is None or truth is None:
            return None
        photograph, box, true = truth
        return draw_landmarks(photograph, box, predicted.landmarks, true)

    return draw


def truth_of_annotated(heads: Iterable[AnnotatedHead]) -> TruthLookup:
    """Look up annotated photographs by the ids of their heads; the box to look at bounds the landmarks."""
    by_id = {head.id: head for head in heads}

    def true_picture(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        head = by_id[name]
        return read_photograph(head.photograph), bounds(head.landmarks), head.landmarks

    return true_picture


def draw_unmatched(boxes: Sequence[UnmatchedBox]) -> np.ndarray | None:
    """A detector's most certain false boxes, each with its score -> (H, W, 3) uint8 RGB; None for no box."""
    if not boxes:
        return None
    worst = sorted(boxes, key=lambda box: -box.score)[:_MOST]
    return captioned_sheet(
        [draw_boxes(_read(box.photograph), box.box, box.box[None], np.zeros((0, 4)), _AROUND) for box in worst],
        [(box.name, f"{box.score:.2f}") for box in worst],
    )


def _read(photograph: Path | np.ndarray) -> np.ndarray:
    return read_photograph(photograph) if isinstance(photograph, Path) else photograph
