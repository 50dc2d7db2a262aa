import numpy as np
import pytest
import torch

from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.rotations import euler_from_rotation, rotation_to_direction
from trans3dhead.synth.people.poses import View, place, sample_shoulders, sample_view


@pytest.fixture
def head(rng: np.random.Generator) -> np.ndarray:
    points = rng.normal(size=(400, 3))
    return 0.11 * points / np.linalg.norm(points, axis=1, keepdims=True)


def test_the_box_is_where_and_as_large_as_the_view_asks(head: np.ndarray, rng: np.random.Generator) -> None:
    for _ in range(40):
        view = sample_view(rng, 256)
        x, y, w, h = bounds(place(view, head).project(head))
        np.testing.assert_allclose([x + w / 2, y + h / 2], view.centre, atol=1.5)
        assert max(w, h) == pytest.approx(view.side, rel=0.02)
        assert min(x, y) > -0.03 * 256
        assert max(x + w, y + h) < 1.03 * 256


def test_the_angles_are_relative_to_the_ray_through_the_head(head: np.ndarray) -> None:
    view = View(np.array([10.0, -35.0, 5.0]), 300.0, np.array([40.0, 90.0]), np.array([150.0, 120.0]), 120.0)
    placed = place(view, head)
    ray = rotation_to_direction(torch.from_numpy(placed.translation))
    relative = ray.T @ torch.from_numpy(placed.rotation)
    np.testing.assert_allclose(euler_from_rotation(relative).numpy(), view.euler, atol=1e-6)


def test_yaw_covers_the_sphere_and_is_dense_in_front() -> None:
    rng = np.random.default_rng(3)
    euler = np.array([sample_view(rng, 256).euler for _ in range(4000)])
    yaw = np.abs((euler[:, 1] + 180.0) % 360.0 - 180.0)
    assert 0.75 < (yaw < 100).mean() < 0.95
    assert (yaw < 30).mean() > 2.0 * ((yaw > 60) & (yaw < 90)).mean()
    assert all(((yaw >= low) & (yaw < low + 15)).sum() > 25 for low in range(0, 180, 15))
    assert np.abs(euler[:, 0]).max() <= 60
    assert (np.abs(euler[:, 0]) > 30).mean() > 0.1
    assert (np.abs(euler[:, 2]) > 30).mean() > 0.08


def test_the_shoulders_follow_the_head_within_reach(rng: np.random.Generator) -> None:
    for _ in range(200):
        turn = sample_shoulders(rng, sample_view(rng, 256))
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-6)
        assert np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))) < 50.1


def test_the_camera_lies_straight_ahead_of_a_frontal_head() -> None:
    frontal = View(np.zeros(3), 300.0, np.full(2, 128.0), np.full(2, 128.0), 120.0)
    np.testing.assert_allclose(frontal.towards_camera, (0.0, 0.0), atol=1e-9)
    turned = View(np.array([0.0, 30.0, 0.0]), 300.0, np.full(2, 128.0), np.full(2, 128.0), 120.0)
    # Yaw > 0 turns the face to the image's left, the head's right: the camera is then to its left.
    np.testing.assert_allclose(turned.towards_camera, (30.0, 0.0), atol=1e-9)
    up = View(np.array([20.0, 0.0, 0.0]), 300.0, np.full(2, 128.0), np.full(2, 128.0), 120.0)
    np.testing.assert_allclose(up.towards_camera, (0.0, -20.0), atol=1e-9)
