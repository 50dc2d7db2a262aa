"""Heads through a video: an id for each that stays, and the detector only now and then."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from trans3dhead.geometry.boxes import best_pairs, iou, share_inside
from trans3dhead.images import check_photograph
from trans3dhead.inference.agreement import LEAST_AGREEMENT, agreement
from trans3dhead.inference.detectors.any_roll import nearest_quarter
from trans3dhead.inference.distinct import SAME_HEAD
from trans3dhead.inference.head import Head
from trans3dhead.inference.shots import ShotDetector
from trans3dhead.inference.tracks import Track
from trans3dhead.inference.video import USUAL_RATE

_MATCHED = 0.3  # least overlap of a track's box with that of a head that the detector found
_DRIFTED = 0.7  # with less overlap than this the detector's box takes the place of the one that was followed
_LEAST_INSIDE = 0.2  # of a box's area in the frame: with less of it the head has left
_LEAST_FIT = 1e-6  # of a track and a head that may be one: anything above 0
_LOOKS_FOR_LOST = 3  # frames from one detection to the next while a head is lost


@dataclass(frozen=True, eq=False)
class TrackedHead:
    """One head of one frame, and which of the video's heads it is."""

    id: int  # from 0, in the order in which heads appeared; never another head's again
    head: Head
    score: float  # 0..1, see `agreement`


class HeadTracker:
    """Call it with the frames of a video, one by one.

    Between detections each head is aligned once, at the box that its last result implies, moved on by as much as it
    has moved since the result before: given a box that lags, the network makes up only for a part of it. The detector
    runs on every n-th frame, where a track's score falls, while a head is lost, and while there is no track.

    A head that is hidden, or whose place another head has taken in the picture, is lost. It comes back under its id if
    within `memory` seconds the detector finds a head of similar size and shape near where it was or was moving to.
    Where two tracks lead to one head it stays with the one that expected it there, and whose shape it has. A cut ends
    all tracks, lost ones too; see `FrameChange.is_cut`.
    """

    def __init__(
        self,
        predictor: Callable[..., list[Head]],
        every: int = 10,
        least_score: float = LEAST_AGREEMENT,
        patience: int = 3,
        memory: float = 1.5,
    ) -> None:
        """
        predictor: a `Predictor`: given a frame alone it detects, given boxes too it aligns; every: frames from one
        detection to the next; least_score: of a track, below which its result is not believed; patience: how often in
        a row the detector may miss a head before it is lost; memory: for how many seconds a lost head may come back
        under its id.
        """
        if every < 1 or patience < 1 or memory < 0:
            raise ValueError(
                "every, patience, memory: expected 1 or more, 1 or more, and 0 or more seconds, got "
                f"{every}, {patience} and {memory}"
            )
        self._predictor, self.every, self.least_score = predictor, every, least_score
        self._any_roll = getattr(predictor, "any_roll", False)  # heads are then looked at from the side that is up
        self.patience, self.memory = patience, memory
        self.reset()

    def reset(self) -> None:
        """Forget all heads, before another video; ids begin at 0 again."""
        self._tracks: list[Track] = []  # those that are followed, the oldest first
        self._lost: list[Track] = []
        self._change = ShotDetector()
        self._frames = 0
        self._time = 0.0  # seconds, of the frame at hand
        self._next_id = 0

    def __call__(self, frame: np.ndarray, time: float | None = None) -> list[TrackedHead]:
        """(H, W, 3) uint8 RGB, the next frame -> the heads in it, the one that appeared first first.

        time: seconds since the video began; None: a thirtieth of a second after the last frame.
        """
        frame = check_photograph(frame)
        self._time = time if time is not None else self._time + 1.0 / USUAL_RATE
        scheduled = self._frames % self.every == 0
        looks = self._frames % _LOOKS_FOR_LOST == 0
        self._frames += 1
        seen = self._follow(frame)
        if self._change(frame).is_cut(believed=bool(seen)):
            seen, self._tracks, self._lost = {}, [], []
        all_seen = len(seen) == len(self._tracks)
        if scheduled or not all_seen or not self._tracks or (self._lost and looks):
            self._detect(frame, seen, scheduled)
        self._forget(seen)
        return [seen[track.id] for track in self._tracks if track.id in seen]

    def _follow(self, frame: np.ndarray) -> dict[int, TrackedHead]:
        """Align each track at its box -> the results that are believed, by id. Their tracks move on to them."""
        size = (frame.shape[1], frame.shape[0])
        here = [track for track in self._tracks if share_inside(track.box, size) >= _LEAST_INSIDE]
        heads = self._align(frame, here) if here else []
        results = sorted(zip(here, heads, strict=True), key=lambda pair: -_finite(pair[0].fit(pair[1], pair[0].box)))
        seen: dict[int, TrackedHead] = {}
        for track, head in results:  # of two that lead to one head the one that fits better has it
            score = _agreement(head, track.box)
            believed = score >= self.least_score and track.believes(score)  # not where it is not finite either
            if believed and _is_free(head, seen):
                seen[track.id] = TrackedHead(track.id, replace(head, score=track.detected), score)
        moved = {track.id: track.moved_to(head, seen[track.id].score) for track, head in results if track.id in seen}
        self._lost += [track for track in self._tracks if track not in here]
        self._tracks = [moved.get(track.id, track) for track in here]
        return seen

    def _align(self, frame: np.ndarray, tracks: list[Track]) -> list[Head]:
        boxes = np.stack([track.box for track in tracks])
        if not self._any_roll:
            return self._predictor(frame, boxes=boxes)
        return self._predictor(frame, boxes=boxes, rolls=np.array([nearest_quarter(track.roll) for track in tracks]))

    def _detect(self, frame: np.ndarray, seen: dict[int, TrackedHead], scheduled: bool) -> None:
        """Look for heads anew: they confirm tracks, replace results that are not believed, come back, or are new."""
        found = self._predictor(frame)
        partners = best_pairs(self._fits(found, seen), _LEAST_FIT)
        for place, partner in enumerate(partners):
            track = self._tracks[place]
            if partner is not None:
                self._tracks[place] = self._confirmed(track, found[partner], seen)
            elif scheduled or track.id not in seen:  # one that is followed well is missed by those on schedule alone
                self._tracks[place] = replace(track, misses=track.misses + 1)
        missing = [track for track, partner in zip(self._tracks, partners, strict=True) if partner is None]
        missing = self._lost + [track for track in missing if track.id not in seen]
        new = [head for index, head in enumerate(found) if index not in partners and _is_free(head, seen)]
        back = best_pairs(
            np.array([[track.fit_again(head, self._time) for track in missing] for head in new]), _LEAST_FIT
        )
        for head, index in zip(new, back, strict=True):
            self._appear(head, None if index is None else missing[index], seen)

    def _fits(self, found: list[Head], seen: dict[int, TrackedHead]) -> np.ndarray:
        """(tracks, found heads) how well they fit, 0 where they do not overlap enough to be one."""
        fits = np.zeros((len(self._tracks), len(found)))
        for row, track in enumerate(self._tracks):
            here = track.seen if track.id in seen else track.box
            for column, head in enumerate(found):
                fits[row, column] = track.fit(head, here) if iou(here, head.box) >= _MATCHED else 0.0
        return fits

    def _confirmed(self, track: Track, found: Head, seen: dict[int, TrackedHead]) -> Track:
        """The detector found the head of a track. A result that was followed there stays, for it is steadier."""
        track = replace(track, detected=found.score, misses=0)
        followed = seen.get(track.id)
        if followed is not None and iou(followed.head.box, found.box) >= _DRIFTED:
            seen[track.id] = replace(followed, head=replace(followed.head, score=found.score))
            return track
        score = _agreement(found, found.box)
        seen[track.id] = TrackedHead(track.id, found, score)
        return track.moved_to(found, score) if followed is None else track.placed_at(found, score)

    def _appear(self, head: Head, missing: Track | None, seen: dict[int, TrackedHead]) -> None:
        """A head that no track led to: one that was missing, or a new one."""
        score = _agreement(head, head.box)
        if missing is None:
            track = Track.of(self._next_id, head, score, self._time)
            self._next_id += 1
        else:
            track = replace(missing.moved_to(head, score), detected=head.score, misses=0)
        self._lost = [other for other in self._lost if other.id != track.id]
        self._tracks = sorted((*(o for o in self._tracks if o.id != track.id), track), key=lambda one: one.id)
        seen[track.id] = TrackedHead(track.id, head, score)

    def _forget(self, seen: dict[int, TrackedHead]) -> None:
        """At a frame's end: what the detector misses too often is lost, and what is lost for too long is gone."""
        kept = [track for track in self._tracks if track.misses < self.patience]
        lost = self._lost + [track for track in self._tracks if track.misses >= self.patience]
        self._tracks = [self._counted(track, track.id in seen) for track in kept]
        remembered = [track for track in lost if self._time - track.time <= self.memory]
        self._lost = [self._counted(track, seen=False) for track in remembered]

    def _counted(self, track: Track, seen: bool) -> Track:
        """The track with the frame at hand."""
        return replace(track, time=self._time) if seen else replace(track, unseen=track.unseen + 1)


def _agreement(head: Head, box: np.ndarray) -> float:
    """How well the first look at a head agrees with itself and its box; a closer look makes both branches agree."""
    return agreement(head, box) if head.agreement is None else head.agreement


def _is_free(head: Head, seen: dict[int, TrackedHead]) -> bool:
    """Whether no head that is followed is there already."""
    return all(iou(head.box, other.head.box) <= SAME_HEAD for other in seen.values())


def _finite(value: float) -> float:
    return value if np.isfinite(value) else 0.0
