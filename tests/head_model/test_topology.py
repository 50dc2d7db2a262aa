from types import SimpleNamespace

import numpy as np
import pytest

from trans3dhead.head_model import SEVEN_LANDMARKS, NumpyHeadModel, topology_of
from trans3dhead.head_model.landmark_order import LANDMARK_MIRROR


@pytest.fixture(scope="module")
def head_model() -> NumpyHeadModel:
    return NumpyHeadModel.shipped()


def test_landmarks_are_those_of_the_head_model(head_model):
    topology = topology_of(head_model)
    vertices = head_model.template.astype(np.float64)
    assert topology.vertices == len(vertices)
    np.testing.assert_allclose(topology.landmarks(vertices), head_model.landmarks(vertices), atol=1e-8)
    # Whatever columns the vertices have: pixels or metres.
    np.testing.assert_allclose(topology.landmarks(vertices[:, :2]), topology.landmarks(vertices)[:, :2])


def test_subsets_are_those_of_the_head_model(head_model):
    topology = topology_of(head_model)
    np.testing.assert_array_equal(topology.head, head_model.subsets["head"])
    np.testing.assert_array_equal(topology.face, head_model.subsets["face"])
    assert topology.landmark_corners.shape == topology.landmark_weights.shape == (68, 3)
    assert topology.landmark_weights.dtype == np.float64


def test_a_subset_of_its_own_for_z5_comes_first(head_model):
    marked = SimpleNamespace(
        name="marked",
        subsets={"head": np.arange(5), "face": np.arange(3), "z5": np.arange(7)},
        template=head_model.template,
        landmark_corners=head_model.landmark_corners,
        landmark_weights=head_model.landmark_weights,
    )
    np.testing.assert_array_equal(topology_of(marked).head, np.arange(7))


def test_the_seven_points_are_eye_corners_nose_and_mouth_corners(head_model):
    points = topology_of(head_model).landmarks(head_model.template.astype(np.float64))[list(SEVEN_LANDMARKS)]
    right_to_left = points[:4, 0]
    assert (np.diff(right_to_left) > 0).all()  # the subject's right eye first, from its outer corner
    assert abs(points[4, 0]) < 0.005  # under the nose
    assert points[5, 0] < points[4, 0] < points[6, 0]  # corners of the mouth
    assert {LANDMARK_MIRROR[point] for point in SEVEN_LANDMARKS} == set(SEVEN_LANDMARKS)


def test_a_head_model_without_the_subsets_is_named():
    model = SimpleNamespace(name="bare", subsets={"head": np.zeros(1, dtype=int)})
    with pytest.raises(ValueError, match=r"'bare'.*lacks face"):
        topology_of(model)
