"""Annotations: exact in JSON, and their mirror image is that of the projected head."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toy_sets import MIRROR, project, random_head
from trans3dhead.data.annotations import HeadAnnotation, Visibility, read_heads
from trans3dhead.geometry.boxes import bounds
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR


def read(head: dict[str, Any]) -> HeadAnnotation:
    """The one head of a sample's JSON."""
    (read,) = read_heads(json.dumps({"heads": [head]}), "0.json", "render it again")
    return read


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_json_gives_the_same_bits_back(toy, seed):
    head = random_head(toy, np.random.default_rng(seed))
    back = read(head.to_json())
    for name, value in vars(head).items():
        np.testing.assert_array_equal(getattr(back, name), value)
        assert getattr(getattr(back, name), "dtype", None) == getattr(value, "dtype", None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"focal": None}, r"\.focal: expected `float`, got `null`"),
        ({"focal": 0}, r"\.focal: expected `float` > 0"),
        ({"focal": "50"}, r"\.focal: expected `float`, got `str`"),
        ({"rotation": [[1, 0, 0], [0, 1, 0]]}, r"\.rotation: expected `array` of length 3"),
        ({"rotation": [[2, 0, 0], [0, 1, 0], [0, 0, 1]]}, r"\.rotation\[0\]\[0\]: expected `float` <= 1"),
        ({"shape": [1e300]}, r"\.shape\[.+\]: expected `float` <= "),
        ({"shape": [[1.0]]}, r"\.shape\[.+\]: expected `float`, got `array`"),
        ({"box": [0, 0, 0, 5]}, r"\.box\[2\]: expected `float` > 0"),
        ({"image_size": [96, 0]}, r"\.image_size\[1\]: expected `int` >= 1"),
        ({"image_size": [2**40, 80]}, r"\.image_size\[0\]: expected `int` <= 65536"),
        ({"attributes": ["hat"]}, r"\.attributes: expected `object`, got `array`"),
        ({"attributes": {"hat": 1}}, r"\.attributes\[.+\]: expected `str`, got `int`"),
        ({"landmark_visibility": [1] * 67}, r"\.landmark_visibility: expected `array` of length >= 68"),
        ({"landmark_visibility": [4] * 68}, r"\.landmark_visibility\[.+\]: expected `int` <= 3"),
        ({"visible": 2}, r"\.visible: expected `float` <= 1"),
        ({"face_box": [1, 2, 3]}, r"\.face_box: expected `array` of length 4"),
    ],
)
def test_a_wrong_value_is_named(toy, change, message):
    data = random_head(toy, np.random.default_rng(0)).to_json()
    with pytest.raises(ValueError, match=rf"^0\.json: \$\.heads\[0\]{message}.*; render it again$"):
        read(data | change)


def test_what_is_no_sample_is_named(toy):
    data = random_head(toy, np.random.default_rng(0)).to_json()
    del data["focal"]
    with pytest.raises(ValueError, match="expected the key `focal`, got none"):
        read(data)
    for text in ("", "[]", "{}", '{"heads": 3}', "[" * 100_000, '{"heads": [' + "[" * 100_000, "\ud800"):
        with pytest.raises(ValueError, match=r"^0\.json: "):
            read_heads(text, "0.json", "render it again")


def test_flags_follow_their_landmarks_into_the_mirror(toy):
    head = random_head(toy, np.random.default_rng(7))
    marked = replace(head, landmark_visibility=np.full(68, Visibility.COVERED, np.uint8))
    marked.landmark_visibility[36] = Visibility.VISIBLE  # the outer corner of the right eye
    reflected = marked.mirrored(toy)
    np.testing.assert_array_equal(np.flatnonzero(reflected.landmark_visible), [45])
    face, seen = reflected.face_box, bounds(project(toy, reflected)[toy.subsets["face"].numpy()])
    np.testing.assert_allclose(face, seen, atol=1e-4)
    assert reflected.visible == head.visible


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_mirrored_head_projects_to_the_mirror_image(toy, seed):
    head = random_head(toy, np.random.default_rng(seed))
    reflected = head.mirrored(toy)
    expected = project(toy, head)[MIRROR] * [-1, 1] + [head.image_size[0], 0]
    np.testing.assert_allclose(project(toy, reflected), expected, atol=1e-4)
    np.testing.assert_allclose(np.linalg.det(reflected.rotation), 1.0)
    np.testing.assert_allclose(reflected.box[0] + reflected.box[2] / 2, 96 - (head.box[0] + head.box[2] / 2))


def test_mirroring_twice_changes_nothing(toy):
    head = random_head(toy, np.random.default_rng(3))
    twice = head.mirrored(toy).mirrored(toy)
    for name, value in vars(head).items():
        if name != "attributes":
            np.testing.assert_allclose(getattr(twice, name), value, atol=1e-12)


def test_the_box_is_that_of_the_projected_head(toy):
    head = random_head(toy, np.random.default_rng(5))
    np.testing.assert_allclose(bounds(project(toy, head)[toy.subsets["head"].numpy()]), head.box, atol=1e-9)


def test_the_mirrored_landmarks_are_a_permutation_that_undoes_itself():
    permutation = np.array(LANDMARK_MIRROR)
    np.testing.assert_array_equal(permutation[permutation], np.arange(68))
    middle = np.flatnonzero(permutation == np.arange(68))
    np.testing.assert_array_equal(middle, [8, 27, 28, 29, 30, 33, 51, 57, 62, 66])


def test_points_are_projected_by_the_formula(toy):
    head = random_head(toy, np.random.default_rng(3))
    vertices = head.vertices(toy)
    assert vertices.dtype == np.float64
    expected = []
    for point in vertices:
        x, y, z = head.rotation @ point + head.translation
        expected.append([head.focal * x / z + head.principal_point[0], head.focal * y / z + head.principal_point[1]])
    np.testing.assert_allclose(head.project(vertices), expected, atol=1e-9)
    on_mesh = vertices[toy.triangles[toy.landmark_triangles]]  # (68, 3, 3)
    landmarks = (on_mesh * toy.landmark_weights.double().numpy()[..., None]).sum(axis=1)
    np.testing.assert_allclose(head.landmarks(toy), head.project(landmarks), atol=1e-4)
