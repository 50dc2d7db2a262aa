"""A predictor's results as predictions: by given boxes and by its own detector."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from trans3dhead.evaluation.predict import HeadToFind, detect_heads, match_boxes, predict_heads
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import HeadModel


class Oracle:
    """A predictor that answers with one posed head for each box; its detector knows two boxes."""

    detected = np.array([[100.0, 90, 100, 120], [5.0, 5, 20, 20]])

    def __init__(self, head_model: HeadModel) -> None:
        self.head_model = head_model.numpy()
        self.rotation = rotation_from_euler(torch.tensor([10.0, -30.0, 5.0]).double()).numpy()

    def __call__(self, photograph: object, boxes: np.ndarray | None = None) -> list[SimpleNamespace]:
        pose = SimpleNamespace(pitch=10.0, yaw=-30.0, roll=5.0, rotation=self.rotation)
        vertices = self.head_model.template
        return [
            SimpleNamespace(
                box=box,
                score=box[2] / 200,
                landmarks=np.full((68, 2), box[0]),
                vertices=vertices,
                projected=vertices[:, :2] * 100 + box[:2],
                pose=pose,
                blendshapes={"jawOpen": 0.5},
            )
            for box in (self.detected if boxes is None else boxes)
        ]


@pytest.fixture
def oracle(toy: HeadModel) -> Oracle:
    return Oracle(toy)


def test_a_result_becomes_a_mesh_in_camera_space(oracle: Oracle, toy: HeadModel):
    box = np.array([7.0, 8, 30, 40])
    head = predict_heads(oracle, [HeadToFind("a", Path("a.jpg"), box)]).heads["a"]
    np.testing.assert_allclose(head.vertices, toy.template.double().numpy() @ oracle.rotation.T, atol=1e-7)
    np.testing.assert_array_equal(head.landmarks, np.full((68, 2), 7.0))
    np.testing.assert_array_equal(head.euler, [10, -30, 5])
    posed = toy.landmarks(torch.from_numpy(head.vertices)[None])[0].numpy()
    on_photograph = 100 * toy.landmarks(toy.template[None])[0, :, :2].numpy() + [7, 8]
    np.testing.assert_allclose(head.mesh_landmarks, on_photograph, atol=1e-4)
    np.testing.assert_allclose(head.seven_landmarks, posed[[36, 39, 42, 45, 33, 48, 54]], atol=1e-7)
    assert head.blendshapes == {"jawOpen": 0.5}


def test_detections_are_matched_to_annotated_heads(oracle: Oracle):
    photograph = Path("group.jpg")
    wanted = [
        HeadToFind("found", photograph, np.array([104.0, 92, 100, 118])),
        HeadToFind("elsewhere", Path("other.jpg"), np.array([300.0, 300, 50, 50])),
        HeadToFind("missed", photograph, np.array([250.0, 20, 60, 60])),
    ]
    predictions, detection = detect_heads(oracle, wanted)
    assert set(predictions.heads) == {"found"}
    assert {problem.sample: problem.kind for problem in predictions.problems} == {
        "elsewhere": "not found",
        "missed": "not found",
    }
    assert detection.found == {"found": True, "elsewhere": False, "missed": False}
    false = sorted((box.name, box.score) for box in detection.unmatched)
    assert false == [("group.jpg", 0.1), ("other.jpg", 0.1), ("other.jpg", 0.5)]


def test_each_box_is_matched_once_to_the_one_that_it_overlaps_most():
    annotated = np.array([[0.0, 0, 10, 10], [2.0, 0, 10, 10]])
    detected = np.array([[1.9, 0, 10, 10]])
    assert match_boxes(annotated, detected) == ([None, 0], [])
    assert match_boxes(annotated, detected + np.array([20.0, 0, 0, 0])) == ([None, None], [0])
    assert match_boxes(annotated, np.zeros((0, 4))) == ([None, None], [])
