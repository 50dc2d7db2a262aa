"""What crops show: heads as they are predicted, and faces upright and close."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from toy_sets import random_head
from trans3dhead.data.augmentation import Augmentation, AugmentationConfig
from trans3dhead.data.framing import FrameFace, frame_head, framing_of
from trans3dhead.data.mesh_photographs import MeshHead
from trans3dhead.geometry.crops import Crop
from trans3dhead.geometry.face_square import FACE_SIDE
from trans3dhead.head_model import HeadModel

seeds = st.integers(0, 2**32 - 1)


def as_mesh(head, head_model: HeadModel) -> MeshHead:
    """The same head, known by its mesh and its projection alone."""
    intrinsic = np.array(
        [[head.focal, 0, head.principal_point[0]], [0, head.focal, head.principal_point[1]], [0, 0, 1]]
    )
    extrinsic = np.column_stack((head.rotation, head.translation))
    vertices = head.vertices(head_model).astype(np.float32)
    return MeshHead(vertices, head.rotation, intrinsic @ extrinsic, head.image_size, head.box)


def test_a_head_is_framed_as_it_is_predicted(toy: HeadModel) -> None:
    head = random_head(toy, np.random.default_rng(0))
    crop = framing_of("head", toy)(head).crop(64)
    np.testing.assert_array_equal(crop.affine, Crop.around(head.box, 64).affine)


@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_faces_are_upright_and_as_large_as_they_appear(toy: HeadModel, seed: int) -> None:
    head = random_head(toy, np.random.default_rng(seed))
    frame = framing_of("face", toy)(head)
    crop = frame.crop(112)
    landmarks = toy.landmarks(toy(torch.from_numpy(head.shape)[None], torch.zeros(1, toy.layout.expression)))[0].numpy()
    face = landmarks.mean(axis=0).astype(np.float64)
    np.testing.assert_allclose(crop.to_crop(head.project(face[None]))[0], [56, 56], atol=1e-5)
    chin, crown = crop.to_crop(head.project(np.array([[0.0, -0.001, 0.0], [0.0, 0.001, 0.0]])))
    assert crown[1] < chin[1]
    assert crown[0] == pytest.approx(chin[0], abs=0.02 * (chin[1] - crown[1]) + 1e-9)
    metre = head.focal / (head.rotation @ face + head.translation)[2]
    radius = np.sqrt(((landmarks - face) ** 2).sum(axis=1).mean())
    side = metre * radius * FACE_SIDE
    assert 112 / crop.zoom == pytest.approx(side, rel=0.15)  # more where the camera looks past the head


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_a_mesh_is_framed_as_coefficients_are(toy: HeadModel, seed: int) -> None:
    head = random_head(toy, np.random.default_rng(seed))
    head = replace(head, expression=np.zeros_like(head.expression))
    framing = FrameFace(toy)
    first, second = framing(head), framing(as_mesh(head, toy))
    np.testing.assert_allclose(second.box, first.box, rtol=1e-6, atol=1e-5)
    assert second.roll == pytest.approx(first.roll, abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_an_expression_does_not_move_a_frame(toy: HeadModel, seed: int) -> None:
    head = random_head(toy, np.random.default_rng(seed))
    framing = FrameFace(toy)
    other = framing(replace(head, expression=1.0 - head.expression))
    np.testing.assert_array_equal(other.box, framing(head).box)


def test_an_augmented_face_lies_about_its_frame(toy: HeadModel) -> None:
    head = random_head(toy, np.random.default_rng(3))
    framing, rng = FrameFace(toy), np.random.default_rng(0)
    still = Augmentation(AugmentationConfig(margin=(0.0, 0.0)))
    np.testing.assert_allclose(still.crop(framing(head), 112, rng).affine, framing(head).crop(112).affine)
    turned = Augmentation(AugmentationConfig(margin=(0.0, 0.0), roll=1.0, roll_degrees=10.0))
    rolls = []
    for _ in range(200):
        (a, b, _), _ = turned.crop(framing(head), 112, rng).affine
        rolls.append(np.degrees(np.arctan2(-b, a)) + framing(head).roll)
    assert -10 <= min(rolls) < -9
    assert 9 < max(rolls) <= 10


def test_a_framing_that_nobody_knows_is_refused(toy: HeadModel) -> None:
    assert framing_of("head", toy) is frame_head
    with pytest.raises(ValueError, match="framing: expected head or face, got 'hand'"):
        framing_of("hand", toy)
