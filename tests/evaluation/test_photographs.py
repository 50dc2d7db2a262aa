"""A model on annotated photographs: which boxes it is asked about, and what its detector finds."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from trans3dhead.data.annotated_photographs import AnnotatedHead
from trans3dhead.evaluation.aflw2000 import score_aflw2000
from trans3dhead.evaluation.photographs import find_heads, heads_to_find, score_detector
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import HeadModel

POSES = {"first": np.array([5.0, 20.0, -3.0]), "second": np.array([-10.0, -35.0, 8.0])}


@pytest.fixture(scope="module")
def head_model() -> HeadModel:
    return HeadModel.shipped()


def landmarks_of(head_model: HeadModel, pose: np.ndarray) -> np.ndarray:
    """The average head at 400 pixels a metre in the middle of a 300² photograph."""
    vertices = head_model.template[None].double() @ rotation_from_euler(torch.from_numpy(pose)).T
    return 400 * head_model.landmarks(vertices)[0, :, :2].numpy() + 150


@pytest.fixture
def heads(head_model: HeadModel) -> list[AnnotatedHead]:
    return [AnnotatedHead(n, Path(f"{n}.png"), landmarks_of(head_model, pose), pose) for n, pose in POSES.items()]


class Oracle:
    """A predictor that knows the answers, moved by a known amount; its detector finds the first head only."""

    def __init__(self, head_model: HeadModel, shift: float, turn: float) -> None:
        self.model, self.head_model, self.shift, self.turn = head_model, head_model.numpy(), shift, turn

    def __call__(self, photograph: Path, boxes: np.ndarray | None = None) -> list[SimpleNamespace]:
        if boxes is None:
            found = [[100.0, 80, 100, 130], [5.0, 5, 20, 20]] if photograph.stem == "first" else []
            return [self.result(photograph.stem, np.array(box)) for box in found]
        return [self.result(photograph.stem, box) for box in boxes]

    def result(self, name: str, box: np.ndarray) -> SimpleNamespace:
        pitch, yaw, roll = POSES[name] + np.array([0, self.turn, 0])
        rotation = rotation_from_euler(torch.tensor([pitch, yaw, roll])).numpy()
        return SimpleNamespace(
            box=box,
            score=0.75,
            landmarks=landmarks_of(self.model, POSES[name]) + np.array([self.shift, 0]),
            vertices=self.head_model.template,
            projected=self.head_model.template[:, :2],
            pose=SimpleNamespace(pitch=pitch, yaw=yaw, roll=roll, rotation=rotation),
            blendshapes={},
        )


def test_scores_are_the_known_errors(heads: list[AnnotatedHead], head_model: HeadModel):
    found = find_heads(heads, Oracle(head_model, shift=3.0, turn=6.0), detect=False)
    report = score_aflw2000(heads, found)
    np.testing.assert_allclose(report.values["yaw"], [6, 6])
    np.testing.assert_allclose(report.values["mae"], [2, 2])
    expected = [100 * 3 / np.sqrt(np.ptp(head.landmarks, axis=0).prod()) for head in heads]
    np.testing.assert_allclose(report.values["nme"], expected)


def test_boxes_are_those_of_the_head_about_the_landmarks(heads: list[AnnotatedHead], head_model: HeadModel):
    for head, wanted in zip(heads, heads_to_find(heads, Oracle(head_model, 0.0, 0.0)), strict=True):
        turned = head_model.template.double() @ rotation_from_euler(torch.from_numpy(POSES[head.id])).T
        projected = 400 * turned[head_model.subsets["head"], :2].numpy() + 150
        low, high = projected.min(axis=0), projected.max(axis=0)
        expected = np.concatenate((low, high - low))
        np.testing.assert_allclose(wanted.box, expected, rtol=0.06)  # these have no perspective, which the rule expects


def test_found_missed_and_false_boxes_are_told(heads: list[AnnotatedHead], head_model: HeadModel):
    oracle = Oracle(head_model, 0.0, 0.0)
    report, false = score_detector(score_aflw2000(heads, find_heads(heads, oracle, detect=False)), heads, oracle)
    figures = {"found": 1, "of": 2, "missed": ["second"], "false_boxes": 1}
    box = {"photograph": "first.png", "box": [5.0, 5.0, 20.0, 20.0], "score": 0.75}
    assert report.extra["detector"] == {**figures, "unmatched": [box]}
    assert [(one.photograph, one.box.tolist(), one.score) for one in false] == [(Path("first.png"), box["box"], 0.75)]
    assert "found 1 of 2 heads; 1 boxes match no annotated head. Missed: second." in report.notes[-1]
    detected = find_heads(heads, oracle, detect=True)
    assert [problem.kind for problem in detected.problems] == ["not found"]
