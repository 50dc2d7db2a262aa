import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from trans3dhead.evaluation.photographs import evaluate_photographs, read_annotations
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import HeadModel

POSES = np.array([[5.0, 20.0, -3.0], [-10.0, -35.0, 8.0]])


@pytest.fixture(scope="module")
def head_model() -> HeadModel:
    return HeadModel.shipped()


def landmarks_of(head_model: HeadModel, pose: np.ndarray) -> np.ndarray:
    """The average head at 400 pixels a metre in the middle of a 300² photograph."""
    vertices = head_model.template[None].double() @ rotation_from_euler(torch.from_numpy(pose)).T
    return 400 * head_model.landmarks(vertices)[0, :, :2].numpy() + 150


@pytest.fixture
def folder(tmp_path, head_model):
    rows = []
    for number, pose in enumerate(POSES):
        name = f"{number}.png"
        cv2.imwrite(str(tmp_path / name), np.zeros((300, 300, 3), np.uint8))
        angles = dict(zip(("pitch", "yaw", "roll"), pose.tolist(), strict=True))
        rows.append({"file": name, "landmarks_68": landmarks_of(head_model, pose).tolist(), "pose": angles})
    del rows[1]["pose"]
    (tmp_path / "annotations.json").write_text(json.dumps(rows))
    return tmp_path


class Oracle:
    """A predictor that knows the answers, moved by a known amount; its detector finds the first head only."""

    def __init__(self, head_model: HeadModel, shift: float, turn: float) -> None:
        self.head_model, self.shift, self.turn = head_model, shift, turn
        self.asked = 0
        self.seen_boxes: list[np.ndarray] = []

    def detector(self, image: np.ndarray) -> SimpleNamespace:
        found = self.asked == 0
        boxes = np.array([[100.0, 90, 100, 120], [5.0, 5, 20, 20]]) if found else np.zeros((0, 4))
        return SimpleNamespace(boxes=boxes, scores=np.ones(len(boxes)))

    def __call__(self, image: np.ndarray, boxes: np.ndarray) -> list[SimpleNamespace]:
        pose = POSES[self.asked] + np.array([0, self.turn, 0])
        landmarks = landmarks_of(self.head_model, POSES[self.asked]) + np.array([self.shift, 0])
        self.asked += 1
        self.seen_boxes.append(boxes[0])
        rotation = rotation_from_euler(torch.from_numpy(pose)).numpy()
        return [SimpleNamespace(landmarks=landmarks, pose=SimpleNamespace(rotation=rotation))]


def test_scores_are_the_known_errors(folder, head_model):
    report = evaluate_photographs(folder, Oracle(head_model, shift=3.0, turn=6.0))
    first, second = report.heads
    np.testing.assert_allclose([first.pitch, first.yaw, first.roll, first.pose], [0, 6, 0, 2], atol=1e-5)
    assert second.pose is None
    extent = np.ptp(landmarks_of(head_model, POSES[0]), axis=0)
    np.testing.assert_allclose(first.nme, 100 * 3 / np.sqrt(extent.prod()), rtol=1e-6)
    assert report.pose is not None
    np.testing.assert_allclose(report.pose.value, 2, atol=1e-5)
    assert report.nme.low <= report.nme.value <= report.nme.high


def test_found_missed_and_false_boxes_are_counted(folder, head_model):
    report = evaluate_photographs(folder, Oracle(head_model, shift=0.0, turn=0.0))
    assert [head.found for head in report.heads] == [True, False]
    assert report.found == 1
    assert report.false_boxes == 1
    json.dumps(report.to_json())


def test_the_box_given_to_the_predictor_is_the_head(folder, head_model):
    oracle = Oracle(head_model, shift=0.0, turn=0.0)
    evaluate_photographs(folder, oracle)
    rotation = rotation_from_euler(torch.from_numpy(POSES[0]))
    vertices = head_model.template[head_model.subsets["head"]].double() @ rotation.T
    low, high = vertices.amin(0)[:2].numpy() * 400 + 150, vertices.amax(0)[:2].numpy() * 400 + 150
    np.testing.assert_allclose(oracle.seen_boxes[0], [*low, *(high - low)], atol=1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[0].pop("landmarks_68"), "row 0.*landmarks_68"),
        (lambda rows: rows[0]["landmarks_68"].pop(), "68 landmarks, got 67"),
        (lambda rows: rows[1].update(file="gone.jpg"), "row 1.*no photograph.*gone.jpg"),
    ],
)
def test_a_bad_annotation_is_named(folder, change, message):
    path = folder / "annotations.json"
    rows = json.loads(path.read_text())
    change(rows)
    path.write_text(json.dumps(rows))
    with pytest.raises(ValueError, match=message):
        read_annotations(folder)


@pytest.mark.parametrize(
    ("text", "message"), [("[{", "expected JSON"), ("[]", "got \\[\\]"), ('{"file": 1}', "a list")]
)
def test_annotations_that_are_no_list_of_heads_are_named(tmp_path, text, message):
    (tmp_path / "annotations.json").write_text(text)
    with pytest.raises(ValueError, match=rf"annotations\.json: .*{message}"):
        read_annotations(tmp_path)


def test_heads_of_one_photograph_are_asked_for_together_and_scored_in_their_order(folder, head_model):
    rows = json.loads((folder / "annotations.json").read_text())
    (folder / "annotations.json").write_text(json.dumps([row | {"file": "0.png"} for row in rows]))

    def predictor(image, boxes):
        shifts = (2.0, 5.0)
        found = [
            landmarks_of(head_model, pose) + np.array([shift, 0]) for pose, shift in zip(POSES, shifts, strict=True)
        ]
        assert len(boxes) == 2
        return [SimpleNamespace(landmarks=points, pose=SimpleNamespace(rotation=np.eye(3))) for points in found]

    predictor.head_model = head_model
    predictor.detector = lambda image: SimpleNamespace(boxes=np.zeros((0, 4)))
    first, second = evaluate_photographs(folder, predictor).heads
    for score, pose, shift in ((first, POSES[0], 2.0), (second, POSES[1], 5.0)):
        extent = np.ptp(landmarks_of(head_model, pose), axis=0)
        np.testing.assert_allclose(score.nme, 100 * shift / np.sqrt(extent.prod()), rtol=1e-6)


def test_a_folder_without_annotations_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"annotations\.json"):
        read_annotations(tmp_path)
