"""Heads as numbers, and a predictor whose answers are remembered."""

from dataclasses import asdict, fields, replace

import msgspec
import numpy as np
import pytest

from toy_heads import toy_head
from toy_world import Person, World, frames
from trans3dhead.head_model import HeadModel
from trans3dhead.inference import HeadTracker, Lens, TrackedHead
from trans3dhead.inference.head import Head
from trans3dhead.inference.recorded import Answer, HeadNumbers, RecordedPredictor


def same(first: Head, second: Head) -> bool:
    """To the bit, and with everything that is derived."""
    return first.to_json() == second.to_json() and all(
        np.array_equal(getattr(first, name), getattr(second, name)) for name in ("box", "vertices", "projected")
    )


def test_a_head_is_made_again_of_its_numbers(toy: HeadModel) -> None:
    head = replace(
        toy_head(toy, (50, 50, 100, 120)), landmark_spread=np.linspace(1, 3, 68), lens=Lens.given((640, 480), 700.0)
    )
    again = HeadNumbers.of(head).head(head.head_model)
    np.testing.assert_allclose(again.projected, head.projected, atol=1e-3)
    np.testing.assert_allclose(again.box, head.box, atol=1e-3)
    np.testing.assert_allclose(again.pose.yaw, head.pose.yaw, atol=1e-3)
    for name in ("landmarks", "landmark_spread"):
        np.testing.assert_array_equal(getattr(again, name), getattr(head, name))
    for field in fields(head.parameters):
        np.testing.assert_array_equal(getattr(again.parameters, field.name), getattr(head.parameters, field.name))
    assert again.lens is not None
    assert again.lens.focal_length == 700.0


def test_numbers_come_back_from_json_to_the_bit(toy: HeadModel) -> None:
    numbers = HeadNumbers.of(toy_head(toy, (50.3, 50.7, 100, 120)))
    read = msgspec.json.decode(msgspec.json.encode(asdict(numbers)), type=HeadNumbers)
    assert read == numbers
    assert same(read.head(toy.numpy()), numbers.head(toy.numpy()))


def test_what_does_not_fit_the_head_model_is_told(toy: HeadModel) -> None:
    numbers = HeadNumbers.of(toy_head(toy, (50, 50, 100, 120)))
    assert numbers.fits(toy.numpy())
    assert not replace(numbers, landmarks=numbers.landmarks[:-1]).fits(toy.numpy())
    assert not replace(numbers, parameters=[*numbers.parameters, 0.0]).fits(toy.numpy())


@pytest.mark.parametrize(
    "change",
    [
        {"score": 1e308},
        {"agreement": -1e7},
        {"landmarks": [1e30] * 136},
        {"parameters": [-1e308] * 19},
        {"scale": 0.0},
        {"scale": -1.0},
        {"lens": {"focal_length": 0.0, "principal_point": [1.0, 1.0], "source": "given"}},
        {"lens": {"focal_length": 1.0, "principal_point": [1e308, 1.0], "source": "given"}},
    ],
)
def test_numbers_that_no_head_has_are_not_read(toy: HeadModel, change: dict) -> None:
    numbers = asdict(HeadNumbers.of(toy_head(toy, (50, 50, 100, 120))))
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(numbers | change), type=HeadNumbers)


def test_a_rotation_that_is_none_does_not_fit(toy: HeadModel) -> None:
    numbers = HeadNumbers.of(toy_head(toy, (50, 50, 100, 120)))
    for rotation in ([0.0] * 9, [1.0] * 9, [1.01 * number for number in numbers.rotation]):
        assert not replace(numbers, rotation=rotation).fits(toy.numpy())


class Noted(World):
    """With the head model as a `Predictor` has it."""

    any_roll = False

    def __call__(self, frame, boxes=None, rolls=None):
        found = World(self.world, self.people, self.detections)(frame, boxes)
        self.calls.append(boxes)
        return found

    def __init__(self, toy: HeadModel, people: list[Person]) -> None:
        self.world, self.head_model, self.people, self.detections, self.calls = toy, toy.numpy(), people, [], []


def follow(predictor: RecordedPredictor) -> list[list[TrackedHead]]:
    tracker = HeadTracker(predictor, every=10)
    return [tracker(frame, number / 30) for number, frame in enumerate(frames(30))]


@pytest.mark.parametrize("remembered", [0, 1, 17, 40])
def test_a_tracker_goes_on_by_what_is_remembered(toy: HeadModel, remembered: int) -> None:
    """One leaves and comes back, one comes later: wherever the first run ends, the second does as if it had not."""
    people = [Person((50, 50, 100, 120), last=12), Person((50, 50, 100, 120), first=18), Person((400, 50, 90, 90), 7)]
    notes: list[Answer] = []
    whole = follow(RecordedPredictor(Noted(toy, people), iter([]), notes.append))
    world, more = Noted(toy, people), []
    predictor = RecordedPredictor(world, iter(notes[:remembered]), more.append)
    again = follow(predictor)
    assert len(world.calls) == len(more) == max(0, len(notes) - remembered)
    assert predictor.remembers == (remembered >= len(notes))
    for first, second in zip(whole, again, strict=True):
        assert [one.id for one in first] == [one.id for one in second]
        assert all(same(a.head, b.head) and a.score == b.score for a, b in zip(first, second, strict=True))


def test_answers_to_other_questions_are_refused(toy: HeadModel) -> None:
    predictor = RecordedPredictor(Noted(toy, []), iter([Answer(2, [])]), lambda answer: None)
    with pytest.raises(ValueError, match="of another video; leave out --resume"):
        predictor(next(frames(1)))
