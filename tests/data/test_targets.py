"""Targets against brute force: the true projections, and the rotation seen from the crop's own camera."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from toy_sets import project, random_head
from trans3dhead.data.annotations import Visibility
from trans3dhead.data.dataset import Sample, collate
from trans3dhead.data.targets import crop_rotation, targets_from_annotations
from trans3dhead.geometry.cameras import Pinhole, WeakPerspective
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.rotations import rotation_from_6d, rotation_from_euler
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR

PIXELS = np.zeros((1, 1, 3), np.uint8)


def batch_of(heads, margin=0.1, roll=0.0):
    """Compact labels of heads, each in a crop of its own, without pixels."""
    return collate([Sample(PIXELS, head, Crop.around(head.box, 1, margin, roll).affine) for head in heads])


@settings(max_examples=40, deadline=None)
@given(
    angle=st.floats(0.0, 0.6), direction=st.floats(0.0, 6.28), roll=st.floats(-180.0, 180.0), seed=st.integers(0, 999)
)
def test_the_crop_s_rotation_is_that_of_a_small_object_s_image(angle, direction, roll, seed):
    """The derivative of (point of the head -> crop) is a symmetric stretch times the first two rows of R."""
    focal, principal = 800.0, torch.tensor([[310.0, 235.0]]).double()
    camera = Pinhole(torch.tensor([focal]).double(), principal)
    rotation = rotation_from_euler(torch.from_numpy(np.random.default_rng(seed).normal(0, 60, 3)))
    heading = torch.tensor([np.cos(direction), np.sin(direction)])
    place = 2.0 * torch.tensor([*(np.tan(angle) * heading), 1.0])
    centre = camera.project(place[None, None])[0, 0].numpy()
    affine = torch.from_numpy(Crop.around(np.array([*(centre - 50), 100, 100]), 1, 0.1, roll).affine)[None]

    def image(point: torch.Tensor) -> torch.Tensor:
        pixels = camera.project((rotation @ point + place)[None, None])[0, 0]
        return affine[0, :, :2] @ pixels + affine[0, :, 2]

    jacobian = torch.autograd.functional.jacobian(image, torch.zeros(3).double())
    left, _, right = torch.linalg.svd(jacobian, full_matrices=False)
    polar = left @ right  # of the nearest orthonormal rows; the stretch is symmetric, so they are R's
    labelled = (crop_rotation(camera, affine, torch.from_numpy(centre)[None]) @ rotation)[0]
    torch.testing.assert_close(labelled[:2], polar, atol=1e-9, rtol=0)
    stretch = jacobian @ labelled[:2].T
    torch.testing.assert_close(stretch / stretch.diagonal().mean(), torch.eye(2).double(), atol=angle**2 + 1e-9, rtol=0)


def test_without_the_ray_the_rotation_would_be_off_by_its_angle():
    camera = Pinhole(torch.tensor([500.0]), torch.tensor([[250.0, 250.0]]))
    affine = torch.from_numpy(Crop.around(np.array([400.0, 200, 100, 100]), 1).affine).float()[None]
    turn = crop_rotation(camera, affine, torch.tensor([[450.0, 250.0]]))[0]
    cosine = (turn.trace() - 1) / 2
    assert torch.rad2deg(cosine.acos()) == pytest.approx(np.degrees(np.arctan2(200, 500)), abs=1e-3)


def test_the_label_is_the_rotation_of_the_landmarks_best_weak_perspective_camera(toy):
    """Not to the last digit: a camera from near by bends a face more than any scale and rotation can."""
    head = random_head(toy, np.random.default_rng(1))
    targets = targets_from_annotations(batch_of([head]), toy)
    points = toy.landmarks(targets.vertices)[0].double().numpy()
    seen = targets.landmarks[0].double().numpy()
    points, seen = points - points.mean(axis=0), seen - seen.mean(axis=0)
    size = np.abs(seen).max()

    def misfit(turn_and_scale):
        turn = Rotation.from_rotvec(turn_and_scale[:3]).as_matrix() @ targets.rotation[0].double().numpy()
        return (np.exp(turn_and_scale[3]) * (points @ turn.T)[:, :2] - seen).ravel() / size

    scale = np.log(np.linalg.norm(seen) / np.linalg.norm(points[:, :2]))
    turn = least_squares(misfit, [0.0, 0.0, 0.0, scale]).x[:3]
    assert np.rad2deg(np.linalg.norm(turn)) < 1.5


def test_a_crop_turned_clockwise_turns_the_label_s_roll(toy):
    head = random_head(toy, np.random.default_rng(0))
    upright, turned = (targets_from_annotations(batch_of([head], roll=roll), toy) for roll in (0.0, 20.0))
    expected = rotation_from_euler(torch.tensor([0.0, 0.0, 20.0])) @ torch.diag(torch.tensor([1.0, -1, -1]))
    torch.testing.assert_close(turned.rotation[0], expected @ upright.rotation[0], atol=1e-5, rtol=0)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), roll=st.floats(-30, 30), margin=st.floats(-0.2, 0.2))
def test_projections_are_the_photograph_s_in_the_crop(toy, seed, roll, margin):
    head = random_head(toy, np.random.default_rng(seed))
    crop = Crop.around(head.box, 1, margin, roll)
    targets = targets_from_annotations(batch_of([head], margin, roll), toy)
    np.testing.assert_allclose(targets.projected[0], crop.to_crop(project(toy, head)), atol=1e-4)
    inside = ((targets.landmarks >= 0) & (targets.landmarks <= 1)).all(dim=-1)
    assert torch.equal(targets.landmark_mask, inside)
    area = (head.box[2:].prod() * crop.zoom**2) ** 0.5
    assert targets.box_size.item() == pytest.approx(area, rel=1e-4)


def test_the_weak_perspective_label_is_the_best_one(toy):
    heads = [random_head(toy, np.random.default_rng(seed)) for seed in range(4)]
    targets = targets_from_annotations(batch_of(heads), toy)
    parameters = toy.layout.unpack(targets.parameters)
    subset = toy.subsets["head"]

    def error(scale, translation):
        camera = WeakPerspective(rotation_from_6d(parameters.rotation), translation, scale)
        return (camera.project(targets.vertices[:, subset]) - targets.projected[:, subset]).square().sum(dim=(1, 2))

    best = error(parameters.scale, parameters.translation)
    assert (best.sqrt() / len(subset) ** 0.5 < 0.03).all()
    for change in (-1e-2, 1e-2):
        assert (error(parameters.scale + change, parameters.translation) > best).all()
        assert (error(parameters.scale, parameters.translation + change) > best).all()


def test_mirrored_labels_are_the_labels_of_the_mirror_image(toy):
    heads = [random_head(toy, np.random.default_rng(seed)) for seed in range(8)]
    targets = targets_from_annotations(batch_of(heads), toy)
    mirrored = targets_from_annotations(batch_of([head.mirrored(toy) for head in heads]), toy)
    flip = torch.diag(torch.tensor([-1.0, 1, 1]))
    expected = targets.landmarks[:, list(LANDMARK_MIRROR)] * torch.tensor([-1.0, 1]) + torch.tensor([1.0, 0])
    torch.testing.assert_close(mirrored.landmarks, expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(mirrored.rotation, flip @ targets.rotation @ flip, atol=1e-5, rtol=0)
    torch.testing.assert_close(mirrored.vertices, targets.vertices[:, toy.mirror] @ flip, atol=1e-6, rtol=0)
    torch.testing.assert_close(mirrored.landmark_mask, targets.landmark_mask[:, list(LANDMARK_MIRROR)])


def test_a_sample_does_not_depend_on_its_batch(toy):
    heads = [random_head(toy, np.random.default_rng(seed)) for seed in range(4)]
    one, all_four = (targets_from_annotations(batch_of(part), toy) for part in (heads[:1], heads))
    torch.testing.assert_close(one.parameters, all_four.parameters[:1])
    torch.testing.assert_close(one.projected, all_four.projected[:1])


def test_visibility_reaches_the_targets_and_counts_as_seen_where_unknown(toy):
    known = random_head(toy, np.random.default_rng(2))
    unknown = replace(known, landmark_visibility=None)
    targets = targets_from_annotations(batch_of([known, known.mirrored(toy), unknown]), toy)
    expected = torch.from_numpy(known.landmark_visibility)
    assert set(expected.tolist()) == set(Visibility)
    torch.testing.assert_close(targets.landmark_visibility[0], expected)
    torch.testing.assert_close(targets.landmark_visibility[1], expected[list(LANDMARK_MIRROR)])
    assert (targets.landmark_visibility[2] == Visibility.VISIBLE).all()
