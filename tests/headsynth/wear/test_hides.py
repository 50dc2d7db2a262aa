"""What comes in front of a head: words, shares, switches."""

import numpy as np
import pytest

from headsynth.ingredients import Ingredients, Streams
from headsynth.photograph import Studio
from headsynth.rendering.placement import Placement
from headsynth.wear import foreground, hides
from headsynth.wear.foreground import make_foreground
from headsynth.wear.hides import ATTRIBUTES, Worn, make_hides
from trans3dhead.data.segments import Segment


def _made(people, wardrobe, index: int):
    person, bent, _, _ = people[index % len(people)]
    return make_hides(Streams(2, index), wardrobe, person, Worn(bent, None), 96)


@pytest.mark.parametrize(("name", "word"), [("MASK", "mask"), ("SCARF", "scarf"), ("FOREGROUND", "foreground")])
def test_what_is_always_drawn_is_named_and_there(people, wardrobe, monkeypatch, name: str, word: str) -> None:
    for share in ("MASK", "SCARF", "HAND", "HELD", "FOREGROUND"):
        monkeypatch.setattr(hides, share, float(share == name))
    for index in range(4):
        made = _made(people, wardrobe, index)
        assert {key for key, value in made.attributes.items() if value != "none"} == {word}
        assert made.parts
        assert all(part.segment is Segment.ACCESSORY for part in made.parts)


def test_hands_and_held_things_exclude_each_other(people, wardrobe, monkeypatch) -> None:
    monkeypatch.setattr(hides, "HAND", 0.5)
    monkeypatch.setattr(hides, "HELD", 0.5)
    words = [_made(people, wardrobe, index).attributes for index in range(10)]
    assert all((made["hand"] == "none") != (made["held"] == "none") for made in words)
    assert {made["hand"] == "none" for made in words} == {True, False}


def test_nobody_drinks_through_a_mask(people, wardrobe, monkeypatch) -> None:
    for share, value in {"MASK": 1.0, "HAND": 0.0, "HELD": 1.0}.items():
        monkeypatch.setattr(hides, share, value)
    assert not {_made(people, wardrobe, index).attributes["held"] for index in range(12)} & {
        "cup",
        "glass",
        "ice cream",
    }


def test_without_occlusion_nothing_hides(studio: Studio, wardrobe) -> None:
    bare = Studio(wardrobe, 96, Ingredients.without("occlusion"), studio.dresser)
    words = [bare.photograph(6, index).annotation.attributes for index in range(6)]
    assert {made[name] for made in words for name in ATTRIBUTES} == {"none"}
    assert {made["neighbours"] for made in words} == {"0"}


@pytest.mark.parametrize("kind", sorted(foreground.KINDS))
def test_shapes_are_in_front_and_in_the_picture(monkeypatch, kind: str) -> None:
    monkeypatch.setattr(foreground, "KINDS", {kind: 1.0})
    placement = Placement(np.eye(3), np.array([0.05, 0.0, 1.5]), 200.0, np.full(2, 48.0))
    for seed in range(5):
        _, parts = make_foreground(np.random.default_rng(seed), placement, 96)
        points = parts[0].vertices
        assert (points[:, 2] > 0.0).all()
        assert points[:, 2].mean() < 1.3
        pixels = placement.focal * points[:, :2] / points[:, 2:] + placement.principal_point
        assert ((pixels > 0.0) & (pixels < 96.0)).all(axis=1).any()


@pytest.mark.parametrize("name", ["MASK", "SCARF"])
def test_what_is_worn_over_the_face_keeps_beards_beneath(people, wardrobe, monkeypatch, name: str) -> None:
    for share in ("MASK", "SCARF", "HAND", "HELD", "FOREGROUND"):
        monkeypatch.setattr(hides, share, float(share == name))
    for index in range(4):
        made = _made(people, wardrobe, index)
        (item,) = made.muffling
        assert item.lid is not None
        body = people[index % len(people)][0].body
        cloth = (made.parts[0].vertices - body.placement.translation) @ body.placement.rotation
        beyond = item.lid.centre + 1.3 * (cloth - item.lid.centre)
        pressed, _ = item.lid.press(beyond)
        assert (
            np.linalg.norm(pressed - item.lid.centre, axis=1) < np.linalg.norm(beyond - item.lid.centre, axis=1)
        ).all()
