"""Poses and parameters by what they are made of."""

import numpy as np
import pytest

from trans3dhead.geometry.matrices import matrix_from_euler
from trans3dhead.head_model import ParametersLayout
from trans3dhead.inference import Parameters, Pose


def test_a_pose_has_the_angles_of_its_rotation():
    rotation = matrix_from_euler(np.array([10.0, -35.0, 20.0]))
    pose = Pose.of(rotation)
    np.testing.assert_allclose([pose.pitch, pose.yaw, pose.roll], [10.0, -35.0, 20.0], atol=1e-9)
    assert pose.rotation is rotation


@pytest.mark.parametrize("jaw", [0, 3])
def test_parameters_go_to_a_vector_and_back(jaw: int):
    layout = ParametersLayout(shape=4, expression=2, jaw=jaw)
    vector = np.random.default_rng(0).normal(size=layout.size).astype(np.float32)
    parameters = Parameters.of(vector, layout)
    assert parameters.jaw.shape == (jaw,)
    np.testing.assert_array_equal(parameters.shape, vector[:4])
    np.testing.assert_array_equal(parameters.scale, vector[-1:])
    again = parameters.vector(layout)
    assert again.dtype == np.float32
    np.testing.assert_array_equal(again, vector)
    vector[:] = 0.0
    np.testing.assert_array_equal(parameters.vector(layout), again)  # its own numbers
