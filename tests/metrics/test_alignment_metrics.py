import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from trans3dhead.geometry.boxes import bounds
from trans3dhead.geometry.rotations import equivalent_euler, rotation_from_euler
from trans3dhead.metrics.alignment import (
    euler_error,
    geodesic_error,
    nearer_triple_error,
    nme,
    pose_error,
    tight_box,
    vertex_error,
)


def test_nme_is_the_naive_formula():
    predicted, target = torch.randn(2, 4, 68, 2, dtype=torch.float64)
    box = torch.tensor([[0, 0, 30.0, 40.0]] * 4, dtype=torch.float64)
    for b in range(4):
        distances = [np.hypot(*(predicted[b, i] - target[b, i]).tolist()) for i in range(68)]
        expected = 100 * np.mean(distances) / np.sqrt(30 * 40)
        np.testing.assert_allclose(nme(predicted, target, box)[b].item(), expected)


def test_tight_box():
    points = torch.tensor([[[1.0, 7.0], [4.0, 2.0]]])
    torch.testing.assert_close(tight_box(points), torch.tensor([[1.0, 2.0, 3.0, 5.0]]))
    many = torch.randn(3, 7, 2)
    np.testing.assert_array_equal(tight_box(many).numpy(), bounds(many.numpy()))


def test_rotation_errors_are_scipys():
    first, second = Rotation.random(200, random_state=1), Rotation.random(200, random_state=2)
    a, b = torch.from_numpy(first.as_matrix()), torch.from_numpy(second.as_matrix())
    expected = np.rad2deg((first * second.inv()).magnitude())
    np.testing.assert_allclose(geodesic_error(a, b).numpy(), expected, atol=1e-5)
    frobenius = [np.linalg.norm(np.eye(3) - x @ y.T) for x, y in zip(a.numpy(), b.numpy(), strict=True)]
    np.testing.assert_allclose(pose_error(a, b).numpy(), frobenius)


def test_small_angles_are_measured_in_single_precision():
    near = torch.from_numpy(Rotation.from_euler("y", [0.01], degrees=True).as_matrix()).float()
    torch.testing.assert_close(geodesic_error(near, torch.eye(3)[None]), torch.tensor([0.01]), rtol=1e-2, atol=0)


def test_euler_differences_are_wrapped():
    target = torch.tensor([[0.0, 179.0, -179.0]], dtype=torch.float64)
    predicted = rotation_from_euler(torch.tensor([[1.0, -179.0, 179.0]], dtype=torch.float64))
    torch.testing.assert_close(euler_error(predicted, target), torch.tensor([[1.0, 2.0, 2.0]], dtype=torch.float64))


def test_which_triple_names_a_rotation_makes_no_difference():
    truth, predicted = torch.from_numpy(np.random.default_rng(0).uniform(-180, 180, (2, 300, 3)))
    error = nearer_triple_error(predicted, truth)
    for other in (equivalent_euler(predicted), predicted + 360.0):
        torch.testing.assert_close(nearer_triple_error(other, truth), error)
    torch.testing.assert_close(nearer_triple_error(predicted, equivalent_euler(truth)), error)
    torch.testing.assert_close(nearer_triple_error(equivalent_euler(truth), truth), torch.zeros_like(truth))
    assert (error.mean(dim=1) <= euler_error(rotation_from_euler(predicted), truth).mean(dim=1) + 1e-9).all()


def test_a_profile_one_degree_off_is_one_degree_off():
    """A true yaw of 91 degrees is one of 89 with half a turn of pitch and roll to those who keep pitch within 90."""
    truth = torch.tensor([[2.0, 91.0, -3.0]], dtype=torch.float64)
    predicted = torch.tensor([[-178.0, 90.0, 177.0]], dtype=torch.float64)
    expected = torch.tensor([[0.0, 1.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(nearer_triple_error(predicted, truth), expected)


def test_vertex_error_is_in_millimetres():
    predicted, target = torch.rand(2, 4, 5, 3, dtype=torch.float64)
    for found, one, other in zip(vertex_error(predicted, target), predicted.tolist(), target.tolist(), strict=True):
        assert found.item() == pytest.approx(1000 * sum(map(math.dist, one, other)) / 5)
