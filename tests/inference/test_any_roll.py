"""Heads on their side and upside down: a photograph that is turned has the same heads, turned."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from command_line import run
from paths import ASTRONAUT
from toy_heads import toy_head
from toy_world import Person, World, frames
from trans3dhead.geometry.boxes import turned_back
from trans3dhead.geometry.matrices import angle_between_matrices, axis_rotation, matrix_from_6d
from trans3dhead.head_model import HeadModel
from trans3dhead.images import read_photograph, write_picture
from trans3dhead.inference import Detections, Head, HeadTracker, Predictor
from trans3dhead.inference.detectors.any_roll import AnyRollDetector, nearest_quarter
from trans3dhead.inference.distinct import best_of_any_roll, distinct_of_any_roll

BOX = np.array([60.0, 10.0, 120.0, 150.0])
SIZE = 256


def photograph() -> np.ndarray:
    """The astronaut's face."""
    return np.ascontiguousarray(read_photograph(ASTRONAUT)[:SIZE, 100 : 100 + SIZE])


def clockwise(picture: np.ndarray, quarters: int) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(picture, -quarters))


def turned_points(points: np.ndarray, quarters: int) -> np.ndarray:
    """(N, 2) pixels of the square photograph -> where they are once it is turned clockwise."""
    middle = SIZE / 2
    return (points - middle) @ axis_rotation("z", 90.0 * quarters)[:2, :2].T + middle


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    """The small network that ships, on one thread."""
    return Predictor("tiny", threads=1)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_box_whose_roll_is_given_has_the_same_head_turned(predictor: Predictor, quarters: int) -> None:
    (upright,) = predictor(photograph(), BOX[None])
    box = turned_back(BOX[None], quarters, (SIZE, SIZE))  # the picture as it was is this one turned back
    (head,) = predictor(clockwise(photograph(), quarters), box, rolls=np.array([90.0 * quarters]))
    turn = axis_rotation("z", 90.0 * quarters)
    for name in ("landmarks", "projected"):
        np.testing.assert_allclose(getattr(head, name), turned_points(getattr(upright, name), quarters), atol=0.2)
    assert angle_between_matrices(head.pose.rotation, turn @ upright.pose.rotation) < 0.3
    assert angle_between_matrices(matrix_from_6d(head.parameters.rotation), head.pose.rotation) < 1e-3
    np.testing.assert_allclose(head.project(head.vertices), head.projected, atol=0.01)
    expected = turn @ upright.parameters.translation
    np.testing.assert_allclose(head.parameters.translation, expected, atol=5e-3)
    np.testing.assert_allclose(head.parameters.shape, upright.parameters.shape, atol=0.02)


def test_rolls_of_nothing_and_of_other_heads_are_refused(predictor: Predictor) -> None:
    with pytest.raises(ValueError, match="rolls: expected boxes beside them"):
        predictor(photograph(), rolls=np.zeros(1))
    with pytest.raises(ValueError, match=r"rolls: expected \(1,\) finite degrees"):
        predictor(photograph(), BOX[None], rolls=np.zeros(2))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_the_photograph_turned_has_the_head_turned(quarters: int, any_roll: Predictor, upright: Head) -> None:
    (head,) = any_roll(clockwise(photograph(), quarters))
    assert not head.doubtful
    off = np.linalg.norm(head.landmarks - turned_points(upright.landmarks, quarters), axis=1)
    assert off.mean() < 1.5  # pixels, of a head of 140
    turn = axis_rotation("z", 90.0 * quarters)
    assert angle_between_matrices(head.pose.rotation, turn @ upright.pose.rotation) < 3.0


@pytest.fixture(scope="module")
def any_roll() -> Predictor:
    """The network that is used by default, for heads of any roll."""
    return Predictor(threads=1, any_roll=True)


@pytest.fixture(scope="module")
def upright(any_roll: Predictor) -> Head:
    """What is found in the photograph as it is."""
    return any_roll(photograph())[0]


def test_a_detector_looks_from_every_side() -> None:
    """A detector of upright arrows, whose tip is white: of each of four that lie otherwise it finds one."""
    picture = np.zeros((100, 140, 3), np.uint8)
    arrow = np.full((12, 8, 3), 90, np.uint8)
    arrow[:4] = 255
    places = ((10, 20), (90, 10), (60, 70), (15, 60))
    for quarters, (x, y) in enumerate(places):
        turned = clockwise(arrow, quarters)
        picture[y : y + turned.shape[0], x : x + turned.shape[1]] = turned

    def find(image: np.ndarray) -> Detections:
        gray = image[..., 0].astype(int)
        rows, columns = gray.shape[0] - 11, gray.shape[1] - 7
        at = [
            (x, y) for y in range(rows) for x in range(columns) if (gray[y : y + 12, x : x + 8] == arrow[..., 0]).all()
        ]
        boxes = np.array([[x, y, 8.0, 12.0] for x, y in at]).reshape(-1, 4)
        return Detections(boxes, np.full(len(boxes), 0.9), np.tile(np.eye(3), (len(boxes), 1, 1)), from_faces=False)

    found = AnyRollDetector(find)(picture)
    assert found.rolls is not None
    assert found.rotations is not None
    assert found.rolls.tolist() == [0.0, 90.0, 180.0, 270.0]
    assert not found.from_faces
    for (x, y), box, quarters in zip(places, found.boxes, range(4), strict=True):
        assert box.tolist() == [x, y, *((12, 8) if quarters % 2 else (8, 12))]
        np.testing.assert_allclose(found.rotations[quarters], axis_rotation("z", 90.0 * quarters), atol=1e-9)


def test_of_results_on_one_head_the_confirmed_one_stays(toy: HeadModel) -> None:
    head = toy_head(toy, (50, 50, 100, 120))
    sideways = replace(head, detector_score=0.9, rotation_check=88.0)
    confirmed = replace(head, detector_score=0.5, rotation_check=5.0)
    elsewhere = replace(toy_head(toy, (400, 50, 100, 120)), detector_score=0.9)
    assert distinct_of_any_roll([sideways, confirmed, elsewhere]) == [elsewhere, confirmed]
    assert best_of_any_roll([sideways, confirmed]) is confirmed


def test_of_results_on_a_given_box_the_one_stays_whose_landmarks_the_network_knows(toy: HeadModel) -> None:
    head = replace(toy_head(toy, (50, 50, 100, 120)), detector_score=1.0)
    unsure, sure = (replace(head, landmark_spread=np.full(68, spread)) for spread in (6.0, 2.0))
    assert best_of_any_roll([unsure, sure, unsure]) is sure
    # of a network that says no spread the one that agrees with itself
    apart, agreeing = replace(head, agreement=0.3), replace(head, agreement=0.8)
    assert best_of_any_roll([apart, agreeing, apart]) is agreeing


@pytest.mark.parametrize(
    ("roll", "quarter"), [(10.0, 0.0), (-44.0, 0.0), (50.0, 90.0), (-170.0, 180.0), (-80.0, 270.0)]
)
def test_the_nearest_quarter(roll: float, quarter: float) -> None:
    assert nearest_quarter(roll) == quarter


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_given_box_is_looked_at_from_all_sides(quarters: int, any_roll: Predictor, upright: Head) -> None:
    picture = clockwise(photograph(), quarters)
    box = turned_back(BOX[None], quarters, (SIZE, SIZE))
    (head,) = any_roll(picture, box)
    (from_its_side,) = any_roll(picture, box, rolls=np.array([90.0 * quarters]))
    np.testing.assert_allclose(head.projected, from_its_side.projected, atol=0.01)  # batches of other sizes
    off = np.linalg.norm(head.landmarks - turned_points(upright.landmarks, quarters), axis=1)
    assert off.mean() < 3.0  # pixels, of a head of 140


def test_a_predictor_for_heads_of_any_roll_shares_the_networks(predictor: Predictor) -> None:
    turned, box = clockwise(photograph(), 2), turned_back(BOX[None], 2, (SIZE, SIZE))
    other = predictor.of_any_roll()
    assert other.of_any_roll() is other
    assert abs(other(turned, box)[0].pose.roll) > 150.0
    assert other.head_model is predictor.head_model
    assert not isinstance(predictor.detector, AnyRollDetector)  # it stays as it was
    assert not predictor.any_roll


def test_given_boxes_keep_their_order_and_a_head_each(any_roll: Predictor) -> None:
    turned = clockwise(photograph(), 2)
    empty, rolled = np.array([200.0, 200.0, 40.0, 40.0]), turned_back(BOX[None], 2, (SIZE, SIZE))[0]
    one, both, none = any_roll.batch(
        [photograph(), turned, turned], [BOX[None], np.stack((empty, rolled)), np.zeros((0, 4))]
    )
    assert [len(heads) for heads in (one, both, none)] == [1, 2, 0]
    assert abs(one[0].pose.roll) < 30.0
    assert abs(both[1].pose.roll) > 150.0


class Rolled(World):
    """Everybody lies on the side."""

    any_roll = True

    def __call__(self, frame, boxes=None, rolls=None):
        if boxes is not None:
            assert rolls.tolist() == [270.0] * len(boxes)
        return super().__call__(frame, boxes)

    def head(self, box, face=0):
        return toy_head(self.head_model, tuple(box), euler=(0.0, 0.0, -80.0), seed=face)


def test_a_tracker_looks_at_heads_from_the_side_that_is_up(toy: HeadModel) -> None:
    tracker = HeadTracker(Rolled(toy, [Person((50, 50, 100, 120))]), every=10)
    assert [[one.id for one in tracker(frame)] for frame in frames(5)] == [[0]] * 5


def test_on_the_command_line(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", clockwise(photograph(), 2))
    box = turned_back(BOX[None], 2, (SIZE, SIZE))
    (tmp_path / "boxes.json").write_text(json.dumps({"a.png": box.tolist()}))
    for given in ((), ("--boxes", tmp_path / "boxes.json")):
        result = run("predict", tmp_path / "a.png", "--any-roll", "--json", "--threads", 1, *given)
        (head,) = json.loads(result.stdout)["heads"]
        assert abs(head["pose"]["roll"]) > 150.0
