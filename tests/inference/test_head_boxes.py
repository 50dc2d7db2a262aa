"""The rules that lead to head boxes."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.rotations import rotation_from_euler
from trans3dhead.head_model import HeadModel
from trans3dhead.inference.head_boxes import (
    FaceBoxRule,
    fit_face_box_rule,
    fit_scaled_orthographic,
    head_box_from_landmarks,
)

angles = st.tuples(st.floats(-80, 80), st.floats(-180, 180), st.floats(-180, 180))


@given(dx=st.floats(-0.5, 0.5), dy=st.floats(-0.5, 0.5), width=st.floats(0.5, 3), height=st.floats(0.5, 3))
def test_fitting_recovers_the_rule(dx, dy, width, height):
    rule = FaceBoxRule(dx, dy, width, height)
    faces = np.random.default_rng(0).uniform(20, 200, size=(9, 4))
    fitted = fit_face_box_rule(faces, rule(faces))
    np.testing.assert_allclose([fitted.dx, fitted.dy, fitted.width, fitted.height], [dx, dy, width, height], atol=1e-9)


def test_the_mirrored_rule_is_the_rule_in_the_mirrored_picture():
    rule, width = FaceBoxRule(0.2, -0.1, 1.3, 1.5), 640.0
    faces = np.array([[100.0, 50.0, 80.0, 90.0]])
    mirror = lambda boxes: np.column_stack((width - boxes[:, 0] - boxes[:, 2], boxes[:, 1:]))  # noqa: E731
    np.testing.assert_allclose(rule.mirrored()(faces), mirror(rule(mirror(faces))))


def test_fitting_needs_pairs():
    with pytest.raises(ValueError, match="one at least"):
        fit_face_box_rule(np.zeros((0, 4)), np.zeros((0, 4)))


@settings(max_examples=30, deadline=None)
@given(euler=angles, scale=st.floats(10, 5000), x=st.floats(-1e3, 1e3))
def test_the_box_is_that_of_the_template_seen_from_one_and_a_half_metres(toy, euler, scale, x):
    rotation = rotation_from_euler(torch.tensor(euler, dtype=torch.float64)).numpy()
    turned = toy.template.double().numpy() @ rotation.T
    landmarks = toy.landmarks(torch.from_numpy(turned)[None])[0].numpy()
    box = head_box_from_landmarks(scale * landmarks[:, :2] + [x, 50.0], toy.numpy())
    centre = landmarks.mean(axis=0)
    from_camera = turned[toy.subsets["head"].numpy()] - centre + [0, 0, 1.5]
    seen = 1.5 * scale * from_camera[:, :2] / from_camera[:, 2:] + scale * centre[:2] + [x, 50.0]
    np.testing.assert_allclose(box, bounds(seen), atol=1e-3 * scale)


@pytest.mark.parametrize("yaw", [0.0, 45.0, 180.0])
def test_the_box_fits_a_photograph_taken_from_there(yaw):
    anny = HeadModel.shipped()
    rotation = rotation_from_euler(torch.tensor((0.0, yaw, 0.0), dtype=torch.float64)).numpy()
    turned = anny.template.double().numpy() @ rotation.T
    landmarks = anny.landmarks(torch.from_numpy(turned)[None])[0].numpy()

    def photograph(points: np.ndarray) -> np.ndarray:
        seen = points + np.array((0.0, 0.0, 1.5 - landmarks[:, 2].mean()))
        return 900 * seen[:, :2] / seen[:, 2:] + 320

    true = bounds(photograph(turned[anny.subsets["head"].numpy()]))
    np.testing.assert_allclose(head_box_from_landmarks(photograph(landmarks), anny.numpy()), true, atol=0.02 * true[3])


def test_noise_moves_the_box_little(toy):
    random = np.random.default_rng(0)
    projected = 1000 * toy.template.numpy()[:, :2] * [1, -1]
    landmarks = toy.landmarks(torch.from_numpy(projected)[None])[0].numpy()
    clean = head_box_from_landmarks(landmarks, toy.numpy())
    noisy = head_box_from_landmarks(landmarks + random.normal(size=(68, 2)) * 3, toy.numpy())
    assert np.abs(clean - noisy).max() < 12  # pixels; the box is 160 wide


def test_the_camera_is_scaled_orthographic():
    random = np.random.default_rng(0)
    axes, _ = fit_scaled_orthographic(random.normal(size=(20, 3)), random.normal(size=(20, 2)))
    gram = axes @ axes.T
    np.testing.assert_allclose(gram, gram[0, 0] * np.eye(2), atol=1e-12)


@pytest.mark.parametrize("landmarks", [np.zeros((67, 2)), np.full((68, 2), np.nan), np.zeros((68, 2))])
def test_landmarks_that_are_none_are_refused(toy, landmarks):
    with pytest.raises(ValueError, match="landmarks: expected"):
        head_box_from_landmarks(landmarks, toy.numpy())
