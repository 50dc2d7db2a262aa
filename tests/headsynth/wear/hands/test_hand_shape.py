"""A hand's measures, and its bones."""

from dataclasses import replace

import numpy as np
import pytest

from headsynth.wear.hands.gestures import FIST, GESTURES
from headsynth.wear.hands.hand_shape import Grip, bones, hand_mesh, nail_directions
from trans3dhead.geometry.matrices import turn_about

_REST = Grip((0,) * 4, (0,) * 4, thumb=0.0)


def test_rest_is_the_rest_pose() -> None:
    points, flow = hand_mesh().posed(_REST, np.eye(3))
    np.testing.assert_allclose(points, hand_mesh().vertices, atol=1e-6)
    np.testing.assert_allclose(flow, np.tile([0.0, 1.0, 0.0], (len(flow), 1)), atol=1e-6)


def test_measures_of_an_adult_hand() -> None:
    vertices = hand_mesh().vertices
    palm = vertices[(vertices[:, 1] > 0.065) & (vertices[:, 1] < 0.08) & (vertices[:, 0] < 0.045)]
    assert 0.075 < np.ptp(palm[:, 0]) < 0.095  # knuckles, without the thumb
    assert 0.17 < vertices[:, 1].max() < 0.205  # wrist to the middle finger's tip
    lengths = np.linalg.norm(np.diff(bones(), axis=1), axis=2).sum(axis=1)
    assert lengths[:4].argmax() == 1  # the middle finger; the thumb counts its metacarpal
    assert lengths[:4].argmin() == 3


def test_weights_are_shares_and_fingers_do_not_pull_each_other() -> None:
    weights = hand_mesh().weights
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-5)
    fingers = np.stack([weights[:, 1 + 3 * i : 4 + 3 * i].sum(axis=1) for i in range(5)], axis=1)
    assert (np.sort(fingers, axis=1)[:, -2] == 0.0).all()


def test_a_fist_closes_towards_the_palm_and_the_wrist_turns_the_forearm_alone() -> None:
    mesh = hand_mesh()
    fist, _ = mesh.posed(FIST, np.eye(3))
    tips = [np.linalg.norm(mesh.vertices - finger[3], axis=1).argmin() for finger in bones()[:4]]
    assert (fist[tips, 1] < bones()[:4, 0, 1]).all()
    assert (fist[tips, 2] < -0.01).all()
    turned, _ = mesh.posed(FIST, turn_about([1.0, 0.0, 0.0], 40.0))
    palm = mesh.vertices[:, 1] > 0.03
    np.testing.assert_allclose(turned[palm], fist[palm], atol=1e-6)
    assert np.abs(turned - fist)[mesh.vertices[:, 1] < -0.1].max() > 0.05


@pytest.mark.parametrize("name", sorted(GESTURES))
def test_grips_do_not_crush_the_hand(name: str) -> None:
    """Bent edges keep their length about, so that no finger collapses."""
    mesh = hand_mesh()
    points, _ = mesh.posed(replace(GESTURES[name].grip), np.eye(3))
    edges = mesh.triangles[:, :2]
    before, after = (np.linalg.norm(p[edges[:, 0]] - p[edges[:, 1]], axis=1) for p in (mesh.vertices, points))
    assert np.percentile(after / before, 1) > 0.3
    assert np.percentile(after / before, 99) < 2.5


def test_nails_look_away_from_the_palm() -> None:
    nails, outer = nail_directions(), bones()[:, 3] - bones()[:, 2]
    np.testing.assert_allclose(np.linalg.norm(nails, axis=1), 1.0)
    np.testing.assert_allclose(np.einsum("nc,nc->n", nails, outer), 0.0, atol=1e-9)
    assert (nails[:, 2] > 0.4).all()
