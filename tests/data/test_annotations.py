"""Annotations: exact in JSON, and their mirror image is that of the projected head."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toy_sets import MIRROR, project, random_head
from trans3dhead.data.annotations import HeadAnnotation, Visibility
from trans3dhead.geometry.boxes import bounds
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_json_gives_the_same_bits_back(toy, seed):
    head = random_head(toy, np.random.default_rng(seed))
    back = HeadAnnotation.from_json(json.loads(json.dumps(head.to_json())))
    for name, value in vars(head).items():
        np.testing.assert_array_equal(getattr(back, name), value)


def test_a_missing_field_is_named(toy):
    data = random_head(toy, np.random.default_rng(0)).to_json()
    del data["focal"]
    with pytest.raises(ValueError, match="focal"):
        HeadAnnotation.from_json(data)


def test_a_wrong_shape_is_named(toy):
    data = random_head(toy, np.random.default_rng(0)).to_json()
    data["rotation"] = data["rotation"][:2]
    with pytest.raises(ValueError, match=r"rotation of shape \(3, 3\), got \(2, 3\)"):
        HeadAnnotation.from_json(data)


def test_wrong_flags_are_named(toy):
    data = random_head(toy, np.random.default_rng(0)).to_json()
    with pytest.raises(ValueError, match=r"landmark_visibility of shape \(68,\), got \(67,\)"):
        HeadAnnotation.from_json({**data, "landmark_visibility": data["landmark_visibility"][1:]})
    with pytest.raises(ValueError, match="landmark_visibility of 0 to 3"):
        HeadAnnotation.from_json({**data, "landmark_visibility": [4] * 68})


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
