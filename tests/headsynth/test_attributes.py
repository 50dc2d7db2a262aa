"""Words for a head, and DAD-3DHeads' among them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from headsynth.attributes import dad_attributes, pose_word, seen_words
from toy_sets import random_head
from trans3dhead.data.annotations import HeadAnnotation, Visibility
from trans3dhead.geometry.rotations import rotation_from_euler, rotation_to_direction
from trans3dhead.head_model import HeadModel

NAMES = ("mouthSmileLeft", "eyeBlinkLeft", "eyeLookUpLeft")


@pytest.fixture
def head(toy: HeadModel) -> HeadAnnotation:
    """A head of which all is seen."""
    every = np.full(68, Visibility.VISIBLE, np.uint8)
    head = random_head(toy, np.random.default_rng(0))
    return replace(head, landmark_visibility=every, visible=1.0, expression=np.zeros(3, np.float32))


@pytest.mark.parametrize(
    ("euler", "word"),
    [
        ((0, 0, 0), "front"),
        ((10, -25, 15), "front"),
        ((0, 60, 0), "sided"),
        ((20, -90, 0), "sided"),
        ((0, 150, 0), "atypical"),
        ((55, 0, 0), "atypical"),
        ((-50, 30, 0), "atypical"),
        ((0, 20, 60), "atypical"),
        ((0, 0, 180), "atypical"),
    ],
)
def test_poses_have_a_word_wherever_the_head_is_in_the_picture(euler: tuple[float, ...], word: str) -> None:
    rotation = rotation_from_euler(torch.tensor(euler).double())
    for place in ([0.0, 0.0, 1.0], [0.4, -0.2, 0.8]):
        towards = rotation_to_direction(torch.tensor(place).double())
        assert pose_word((towards @ rotation).numpy(), np.array(place)) == word


def test_expressions_are_what_moves_the_face_and_not_where_it_looks(head: HeadAnnotation) -> None:
    for weights, expected in (((0.8, 0, 0), "true"), ((0.1, 0, 0), "false"), ((0, 1, 1), "false")):
        words = seen_words(replace(head, expression=np.array(weights, np.float32)), NAMES)
        assert words["expressive"] == expected


def test_a_head_is_occluded_by_what_covers_landmarks_or_hides_much_of_it(head: HeadAnnotation) -> None:
    covered = head.landmark_visibility.copy()
    covered[36:48] = Visibility.COVERED
    turned = np.full(68, Visibility.SELF_OCCLUDED, np.uint8)
    for known, expected in (
        (head, "false"),
        (replace(head, landmark_visibility=covered), "true"),
        (replace(head, landmark_visibility=turned), "false"),
        (replace(head, visible=0.5), "true"),
    ):
        assert seen_words(known, NAMES)["occlusions"] == expected


def test_dad_3dheads_attributes_come_from_the_words(head: HeadAnnotation) -> None:
    words = {
        "quality": "lq",
        "gender": "male",
        "age": "senior",
        "standard light": "false",
        "expression": "smile",
        "expressive": "true",
        "occlusions": "true",
        "pose": "sided",
    }
    assert dad_attributes(replace(head, attributes=words)) == {
        "quality": "lq",
        "gender": "male",
        "expression": True,
        "age": "senior",
        "occlusions": True,
        "pose": "sided",
        "standard light": False,
    }
    assert dad_attributes(replace(head, attributes={}))["standard light"] is True
