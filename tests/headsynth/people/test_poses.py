import numpy as np
import pytest
import torch

from headsynth.people.poses import (
    DISTANCES,
    POSES,
    View,
    distribution,
    place,
    sample_shoulders,
    sample_view,
)
from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.matrices import angles_seen
from trans3dhead.geometry.rotations import euler_from_rotation, rotation_from_euler, rotation_to_direction

SIZE = 256


@pytest.fixture
def head(rng: np.random.Generator) -> np.ndarray:
    points = rng.normal(size=(400, 3))
    return 0.11 * points / np.linalg.norm(points, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def views() -> list[View]:
    rng = np.random.default_rng(3)
    return [sample_view(rng, SIZE) for _ in range(2500)]


@pytest.fixture(scope="module")
def angles(views: list[View]) -> np.ndarray:
    """(2500, 3) pitch, yaw, roll as the camera sees them."""
    return np.array([angles_seen(rotation_from_euler(torch.from_numpy(view.euler)).numpy()) for view in views])


def _about(count: int, total: int, share: float) -> bool:
    return abs(count / total - share) < 4.5 * np.sqrt(share * (1 - share) / total)


def test_the_box_is_where_and_as_large_as_the_view_asks(head: np.ndarray, views: list[View]) -> None:
    for view in views[:60]:
        x, y, w, h = bounds(place(view, head).project(head))
        np.testing.assert_allclose([x + w / 2, y + h / 2], view.centre, atol=1.5)
        assert max(w, h) == pytest.approx(view.side, rel=0.02)


def test_a_stated_share_of_heads_is_cut_by_the_frame(views: list[View]) -> None:
    outside = np.array([np.abs(view.centre / SIZE - 0.5).max() + view.side / SIZE / 2.0 - 0.5 for view in views])
    share = outside / (np.array([view.side for view in views]) / SIZE)
    cut = share > 0.07
    assert _about(int(cut.sum()), len(views), distribution()["cut"])
    assert share.max() < 0.4
    assert share[~cut].max() < 0.04


def test_the_angles_are_relative_to_the_ray_through_the_head(head: np.ndarray) -> None:
    view = View(np.array([10.0, -35.0, 5.0]), 300.0, np.array([40.0, 90.0]), np.array([150.0, 120.0]), 120.0)
    placed = place(view, head)
    ray = rotation_to_direction(torch.from_numpy(placed.translation))
    relative = ray.T @ torch.from_numpy(placed.rotation)
    np.testing.assert_allclose(euler_from_rotation(relative).numpy(), view.euler, atol=1e-6)


def test_yaw_covers_the_sphere_and_is_dense_in_front(angles: np.ndarray) -> None:
    yaw = np.abs(angles[:, 1])
    assert 0.8 < (yaw < 100).mean() < 0.95
    assert (yaw < 30).mean() > 1.5 * ((yaw > 60) & (yaw < 90)).mean()
    assert all(((yaw >= low) & (yaw < low + 15)).sum() > 14 for low in range(0, 180, 15))
    assert abs(np.sign(angles).mean(axis=0)).max() < 0.1  # no side is preferred


def test_atypical_poses_are_there(angles: np.ndarray) -> None:
    pitch, yaw, roll = np.abs(angles).T
    count = len(angles)
    assert 0.06 < (pitch > 30).mean() < 0.2
    assert pitch.max() < 90.0
    assert 0.01 * count < ((pitch > 25) & (yaw > 60) & (yaw < 115)).sum()
    assert 0.02 < (roll > 50).mean() < 0.08
    assert 0.004 < (roll > 135).mean() < 0.025


def test_shares_add_up_and_are_plain_data(views: list[View]) -> None:
    stated = distribution()
    assert sum(entry["share"] for entry in stated["poses"].values()) == pytest.approx(1.0)
    assert stated["poses"].keys() == POSES.keys()
    distance = np.array([view.focal * 0.25 / view.side for view in views])
    for share, low, high in DISTANCES.values():
        assert _about(int(((distance >= low) & (distance < high)).sum()), len(views), share)


def test_the_shoulders_follow_the_head_within_reach(views: list[View], rng: np.random.Generator) -> None:
    for view in views[:200]:
        turn = sample_shoulders(rng, view)
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-6)
        assert np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))) < 50.1


def test_the_torso_of_a_head_that_lies_lies_with_it(rng: np.random.Generator) -> None:
    lying = View(np.array([0.0, 0.0, 90.0]), 300.0, np.full(2, 128.0), np.full(2, 128.0), 120.0)
    rotation = rotation_from_euler(torch.from_numpy(lying.euler)).numpy()
    rolls = [angles_seen(rotation @ sample_shoulders(rng, lying))[2] for _ in range(50)]
    assert min(rolls) > 45.0


def test_the_camera_lies_straight_ahead_of_a_frontal_head() -> None:
    frontal = View(np.zeros(3), 300.0, np.full(2, 128.0), np.full(2, 128.0), 120.0)
    np.testing.assert_allclose(frontal.towards_camera, (0.0, 0.0), atol=1e-9)
    turned = View(np.array([0.0, 30.0, 0.0]), 300.0, np.full(2, 128.0), np.full(2, 128.0), 120.0)
    # Yaw > 0 turns the face to the image's left, the head's right: the camera is then to its left.
    np.testing.assert_allclose(turned.towards_camera, (30.0, 0.0), atol=1e-9)
    up = View(np.array([20.0, 0.0, 0.0]), 300.0, np.full(2, 128.0), np.full(2, 128.0), 120.0)
    np.testing.assert_allclose(up.towards_camera, (0.0, -20.0), atol=1e-9)
