"""A detector that looks at a photograph from all four sides: a head on its side or upside down is upright from one."""

from dataclasses import replace

import numpy as np

from trans3dhead.geometry.boxes import turned_back
from trans3dhead.geometry.matrices import axis_rotation
from trans3dhead.inference.detectors.detections import Detections, Detector

QUARTER = 90.0  # degrees
SIDES = 4  # from which a head is looked at


class AnyRollDetector:
    """Any detector, on the photograph and on the photograph turned by 90, 180 and 270 degrees.

    A head is mostly found more than once: `Predictor` keeps the result whose rotation the detector confirms.
    """

    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self.longest_side: int | None = getattr(detector, "longest_side", None)

    def __call__(self, image: np.ndarray) -> Detections:
        """(H, W, 3) uint8 RGB -> what is found from each side, on the photograph as it is; see `Detections.rolls`."""
        looks = [self._look(image, quarters) for quarters in range(SIDES)]
        first = looks[0]
        rotations = [look.rotations for look in looks if look.rotations is not None]
        return replace(
            first,
            boxes=np.concatenate([look.boxes for look in looks]),
            scores=np.concatenate([look.scores for look in looks]),
            rotations=np.concatenate(rotations) if len(rotations) == len(looks) else None,
            rolls=np.concatenate([np.full(len(look.boxes), QUARTER * number) for number, look in enumerate(looks)]),
        )

    def _look(self, image: np.ndarray, quarters: int) -> Detections:
        """What is found in the photograph turned anticlockwise: a head that is rolled clockwise is upright in it."""
        found = self.detector(np.ascontiguousarray(np.rot90(image, quarters)))
        boxes = turned_back(found.boxes, quarters, (image.shape[1], image.shape[0]))
        if found.rotations is None:
            return replace(found, boxes=boxes)
        return replace(found, boxes=boxes, rotations=axis_rotation("z", QUARTER * quarters) @ found.rotations)


def from_all_sides(found: Detections) -> Detections:
    """Each box of heads whose roll nobody knows four times in a row: rolled by 0, 90, 180 and 270 degrees."""
    return replace(
        found,
        boxes=found.boxes.repeat(SIDES, axis=0),
        scores=found.scores.repeat(SIDES),
        rotations=None if found.rotations is None else found.rotations.repeat(SIDES, axis=0),
        rolls=np.tile(QUARTER * np.arange(SIDES), len(found.boxes)),
    )


def nearest_quarter(roll: float) -> float:
    """Degrees -> the nearest of 0, 90, 180 and 270."""
    return QUARTER * (round(roll / QUARTER) % SIDES)
