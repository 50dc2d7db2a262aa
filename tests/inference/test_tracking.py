"""Tracking in a made-up world whose heads are known, and with the network that ships on a moving window."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paths import ASTRONAUT
from toy_heads import toy_head
from toy_world import Person, World, frames
from trans3dhead.geometry.boxes import iou
from trans3dhead.inference import HeadTracker, Predictor, read_photograph
from trans3dhead.inference.agreement import agreement


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
