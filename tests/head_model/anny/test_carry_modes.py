"""Modes of another head model come back as shape coefficients: the head model itself in disguise."""

import numpy as np
import pytest

from trans3dhead.head_model import HeadModel

pytest.importorskip("scipy", reason="the converter's extra is not installed")

from headsynth.identity_prior.convert import Carried, carry_modes
from trans3dhead.head_model.anny.frame import pitch_matrix
from trans3dhead.head_model.anny.ict_transfer import IctHead

CHOSEN = (0, 1, 2, 4, 7)
SIZE, TURN = 1.03, pitch_matrix(4.0)


@pytest.fixture(scope="module")
def carried() -> Carried:
    """The shipped head's skin, turned and scaled; its modes are components of its own, each with a rigid motion."""
    head = HeadModel.shipped()
    template, basis = head.template.double().numpy(), head.shape_basis.double().numpy()
    skin = head.subsets["skin"].numpy()
    place = np.full(len(template), -1)
    place[skin] = np.arange(len(skin))
    triangles = place[head.triangles.numpy()]
    points = head.landmarks(head.template[None])[0].double().numpy()
    landmarks = np.linalg.norm(points[:, None] - template[skin], axis=2).argmin(axis=1)
    rigid = 0.02 * np.cross([1.0, 0.5, 0.0], template[skin]) + [0.0, 0.001, 0.002]
    modes = (basis[list(CHOSEN)][:, skin] + rigid) @ TURN.T / SIZE
    triangles = triangles[(triangles >= 0).all(axis=1)]
    ict = IctHead(template[skin] @ TURN.T / SIZE + [0.0, 0.01, -0.02], modes, triangles, landmarks)
    return carry_modes(head, ict, np.zeros(len(basis)))


def test_a_component_comes_back_as_its_own_coefficient(carried: Carried):
    expected = np.eye(carried.coefficients.shape[1])[list(CHOSEN)]
    np.testing.assert_allclose(carried.coefficients, expected, atol=0.08)


def test_a_rigid_motion_does_not(carried: Carried):
    assert carried.error < 0.1 * carried.kept
    assert carried.kept != pytest.approx(carried.total, rel=1e-3)


def test_the_same_head_has_the_same_size(carried: Carried):
    assert carried.scale == pytest.approx(SIZE, rel=5e-3)
