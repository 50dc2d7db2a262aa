"""Head boxes that a `Predictor` is given in place of a detector's."""

from collections.abc import Sequence

import numpy as np

from trans3dhead.inference.detectors.detections import Detections
from trans3dhead.inference.photograph import Photograph


def given_boxes(
    photographs: Sequence[Photograph], boxes: Sequence[np.ndarray], rolls: Sequence[np.ndarray] | None
) -> list[Detections]:
    """Boxes that were given, in place of what a detector finds. Raises ValueError for what cannot be such."""
    for name, given in (("boxes", boxes), ("rolls", boxes if rolls is None else rolls)):
        if len(given) != len(photographs):
            raise ValueError(f"{name}: expected those of {len(photographs)} photographs, got {len(given)}")
    checked = [_checked(rows, photograph) for rows, photograph in zip(boxes, photographs, strict=True)]
    turned = [np.zeros(len(rows)) for rows in checked] if rolls is None else [np.asarray(row, float) for row in rolls]
    for rows, row in zip(checked, turned, strict=True):
        if row.shape != (len(rows),) or not np.isfinite(row).all():
            raise ValueError(f"rolls: expected ({len(rows)},) finite degrees, one for each box, got shape {row.shape}")
    return [
        Detections(rows, np.ones(len(rows)), from_faces=False, rolls=row)
        for rows, row in zip(checked, turned, strict=True)
    ]


def _checked(boxes: np.ndarray, photograph: Photograph) -> np.ndarray:
    try:
        boxes = np.asarray(boxes, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"boxes: expected (N, 4) head boxes [x, y, w, h] in pixels, got others ({error})") from error
    if boxes.size == 0:
        return np.zeros((0, 4))
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise ValueError(f"boxes: expected (N, 4) finite head boxes [x, y, w, h] in pixels, got shape {boxes.shape}")
    width, height = photograph.size
    end = boxes[:, :2] + boxes[:, 2:]
    wrong = (boxes[:, 2:] <= 0).any(axis=1) | (boxes[:, :2] >= (width, height)).any(axis=1) | (end <= 0).any(axis=1)
    if wrong.any():
        raise ValueError(
            f"boxes: {boxes[wrong][0].tolist()} has no area inside of {photograph}, {width} × {height} pixels; "
            "expected [x, y, w, h] in pixels, (x, y) the top-left corner"
        )
    return boxes
