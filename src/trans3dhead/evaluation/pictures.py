"""How the worst cases of a benchmark are drawn: the photograph, the predicted landmarks and the true ones."""

from collections.abc import Callable, Iterable

import numpy as np

from trans3dhead.data.annotated_photographs import AnnotatedHead
from trans3dhead.evaluation.predictions import Predictions
from trans3dhead.evaluation.worst_cases import Draw, draw_landmarks
from trans3dhead.geometry.boxes import bounds
from trans3dhead.inference import read_photograph

# id -> the photograph (H, W, 3) uint8 RGB, the box (4,) to look at and the true landmarks (68, 2), pixels; or None
Look = Callable[[str], tuple[np.ndarray, np.ndarray, np.ndarray] | None]


def draw_predictions(look: Look, predictions: Predictions) -> Draw:
    """A drawer of samples, by id; none for a sample without a photograph or without predicted landmarks."""

    def draw(name: str) -> np.ndarray | None:
        predicted, seen = predictions.heads.get(name), look(name)
        if predicted is None or predicted.landmarks is None or seen is None:
            return None
        photograph, box, true = seen
        return draw_landmarks(photograph, box, predicted.landmarks, true)

    return draw


def look_at_annotated(heads: Iterable[AnnotatedHead]) -> Look:
    """Annotated photographs, each about its landmarks."""
    by_id = {head.id: head for head in heads}

    def look(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        head = by_id[name]
        return read_photograph(head.photograph), bounds(head.landmarks), head.landmarks

    return look
