"""Validation metrics: zero for the labels themselves, and means over heads."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from toy_sets import random_head
from trans3dhead.data.dataset import Sample, collate
from trans3dhead.data.targets import targets_from_annotations
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.rotations import rotation_from_euler, rotation_to_6d
from trans3dhead.networks.alignment import Prediction
from trans3dhead.training.alignment.validation import head_metrics, summarise


@pytest.fixture
def targets(toy):
    """Labels of six heads."""
    heads = [random_head(toy, np.random.default_rng(seed)) for seed in range(6)]
    pixels = np.zeros((1, 1, 3), np.uint8)
    return targets_from_annotations(collate([Sample(pixels, h, Crop.around(h.box, 1).affine) for h in heads]), toy)


def predict(parameters, landmarks):
    return Prediction(landmarks=landmarks, parameters=parameters, partial_landmarks=None)


def test_the_labels_themselves_are_right(toy, targets):
    metrics = head_metrics(predict(targets.parameters, targets.landmarks), targets, toy)
    for name in ("nme", "pose_error", "geodesic", "pitch", "yaw", "roll", "vertices", "expression"):
        torch.testing.assert_close(getattr(metrics, name), torch.zeros(6), atol=2e-3, rtol=0, msg=name)
    assert (metrics.nme_mesh < 3).all()  # what weak perspective cannot reach


def test_known_errors_are_measured(toy, targets):
    turn = rotation_from_euler(torch.tensor([0.0, 0.0, 10.0])) @ torch.diag(torch.tensor([1.0, -1, -1]))
    parameters = toy.layout.unpack(targets.parameters)
    wrong = toy.layout.pack(replace(parameters, rotation=rotation_to_6d(turn @ targets.rotation)))
    shifted = targets.landmarks + torch.stack((targets.box_size * 0.03, targets.box_size * 0.04), dim=-1)[:, None]
    metrics = head_metrics(predict(wrong, shifted), targets, toy)
    torch.testing.assert_close(metrics.nme, torch.full((6,), 5.0), atol=1e-3, rtol=0)
    torch.testing.assert_close(metrics.geodesic, torch.full((6,), 10.0), atol=1e-3, rtol=0)


def test_without_a_landmark_branch_the_mesh_is_measured(toy, targets):
    metrics = head_metrics(predict(targets.parameters, None), targets, toy)
    assert torch.equal(metrics.nme, metrics.nme_mesh)


def test_means_are_over_heads_and_not_over_batches(toy, targets):
    metrics = head_metrics(predict(torch.zeros_like(targets.parameters) + 0.1, targets.landmarks), targets, toy)
    parts = [type(metrics)(*(value[part] for value in vars(metrics).values())) for part in (slice(0, 4), slice(4, 6))]
    means = summarise(parts)
    assert means["geodesic"] == pytest.approx(metrics.geodesic.mean().item())
    near = metrics.true_yaw.abs() < 30
    assert means["geodesic_frontal"] == pytest.approx(metrics.geodesic[near].mean().item(), nan_ok=True)
