"""Heads of every kind of source, by count and by id."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from paths import ASTRONAUT
from toy_dad import toy_split
from toy_sets import random_head, toy_head, toy_set
from trans3dhead.evaluation.paper_figures import read_heads
from trans3dhead.head_model import HeadModel


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> HeadModel:
    return toy_head(tmp_path_factory.mktemp("toy"))


def test_a_synthetic_set_says_rotation_landmarks_and_mesh(toy: HeadModel, tmp_path: Path):
    folder = toy_set(tmp_path / "set", toy, 3)
    first, second = read_heads([folder], 2, own=toy)
    assert first.id != second.id
    for head in (first, second):
        assert head.truth is not None
        assert head.truth.landmarks.shape == (68, 2)
        assert head.truth.vertices.shape == toy.template.shape
        assert head.truth.euler.shape == (3,)
    (alone,) = read_heads([folder], 2, [second.id], own=toy)
    np.testing.assert_array_equal(alone.photograph, second.photograph)


def test_a_split_of_dad3dheads_has_landmarks_where_its_head_model_is_given(toy: HeadModel, tmp_path: Path):
    head = random_head(toy, np.random.default_rng(0))
    split = toy_split(tmp_path / "DAD-3DHeadsDataset" / "val", toy, [head])
    (without,), (known,) = read_heads([split], 1), read_heads([split], 1, own=toy)
    assert without.truth.landmarks is None
    np.testing.assert_allclose(without.truth.rotation, head.rotation, atol=1e-6)
    np.testing.assert_allclose(known.truth.landmarks, head.landmarks(toy), atol=1e-3)
    np.testing.assert_allclose(known.box, head.box)


def test_aflw2000_and_photographs_may_be_given_together(tmp_path: Path):
    points = np.random.default_rng(0).uniform(100, 300, (3, 68))
    cv2.imwrite(str(tmp_path / "image1.jpg"), np.zeros((400, 400, 3), np.uint8))
    savemat(tmp_path / "image1.mat", {"Pose_Para": np.deg2rad([[5.0, 10, -3, 0, 0, 0, 0]]), "pt3d_68": points})
    annotated, photograph = read_heads([tmp_path, ASTRONAUT], 2)
    np.testing.assert_allclose(annotated.truth.euler, [5, 10, -3])
    np.testing.assert_allclose(annotated.truth.landmarks, points[:2].T - 0.5)
    assert (photograph.id, photograph.truth) == ("astronaut", None)
    x, y, w, h = photograph.box
    assert 150 < x + w / 2 < 300  # the face, and not the badge on the suit
    assert 60 < y + h / 2 < 200


def test_ids_that_are_not_there_are_told(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((64, 64, 3), np.uint8))
    row = {"file": "a.png", "landmarks_68": np.random.default_rng(0).uniform(10, 50, (68, 2)).tolist()}
    (tmp_path / "annotations.json").write_text(json.dumps([row]))
    assert [head.id for head in read_heads([tmp_path], 9)] == ["a"]
    with pytest.raises(ValueError, match=r"got b$"):
        list(read_heads([tmp_path], 1, ["a", "b"]))


def test_a_photograph_without_a_head_is_told(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "empty.png"), np.full((64, 64, 3), 90, np.uint8))
    with pytest.raises(ValueError, match=r"empty\.png: expected a photograph with a head"):
        list(read_heads([tmp_path / "empty.png"], 1))
