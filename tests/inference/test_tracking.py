"""Tracking in a made-up world whose heads are known, and with the network that ships on a moving window."""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paths import ASTRONAUT
from toy_heads import toy_head
from trans3dhead.geometry.boxes import iou
from trans3dhead.head_model import HeadModel
from trans3dhead.inference import HeadTracker, Predictor, read_photograph
from trans3dhead.inference.agreement import agreement

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


def frames(count: int):
    for time in range(count):
        yield np.full((HEIGHT, WIDTH, 3), time, np.uint8)


def test_a_head_keeps_its_id_and_the_detector_rests(toy):
    world = World(toy, [Person((50, 50, 100, 120))])
    tracker = HeadTracker(world, every=10)
    for time, frame in enumerate(frames(35)):
        (tracked,) = tracker(frame)
        assert tracked.id == 0
        np.testing.assert_array_equal(tracked.head.box, world.head(world.people[0].at(time)).box)
        assert tracked.head.score == 0.8  # the detector's last word
        assert 0.5 < tracked.score <= 1.0
    assert world.detections == [0, 10, 20, 30]


def test_a_head_that_vanishes_is_looked_for_then_lost_and_its_id_is_not_used_again(toy):
    elsewhere = Person((380, 60, 100, 120), first=18)
    world = World(toy, [Person((50, 50, 100, 120), last=12), elsewhere])
    tracker = HeadTracker(world, every=10, patience=3)
    ids = [[tracked.id for tracked in tracker(frame)] for frame in frames(30)]
    assert ids[:13] == [[0]] * 13
    assert ids[13:18] == [[]] * 5
    assert ids[18:] == [[1]] * 12
    # No track is left from 16 to 18; then, while the first is remembered, every third frame is searched.
    assert world.detections == [0, 10, 13, 14, 15, 16, 17, 18, 20, 21, 24, 27]


@pytest.mark.parametrize(
    ("back", "same"),
    [
        (Person((50, 50, 100, 120), first=30), True),  # where it was moving to
        (Person((90, 70, 100, 120), first=30, speed=(0.0, 0.0)), True),  # where it was
        (Person((270, 50, 100, 120), first=30), False),  # too far away
        (Person((50, 50, 100, 120), first=30, face=1), False),  # another person
        (Person((40, 40, 170, 200), first=30), False),  # too large
        (Person((50, 50, 100, 120), first=60), False),  # too late
    ],
)
def test_a_head_that_was_lost_comes_back_under_its_id(toy, back, same):
    tracker = HeadTracker(World(toy, [Person((50, 50, 100, 120), last=12), back]), memory=25)
    ids = [[tracked.id for tracked in tracker(frame)] for frame in frames(70)]
    assert ids[12] == [0]
    assert ids[20] == []
    assert ids[69] == [0 if same else 1]
    assert len({key for found in ids for key in found}) == 2 - same


class Crowd(World):
    """Whoever is behind somebody nearer, earlier in the list, is not seen."""

    def __call__(self, frame, boxes=None):
        everybody, time = self.people, int(frame[0, 0, 0])
        visible: list[Person] = []
        for person in everybody:
            if all(iou(person.at(time), other.at(time)) < 0.35 for other in visible):
                visible.append(person)
        self.people = visible
        try:
            return super().__call__(frame, boxes)
        finally:
            self.people = everybody


@pytest.mark.parametrize("speed", [3.0, 6.0, 12.0])
@pytest.mark.parametrize("faces", [(0, 1), (0, 0)])
def test_heads_that_cross_keep_their_ids(toy, speed, faces):
    """Two who pass one in front of the other; even twins are told apart by their motion."""
    far = 400 - 400 % speed
    people = [
        Person((40, 110, 100, 120), speed=(speed, 0.0), face=faces[0]),
        Person((40 + far, 100, 100, 120), speed=(-speed, 0.0), face=faces[1]),
    ]
    world = Crowd(toy, people)
    tracker = HeadTracker(world, every=5)
    for time, frame in enumerate(frames(int(far / speed))):
        for tracked in tracker(frame):
            places = [iou(tracked.head.box, person.at(time)) for person in people]
            if min(places) < 0.2:  # well apart
                assert int(np.argmax(places)) == tracked.id
    assert len(tracker(np.full((HEIGHT, WIDTH, 3), time + 1, np.uint8))) == 2
    assert tracker._next_id == 2


class Turning(Person):
    """Goes back the way it came after 20 frames."""

    def at(self, time: int) -> np.ndarray | None:
        return super().at(min(time, 40 - time))


def test_heads_that_meet_and_turn_back_keep_their_ids(toy):
    """Their motion says that they crossed; their shapes say that they did not."""
    people = [Turning((80, 110, 100, 120), speed=(8, 0)), Turning((400, 100, 100, 120), speed=(-8, 0), face=1)]
    tracker = HeadTracker(Crowd(toy, people), every=5)
    found = [tracker(frame) for frame in frames(40)]
    assert tracker._next_id == 2
    for tracked, person in zip(found[-1], people, strict=True):
        assert iou(tracked.head.box, person.at(39)) > 0.5


class Haunted(World):
    """Where nobody is the result agrees with itself a little."""

    def aligned(self, box, there):
        if any(iou(box, true) > 0.2 for _, true in there):
            return super().aligned(box, there)
        head = self.head(box)
        off = 0.05 * np.sqrt(head.box[2:].prod())
        return replace(head, landmarks=head.landmarks + np.array([off, 0.0]))


def test_a_result_that_is_worse_than_usual_needs_the_detector(toy):
    tracker = HeadTracker(Haunted(toy, [Person((50, 50, 100, 120), last=12)]), every=10)
    assert agreement(tracker._predictor.aligned((0, 0, 90, 100), []), np.array([0, 0, 90, 100])) > tracker.least_score
    found = [tracker(frame) for frame in frames(30)]
    assert [len(heads) for heads in found] == [1] * 13 + [0] * 17


class Jumping(Person):
    """Stands still, then elsewhere."""

    def at(self, time: int) -> np.ndarray:
        return np.array(self.box) + np.array([80.0 * (time >= 8), 0, 0, 0])


def test_a_head_that_jumps_by_most_of_its_size_keeps_its_id(toy):
    tracker = HeadTracker(World(toy, [Jumping((50, 50, 100, 120))]), every=100)
    assert [[one.id for one in tracker(frame)] for frame in frames(20)] == [[0]] * 20


def picture(seed: int, time: int) -> np.ndarray:
    """A blurred picture of some colours, whose first pixel tells the world the time."""
    frame = np.random.default_rng(seed).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    frame = cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    frame[0, 0] = time
    return frame


def test_a_cut_ends_all_identities(toy):
    """Somebody else, of the same shape, in the same place: only the picture tells."""
    world = World(toy, [Person((50, 50, 100, 120))])
    tracker = HeadTracker(world, every=100)
    ids = [[tracked.id for tracked in tracker(picture(time // 10, time))] for time in range(30)]
    assert ids == [[0]] * 10 + [[1]] * 10 + [[2]] * 10
    assert world.detections == [0, 10, 20]


def test_a_flash_is_no_cut(toy):
    tracker = HeadTracker(World(toy, [Person((50, 50, 100, 120))]))
    for time in range(20):
        frame = picture(0, time)
        if time in (7, 8, 13):
            frame = np.clip(frame.astype(int) + 60, 0, 255).astype(np.uint8)
            frame[0, 0] = time
        assert [tracked.id for tracked in tracker(frame)] == [0]


def test_a_head_behind_something_for_a_moment_comes_back_as_itself(toy):
    person = Person((50, 50, 100, 120), last=12)
    world = World(toy, [person, replace(person, first=15, last=30)])
    tracker = HeadTracker(world, every=10, patience=4)
    ids = [[tracked.id for tracked in tracker(frame)] for frame in frames(20)]
    assert ids == [[0]] * 13 + [[]] * 2 + [[0]] * 5


def test_a_new_head_is_found_on_schedule(toy):
    world = World(toy, [Person((50, 50, 100, 120)), Person((300, 100, 80, 90), first=3)])
    tracker = HeadTracker(world, every=5)
    ids = [[tracked.id for tracked in tracker(frame)] for frame in frames(12)]
    assert ids == [[0]] * 5 + [[0, 1]] * 7


def test_a_head_that_is_followed_well_is_lost_only_by_detections_on_schedule(toy):
    blind = Person((50, 50, 100, 120), speed=(1, 1), unseen=range(1, 100))
    leaving = Person((300, 100, 80, 90), speed=(1, 1), last=6)  # the detector looks for it in frames 7, 8 and 9
    tracker = HeadTracker(World(toy, [blind, leaving]), every=5, patience=3)
    ids = [[tracked.id for tracked in tracker(frame)] for frame in frames(20)]
    assert ids == [[0, 1]] * 7 + [[0]] * 8 + [[]] * 5  # missed in frames 5, 10 and 15


def test_a_head_that_leaves_the_frame_is_dropped(toy):
    world = World(toy, [Person((500, 100, 100, 120), speed=(12, 0), unseen=range(5, 20))])
    tracker = HeadTracker(world, every=100, patience=1)
    found = [tracker(frame) for frame in frames(20)]
    assert [len(heads) for heads in found] == [1] * 11 + [0] * 9  # not aligned where there is nothing left to see


def test_two_tracks_of_one_head_become_the_older_one(toy):
    meeting = [Person((50, 100, 100, 120), speed=(6, 0)), Person((230, 100, 100, 120), speed=(-6, 0), last=12)]
    tracker = HeadTracker(World(toy, meeting), every=100)
    ids = [[tracked.id for tracked in tracker(frame)] for frame in frames(20)]
    assert ids[0] == [0, 1]
    assert ids[-1] == [0]


@settings(max_examples=30, deadline=None)
@given(
    people=st.lists(
        st.builds(
            Person,
            box=st.tuples(st.sampled_from([20.0, 220.0, 420.0]), st.sampled_from([20.0, 240.0]), *[st.just(90.0)] * 2),
            first=st.integers(0, 20),
            last=st.integers(5, 60),
            speed=st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)),
        ),
        max_size=6,
        unique_by=lambda person: person.box[:2],
    ),
    every=st.integers(1, 12),
)
def test_an_id_means_one_person(toy, people, every):
    world = World(toy, people)
    tracker = HeadTracker(world, every=every)
    places: dict[int, tuple] = {}
    for time, frame in enumerate(frames(40)):
        tracked = tracker(frame)
        ids = [one.id for one in tracked]
        assert ids == sorted(set(ids))
        for one in tracked:
            nearest = max(people, key=lambda p: -1 if p.at(time) is None else iou(one.head.box, p.at(time)))
            assert places.setdefault(one.id, nearest.box) == nearest.box
        if time % every == 0:
            assert len(tracked) == sum(person.at(time) is not None for person in people)


def test_after_a_reset_ids_begin_again(toy):
    tracker = HeadTracker(World(toy, [Person((50, 50, 100, 120))]))
    first = [tracker(frame)[0].id for frame in frames(3)]
    tracker.reset()
    assert first == [tracker(frame)[0].id for frame in frames(3)] == [0, 0, 0]


def test_settings_and_frames_that_make_no_sense_are_refused(toy):
    with pytest.raises(ValueError, match="every, patience, memory: expected 1 or more"):
        HeadTracker(World(toy, []), every=0)
    with pytest.raises(ValueError, match="uint8"):
        HeadTracker(World(toy, []))(np.zeros((10, 10, 3)))


def test_the_agreement_falls_with_either_disagreement(toy):
    head = toy_head(toy, (50, 50, 100, 120), euler=(0.0, 0.0, 0.0))
    assert agreement(head, head.box) == pytest.approx(1.0, abs=1e-3)
    moved = head.box + np.array([head.box[2] / 2, 0, 0, 0])
    assert agreement(head, moved) == pytest.approx(1 / 3, abs=1e-3)
    off = 0.05 * np.sqrt(head.box[2] * head.box[3])
    apart = replace(head, landmarks=head.landmarks + np.array([off, 0.0]))
    assert agreement(apart, head.box) == pytest.approx(np.exp(-1), abs=1e-3)


@pytest.mark.slow
def test_a_moving_window_over_a_photograph():
    """The camera pans over the astronaut: one head, one id, and landmarks that move as the window does."""
    photograph = read_photograph(ASTRONAUT)
    tracker = HeadTracker(Predictor("small", detector="cascade"), every=6)
    starts = [(4 * step, 2 * step) for step in range(12)]
    middles = []
    for x, y in starts:
        (tracked,) = tracker(np.ascontiguousarray(photograph[y : y + 400, x : x + 400]))
        assert tracked.id == 0
        middles.append(tracked.head.landmarks.mean(axis=0) + np.array([x, y]))
    assert np.ptp(np.array(middles), axis=0).max() < 4.0  # pixels, of a head of 147


class Sluggish(World):
    """Makes up for half of the way only between the box that it is given and the head."""

    def aligned(self, box, there):
        nearest = max((true for _, true in there), key=lambda other: iou(box, other))
        return self.head((np.asarray(box) + nearest) / 2)


def test_what_moves_evenly_is_followed_without_lag_by_a_network_that_answers_half_of_the_way(toy):
    person = Person((50, 50, 100, 120), speed=(6, 3))
    tracker = HeadTracker(Sluggish(toy, [person]), every=100)
    for time, frame in enumerate(frames(40)):
        (tracked,) = tracker(frame)
        off = tracked.head.box[:2] - tracker._predictor.head(person.at(time)).box[:2]
    assert np.abs(off).max() < 0.1  # a box that only follows the last result would be behind by one step, 6 pixels


def test_a_result_that_drifted_gives_way_to_the_detectors(toy):
    class Drifting(World):
        def aligned(self, box, there):
            return self.head(np.asarray(box) + np.array([2.0, 0, 0, 0]))

    person = Person((50, 50, 100, 120), speed=(0, 0))
    world = Drifting(toy, [person])
    tracker = HeadTracker(world, every=5)
    off = [tracker(frame)[0].head.box[0] - world.head(person.at(0)).box[0] for frame in frames(11)]
    assert off[5] == off[10] == 0.0
    assert min(off[3], off[4]) > 8  # pixels
