"""A made-up world for trackers, whose heads are known, and blank frames of it that tell the time."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from toy_heads import toy_head
from trans3dhead.geometry.boxes import iou
from trans3dhead.head_model import HeadModel

WIDTH, HEIGHT = 640, 480


@dataclass
class Person:
    """A head that moves evenly, there from frame `first` to `last`; the detector is blind to it in some frames."""

    box: tuple[float, float, float, float]
    first: int = 0
    last: int = 10**6
    speed: tuple[float, float] = (2.0, 1.0)
    unseen: range = range(0)
    face: int = 0  # people of one number have the same shape

    def at(self, time: int) -> np.ndarray | None:
        x, y, w, h = self.box
        if not self.first <= time <= self.last:
            return None
        return np.array([x + self.speed[0] * time, y + self.speed[1] * time, w, h])


@dataclass
class World:
    """A predictor that knows where everybody is; of a box without a head it says what does not agree with itself."""

    head_model: HeadModel
    people: list[Person]
    detections: list[int] = field(default_factory=list)

    def __call__(self, frame, boxes=None):
        time = int(frame[0, 0, 0])
        there = [(person, person.at(time)) for person in self.people if person.at(time) is not None]
        if boxes is None:
            self.detections.append(time)
            return [replace(self.head(box, p.face), score=0.8) for p, box in there if time not in p.unseen]
        return [self.aligned(box, there) for box in boxes]

    def aligned(self, box, there):
        person, nearest = max(there, key=lambda pair: iou(box, pair[1]), default=(Person(box), box))
        head = self.head(nearest, person.face)
        seen = bool(there) and iou(box, head.box) > 0.2
        return head if seen else replace(self.head(box), landmarks=head.landmarks + 0.3 * box[2])

    def head(self, box, face=0):
        return toy_head(self.head_model, tuple(box), euler=(0.0, 0.0, 0.0), seed=face)


def frames(count: int) -> Iterator[np.ndarray]:
    """Frame after frame, each of the gray level that is its number."""
    for time in range(count):
        yield np.full((HEIGHT, WIDTH, 3), time, np.uint8)
