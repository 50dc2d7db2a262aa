"""Masks are off the skin, taut, and said in words."""

import numpy as np
import pytest

from headsynth.wear import masks
from headsynth.wear.clothing.scarves import make_scarf
from headsynth.wear.masks import KINDS, make_mask, net, outline_from


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_masks_are_outside_the_skin(people, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(masks, "KINDS", {kind: 1.0})
    for number, (person, _, face, _) in enumerate(people):
        worn = make_mask(np.random.default_rng(number), face, person.body.placement, carnival=True)
        assert worn.kind.startswith(kind)
        assert worn.on_face
        placement = person.body.placement
        mask = (worn.parts[0].vertices - placement.translation) @ placement.rotation
        middle = np.array([face.marks[8, 0], face.marks[30, 1], face.marks[[4, 12], 2].mean()])
        corners = mask[worn.parts[0].triangles]
        for points in (mask, corners.mean(axis=1)):
            outward = points - middle
            outward /= np.linalg.norm(outward, axis=1, keepdims=True)
            assert np.mean(face.skin.depth(points, outward) < 0.0) > 0.98  # seen from another middle than it was cast


def test_a_net_is_beyond_the_skin_on_every_ray_and_smooth_in_between(people) -> None:
    face = people[0][2]
    marks = face.marks
    outline = outline_from(face, marks[[2, 40, 28, 47, 14]], marks[[5, 6, 8, 10, 11]])
    points = net(face, outline, 0.0)
    offset = points.reshape(-1, 3) - outline[0]
    reach = np.linalg.norm(offset, axis=1)
    assert (reach > face.skin.outermost(outline[0], offset / reach[:, None]) + 0.0005).all()
    bend = np.abs(np.diff(points[3:-3, 3:-3], 2, axis=0)).max()
    assert bend < 0.006  # metres: no step from nose to lip


def test_the_same_draw_gives_the_same_scarf(people, wardrobe) -> None:
    person, bent, face, _ = people[2]
    first, second = (
        make_scarf(np.random.default_rng(5), wardrobe.mesh, bent, face, person.body.placement, None) for _ in range(2)
    )
    assert first.kind == second.kind
    for one, two in zip(first.parts, second.parts, strict=True):
        np.testing.assert_array_equal(one.vertices, two.vertices)


def test_scarves_go_around_the_neck(people, wardrobe, monkeypatch: pytest.MonkeyPatch) -> None:
    from headsynth.wear.clothing import scarves

    monkeypatch.setattr(scarves, "KINDS", {"scarf": 1.0})
    for number, (person, bent, face, _) in enumerate(people):
        rng = np.random.default_rng(number)
        (part,) = make_scarf(rng, wardrobe.mesh, bent, face, person.body.placement, None).parts
        neck = scarves.neck_rings(wardrobe.mesh).on(bent)[2]
        points = (part.vertices - person.body.placement.translation) @ person.body.placement.rotation
        around = (points - neck.mean(axis=0))[:, [0, 2]]
        angles = np.sort(np.arctan2(around[:, 0], around[:, 1]))
        assert np.diff(angles, append=angles[0] + 2.0 * np.pi).max() < 0.5
