"""Whose id is whose where heads are lost, cross, jump, and where a video is cut."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from toy_world import HEIGHT, WIDTH, Person, World, frames
from trans3dhead.geometry.boxes import iou
from trans3dhead.inference import HeadTracker
from trans3dhead.inference.agreement import agreement


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
    tracker = HeadTracker(World(toy, [Person((50, 50, 100, 120), last=12), back]), memory=25 / 30)
    ids = [[tracked.id for tracked in tracker(frame)] for frame in frames(70)]
    assert ids[12] == [0]
    assert ids[20] == []
    assert ids[69] == [0 if same else 1]
    assert len({key for found in ids for key in found}) == 2 - same


@pytest.mark.parametrize(("rate", "same"), [(30.0, True), (6.0, False)])
def test_memory_is_in_seconds_whatever_a_camera_delivers(toy, rate, same):
    """Lost for 18 frames: 0.6 seconds of thirty frames a second, 3 of six."""
    person = Person((50, 50, 100, 120), last=12)
    tracker = HeadTracker(World(toy, [person, replace(person, first=30, last=99)]), memory=1.5)
    ids = [[one.id for one in tracker(frame, 7.0 + number / rate)] for number, frame in enumerate(frames(40))]
    assert ids[12] == [0]
    assert ids[39] == [0 if same else 1]


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
