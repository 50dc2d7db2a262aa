"""What is remembered of a head between the frames of a video, and how well another result fits to it."""

from dataclasses import dataclass, replace

import numpy as np

from trans3dhead.geometry.boxes import iou, root_area
from trans3dhead.geometry.matrices import angles_seen
from trans3dhead.inference.head import Head

_NEW_MOTION = 0.6  # weight of the last step against the motion before it
_SLOWING = 0.9  # a head that is not seen is thought to move on, in each frame by so much of the step before
_NEW_SIZE = 0.05  # weight of the last result's size: a head half of which is hidden looks small for a while
_NEW_SCORE = 0.1  # likewise of its score
_USUAL = 0.6  # of a track's usual score: with less of it the result is not believed
# Shapes of one person differ by 0.1 (root mean square, standard deviations), those of two people by 0.3.
_SAME_PERSON = 0.2  # difference at which a result fits by half
_OTHER_PERSON = 0.3  # difference above which a head that appears is not one that was lost
_OTHER_SIZE = 1.5  # factor between the sizes of a head that appears and one that was lost, above which they are two
# How far a lost head may be from where it is expected, in sizes: at first, more for each second, at most.
_REACH, _REACH_GROWS, _FARTHEST = 1.0, 1.2, 1.8


@dataclass(frozen=True, eq=False)
class Track:
    """One head, as it was last seen and is expected."""

    id: int
    seen: np.ndarray  # (4,) [x, y, w, h] pixels: where the last result that was believed saw it
    motion: np.ndarray  # (2,) pixels a frame, of the middle of that box
    size: float  # pixels: the root of the box's area, as it was over the last second or so
    shape: np.ndarray  # (S,) standard deviations: the mean over the results that were believed
    score: float  # how far its results agreed with themselves lately, see `agreement`
    detected: float  # the detector's score, when it last found the head
    time: float  # seconds, of the last frame in which a result was believed
    roll: float  # degrees clockwise in the picture, as the last result says
    results: int = 1  # that were believed
    unseen: int = 0  # frames since the last of them
    misses: int = 0  # how often in a row the detector did not find it

    @classmethod
    def of(cls, key: int, head: Head, score: float, time: float) -> "Track":
        """A new track of a head that the detector found at a time, and its agreement with itself."""
        shape = head.parameters.shape.astype(np.float64)
        return cls(key, head.box, np.zeros(2), root_area(head.box), shape, score, head.score, time, _roll(head))

    @property
    def box(self) -> np.ndarray:
        """(4,) where it is expected in the frame after those that are counted: moved on, slower and slower."""
        steps = (1.0 - _SLOWING ** (self.unseen + 1)) / (1.0 - _SLOWING)
        return self.seen + np.concatenate((steps * self.motion, np.zeros(2)))

    def believes(self, score: float) -> bool:
        """Whether a result of this score may be the head: one that fell far is of what is behind it, or beside it."""
        return score >= _USUAL * self.score

    def moved_to(self, head: Head, score: float) -> "Track":
        """The track with its next result, which is believed, and the result's agreement with itself."""
        step = (_middle(head.box) - _middle(self.seen)) / (self.unseen + 1)
        motion = step if self.results == 1 else self.motion + _NEW_MOTION * (step - self.motion)
        return replace(self.placed_at(head, score), motion=motion)

    def placed_at(self, head: Head, score: float) -> "Track":
        """The track with a result that says nothing of its motion, for it took the place of another."""
        results = self.results + 1
        shape = self.shape + (head.parameters.shape - self.shape) / results
        size = self.size + _NEW_SIZE * (root_area(head.box) - self.size)
        usual = self.score + _NEW_SCORE * (score - self.score)
        placed = replace(self, seen=head.box, motion=np.zeros(2), results=results, unseen=0)
        return replace(placed, size=size, shape=shape, score=usual, roll=_roll(head))

    def fit(self, head: Head, expected: np.ndarray) -> float:
        """How well a result fits to the track, 0..1: by shape, and by overlap with the box (4,) that is expected."""
        return float(iou(expected, head.box)) * self._likeness(head)

    def fit_again(self, head: Head, time: float) -> float:
        """How well a head that appears at a time fits to the track that was lost, 0..1; 0: it is another.

        It has to be near where the head was or was moving to, and of similar size and shape.
        """
        ratio = root_area(head.box) / self.size
        away = min(np.linalg.norm(_middle(head.box) - _middle(box)) for box in (self.seen, self.box)) / self.size
        near = away <= min(_REACH + _REACH_GROWS * (time - self.time), _FARTHEST)
        same = self._difference(head) <= _OTHER_PERSON and 1 / _OTHER_SIZE <= ratio <= _OTHER_SIZE
        return float(np.exp(-away)) * self._likeness(head) if near and same else 0.0

    def _likeness(self, head: Head) -> float:
        return 1.0 / (1.0 + (self._difference(head) / _SAME_PERSON) ** 2)

    def _difference(self, head: Head) -> float:
        """How far the head's shape is from the track's: root mean square over coefficients, standard deviations."""
        if not self.shape.size:
            return 0.0
        return float(np.sqrt(np.square(head.parameters.shape - self.shape).mean()))


def _middle(box: np.ndarray) -> np.ndarray:
    return box[:2] + box[2:] / 2


def _roll(head: Head) -> float:
    return float(angles_seen(head.pose.rotation)[2])
