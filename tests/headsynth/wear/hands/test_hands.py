"""Hands and what they hold do not cut the skin."""

import numpy as np
import pytest

from headsynth.wear.hands.gestures import GESTURES
from headsynth.wear.hands.hand_shape import hand_mesh
from headsynth.wear.hands.hands import hand_parts, lay, make_hands, wave
from headsynth.wear.hands.held import HOLDS, bring, pieces_of
from trans3dhead.geometry.vectors import unit


@pytest.mark.parametrize("name", sorted(GESTURES))
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_hands_lie_on_the_skin_and_not_in_it(people, name: str, side: float) -> None:
    for number, (_, _, _, owner) in enumerate(people):
        gesture = GESTURES[name]
        hand = lay(np.random.default_rng(number), owner, gesture, side)
        assert hand is not None
        outward = unit(np.array([gesture.outward]))[0] * [side, 1.0, 1.0]
        depth = owner.skin.depth(hand.vertices, outward)
        assert depth.max() < -0.0003  # metres, outside
        assert depth[~hand_mesh().arm].max() > -0.03 - gesture.gap  # and near


@pytest.mark.parametrize("name", sorted(HOLDS))
def test_held_things_stay_out_of_the_skin(people, name: str) -> None:
    hold = HOLDS[name]
    outward = unit(np.array([hold.outward]))[0]
    for number, (_, _, _, owner) in enumerate(people):
        rng = np.random.default_rng(number)
        pieces = pieces_of(rng, name)
        hand = bring(rng, owner, hold, pieces, 1.0)
        points = np.concatenate([hand.to_head(solid.vertices) for piece in pieces for solid in piece.solids])
        assert owner.skin.depth(points, outward).max() < -0.001
        assert owner.skin.depth(hand.vertices, outward).max() < -0.0003


def test_a_right_hand_is_the_mirror_image_on_a_mirrored_head(people) -> None:
    owner = people[0][3]
    hands = [lay(np.random.default_rng(3), owner, GESTURES["cheek"], side) for side in (1.0, -1.0)]
    parts = hand_parts(np.random.default_rng(4), owner, [hand for hand in hands if hand is not None])
    volumes = []
    for part in parts[:2]:
        points = part.vertices.astype(np.float64) - part.vertices.mean(axis=0)
        a, b, c = points[part.triangles].transpose(1, 0, 2)
        volumes.append(np.einsum("nc,nc->n", a, np.cross(b, c)).sum())
    assert min(volumes) > 0.0  # both look outwards
    np.testing.assert_allclose(volumes[0], volumes[1], rtol=0.1)


def test_the_same_draw_gives_the_same_hand(people) -> None:
    owner = people[1][3]
    first, second = (make_hands(np.random.default_rng(8), owner, 1.0) for _ in range(2))
    assert first[0] == second[0] != "none"
    for one, two in zip(first[1], second[1], strict=True):
        np.testing.assert_array_equal(one.vertices, two.vertices)


def test_a_waving_hand_is_between_camera_and_head(people) -> None:
    for number, (person, _, _, owner) in enumerate(people):
        _, parts = wave(np.random.default_rng(number), owner, 96)
        palm = parts[0].vertices[~hand_mesh().arm]
        assert 0.0 < palm[:, 2].mean() < person.body.placement.translation[2]
