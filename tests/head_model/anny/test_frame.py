"""The turn between two frames, on made-up landmarks."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.anny.frame import mean_unrotated_landmarks, pitch_between, pitch_matrix


@pytest.mark.parametrize("degrees", [-30.0, -1.5, 0.0, 2.8, 40.0])
def test_the_turn_is_found(anny: HeadModel, degrees: float):
    landmarks = anny.landmarks(anny.template[None])[0].double().numpy()
    turned = 3 * landmarks @ pitch_matrix(degrees).T + [0, 1, 2]
    assert pitch_between(landmarks, turned) == pytest.approx(degrees, abs=1e-6)
    assert pitch_between(turned, landmarks) == pytest.approx(-degrees, abs=1e-6)


def test_a_head_that_is_pitched_up_has_a_positive_pitch():
    """The same turn as AFLW2000-3D's pitch, so that it can be added to it."""
    euler = torch.tensor([10.0, 0.0, 0.0], dtype=torch.float64)
    expected = np.diag([1.0, -1.0, -1.0]) @ rotation_from_euler(euler).numpy()
    np.testing.assert_allclose(pitch_matrix(10.0), expected, atol=1e-12)
    nose = pitch_matrix(10.0) @ [0, 0, 1]
    assert nose[1] > 0


def test_posed_heads_average_to_the_face_itself(anny: HeadModel, tmp_path: Path):
    landmarks = anny.landmarks(anny.template[None])[0].double()
    rows = []
    for pitch, yaw, roll in ((10.0, 50.0, -20.0), (-25.0, -80.0, 5.0), (0.0, 0.0, 40.0)):
        rotation = rotation_from_euler(torch.tensor([pitch, yaw, roll], dtype=torch.float64))
        camera = 1500 * landmarks @ rotation.T + torch.tensor([200.0, 220.0, 0.0])
        pixels = camera * torch.tensor([1.0, 1.0, -1.0])  # the data's z grows towards the camera
        rows.append({"pose": {"pitch": pitch, "yaw": yaw, "roll": roll}, "landmarks_68": pixels.tolist()})
    (tmp_path / "annotations.json").write_text(json.dumps(rows))
    mean = mean_unrotated_landmarks(tmp_path / "annotations.json")
    inner = landmarks[17:].numpy() - landmarks[17:].mean(dim=0).numpy()
    scale = np.sqrt((inner**2).sum(axis=1).mean())
    np.testing.assert_allclose(mean[17:], inner / scale, atol=1e-6)
