"""Heads through a video: an id for each, and the detector only now and then."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from trans3dhead.geometry.boxes import iou, match, share_inside
from trans3dhead.images import check_photograph
from trans3dhead.inference.agreement import LEAST_AGREEMENT, agreement
from trans3dhead.inference.head import Head

_SAME_HEAD = 0.5  # two tracks whose boxes overlap more than this (IoU) are one head
_MATCHED = 0.3  # least overlap of a track's box with that of a head that the detector found
_DRIFTED = 0.7  # with less overlap than this the detector's box takes the place of the one that was followed
_LEAST_INSIDE = 0.2  # of a box's area in the frame: with less of it the head has left


@dataclass(frozen=True, eq=False)
class TrackedHead:
    """One head of one frame, and which of the video's heads it is."""

    id: int  # from 0, in the order in which heads appeared; never used again
    head: Head
    score: float  # 0..1, see `agreement`


@dataclass(frozen=True, eq=False)
class _Track:
    """What is remembered of a head between frames."""

    id: int
    seen: np.ndarray  # (4,) [x, y, w, h] pixels: where the last result that was believed saw it
    motion: np.ndarray  # (2,) pixels a frame, of the middle of that box
    detected: float  # the detector's score, when it last found the head
    misses: int = 0  # how often in a row the detector did not find it

    @property
    def box(self) -> np.ndarray:
        """(4,) where it is looked for in the next frame."""
        return self.seen + np.concatenate((self.motion, np.zeros(2)))

    def moved_to(self, box: np.ndarray) -> "_Track":
        """The track with its next result."""
        motion = (box[:2] + box[2:] / 2) - (self.seen[:2] + self.seen[2:] / 2)
        return replace(self, seen=box, motion=motion)


class HeadTracker:
    """Call it with the frames of a video, one by one.

    Between detections each head is aligned once, at the box that its last result implies, moved on by as much as it
    has moved since the result before: given a box that lags, the network makes up only for a part of it. The detector
    runs on every n-th frame, where a track's score falls, and while there is no track.
    """

    def __init__(
        self,
        predictor: Callable[..., list[Head]],
        every: int = 10,
        least_score: float = LEAST_AGREEMENT,
        patience: int = 3,
    ) -> None:
        """
        predictor: a `Predictor`: given a frame alone it detects, given boxes too it aligns; every: frames from one
        detection to the next; least_score: of a track, below which its result is not believed; patience: how often in
        a row the detector may miss a head before it is lost.
        """
        if every < 1 or patience < 1:
            raise ValueError(f"every, patience: expected 1 or more, got {every} and {patience}")
        self._predictor, self.every, self.least_score, self.patience = predictor, every, least_score, patience
        self.reset()

    def reset(self) -> None:
        """Forget all heads, before another video; ids begin at 0 again."""
        self._tracks: list[_Track] = []
        self._frames = 0
        self._next_id = 0

    def __call__(self, frame: np.ndarray) -> list[TrackedHead]:
        """(H, W, 3) uint8 RGB, the next frame -> the heads in it, the one that appeared first first."""
        frame = check_photograph(frame)
        scheduled = self._frames % self.every == 0
        self._frames += 1
        seen = self._follow(frame)
        doubted = [track for track in self._tracks if track.id not in seen]
        if scheduled or doubted or not self._tracks:
            self._detect(frame, seen, scheduled)
        self._tracks = [track for track in self._tracks if track.misses < self.patience]
        return [seen[track.id] for track in self._tracks if track.id in seen]

    def _follow(self, frame: np.ndarray) -> dict[int, TrackedHead]:
        """Align each track at its box -> those that are believed, by id; their boxes move on."""
        size = (frame.shape[1], frame.shape[0])
        here = [track for track in self._tracks if share_inside(track.box, size) >= _LEAST_INSIDE]
        heads = self._predictor(frame, boxes=np.stack([track.box for track in here])) if here else []
        seen: dict[int, TrackedHead] = {}
        self._tracks = []
        for track, head in zip(here, heads, strict=True):
            score = agreement(head, track.box)
            if not score >= self.least_score:  # a result that is not finite is not believed either
                self._tracks.append(replace(track, motion=np.zeros(2)))
            elif all(iou(head.box, other.head.box) <= _SAME_HEAD for other in seen.values()):
                seen[track.id] = TrackedHead(track.id, replace(head, score=track.detected), score)
                self._tracks.append(track.moved_to(head.box))
        return seen

    def _detect(self, frame: np.ndarray, seen: dict[int, TrackedHead], scheduled: bool) -> None:
        """Look for heads anew: they confirm tracks, take the place of results that are not believed, or are new."""
        found = self._predictor(frame)
        tracks, boxes = self._tracks, np.array([head.box for head in found]).reshape(-1, 4)
        here = [track.seen if track.id in seen else track.box for track in tracks]
        partners = match(np.array(here).reshape(-1, 4), boxes, _MATCHED)
        self._tracks = []
        for track, partner in zip(tracks, partners, strict=True):
            if partner is None:  # a head that is followed well is missed by the detections on schedule alone
                missed = scheduled or track.id not in seen
                self._tracks.append(replace(track, misses=track.misses + missed))
                continue
            self._confirm(track, found[partner], seen)
        for index, head in enumerate(found):
            known = any(iou(head.box, track.seen) > _SAME_HEAD for track in self._tracks)
            if index not in partners and not known:
                self._tracks.append(_Track(self._next_id, head.box, np.zeros(2), head.score))
                seen[self._next_id] = TrackedHead(self._next_id, head, agreement(head, head.box))
                self._next_id += 1

    def _confirm(self, track: _Track, found: Head, seen: dict[int, TrackedHead]) -> None:
        """The detector found the head of a track. A result that was followed there stays, for it is steadier."""
        track = replace(track, detected=found.score, misses=0)
        followed = seen.get(track.id)
        if followed is not None and iou(followed.head.box, found.box) >= _DRIFTED:
            seen[track.id] = replace(followed, head=replace(followed.head, score=found.score))
        else:
            seen[track.id] = TrackedHead(track.id, found, agreement(found, found.box))
            track = replace(track, seen=found.box, motion=np.zeros(2))
        self._tracks.append(track)
