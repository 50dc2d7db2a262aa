"""Clothes stand off the body, end at their neckline, and are named."""

from dataclasses import replace

import numpy as np
import pytest

from headsynth.wear.clothing import clothes
from headsynth.wear.clothing.clothes import OUTFITS, Tailor
from headsynth.wear.clothing.tailoring import NECKLINES, body_normals, neck_rings, pattern, steps
from trans3dhead.data.segments import Segment


@pytest.mark.parametrize("name", sorted(NECKLINES))
def test_patterns_are_cut_on_their_line(wardrobe, name: str) -> None:
    cut = pattern(wardrobe.mesh, name, 1)
    assert cut.depth.min() > -1e-6
    on_line = cut.share[:, 0] > 0.0
    assert on_line.any()
    assert np.abs(cut.depth[on_line]).max() < 1e-6
    assert cut.hems
    for hem in cut.hems:
        assert on_line[hem].all()
    head = np.isin(cut.first, wardrobe.head_rows) & ~on_line
    assert (cut.rest[head, 1] < wardrobe.mesh.neck.pivot[1] + 0.05).all()


@pytest.mark.parametrize("name", ["crew", "jacket", "turtleneck"])
def test_cloth_is_off_the_body(people, wardrobe, name: str) -> None:
    cut = pattern(wardrobe.mesh, name, 0)
    for _, bent, _, _ in people:
        normals = body_normals(wardrobe.mesh, bent)
        points = cut.drape(bent, normals, 0.004, 0.01)
        skin = bent[cut.first] * (1.0 - cut.share) + bent[cut.second] * cut.share
        out = normals[cut.first] * (1.0 - cut.share) + normals[cut.second] * cut.share
        rise = np.einsum("nc,nc->n", points - skin, out)
        assert (rise >= 0.004 * np.einsum("nc,nc->n", out, out) - 2e-4).all()


def test_a_lower_step_cuts_deeper(wardrobe) -> None:
    for name, neckline in NECKLINES.items():
        low, high = (
            neckline.depth(wardrobe.mesh.template, wardrobe.mesh.neck.pivot, step) for step in (steps(name) - 1, 0)
        )
        assert (low <= high).all()
        assert (low < high).any()


@pytest.mark.parametrize("name", sorted(OUTFITS))
def test_every_outfit_is_made(people, wardrobe, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(clothes, "OUTFITS", {name: replace(OUTFITS[name], share=1.0)})
    person, bent, _, _ = people[0]
    first, second = (Tailor(np.random.default_rng(2), wardrobe.mesh, person, bent).dress() for _ in range(2))
    assert first.name == name
    assert first.parts
    for one, two in zip(first.parts, second.parts, strict=True):
        assert one.segment is Segment.CLOTHES
        assert np.isfinite(one.vertices).all()
        np.testing.assert_array_equal(one.vertices, two.vertices)


def test_rings_go_around_the_neck(wardrobe) -> None:
    rings = neck_rings(wardrobe.mesh).on(wardrobe.mesh.template)
    middle = rings.mean(axis=1, keepdims=True)
    turns = np.unwrap(np.arctan2((rings - middle)[..., 0], (rings - middle)[..., 2]), axis=1)
    assert (np.diff(turns, axis=1) > 0.0).all()
    assert (np.diff(rings[..., 1].mean(axis=1)) > 0.0).all()
