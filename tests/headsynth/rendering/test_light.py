"""Kinds of light and what is behind the head in it."""

import numpy as np
import pytest

from headsynth.rendering.backdrops import BACKDROPS, draw_backdrop
from headsynth.rendering.background import background
from headsynth.rendering.environment import LUMINANCE, PlacedEnvironment, procedural
from headsynth.rendering.light import black_body, distribution, sample_light


@pytest.fixture
def surroundings() -> PlacedEnvironment:
    return PlacedEnvironment.turned(procedural(np.random.default_rng(0)), 0.4, 0.1)


def test_kinds_of_light_have_their_shares(surroundings: PlacedEnvironment) -> None:
    rng, count = np.random.default_rng(5), 4000
    drawn = [sample_light(rng, surroundings) for _ in range(count)]
    stated = distribution()
    assert sum(entry["share"] for entry in stated.values()) == pytest.approx(1.0)
    for kind, entry in stated.items():
        number = sum(name == kind for _, name in drawn)
        assert abs(number / count - entry["share"]) < 4.5 * np.sqrt(entry["share"] * (1 - entry["share"]) / count)
    assert all(light.standard == stated[kind]["standard"] for light, kind in drawn)
    assert np.mean([light.exposure < -0.5 for light, _ in drawn]) > 0.03
    assert np.mean([light.exposure > 0.5 for light, _ in drawn]) > 0.03


def test_without_variety_a_room_and_a_lamp_remain(surroundings: PlacedEnvironment) -> None:
    rng = np.random.default_rng(5)
    drawn = [sample_light(rng, surroundings, varied=False) for _ in range(200)]
    assert {kind for _, kind in drawn} == {"surroundings", "lamp"}
    assert all(light.standard and light.darkness == 0.0 for light, _ in drawn)
    assert background(drawn[0][0], 32, rng, varied=False).shape == (32, 32, 3)


def test_lamps_stand_where_their_kind_says(surroundings: PlacedEnvironment) -> None:
    """Camera space: x right, y down, z away from the camera."""
    rng = np.random.default_rng(6)
    sides = []
    for _ in range(3000):
        light, kind = sample_light(rng, surroundings)
        for lamp in light.lamps:
            assert np.linalg.norm(lamp.direction) == pytest.approx(1.0, abs=1e-5)
        if kind in ("back", "flash", "below", "top"):
            x, y, z = light.lamps[-1].direction
            sides.append(np.sign(x))
            assert {"back": z > 0.3, "flash": z < -0.95, "below": y > 0.4, "top": y < -0.8}[kind]
    assert abs(np.mean(sides)) < 0.2


def test_warm_lamps_are_red_and_none_is_brighter() -> None:
    colours = np.array([black_body(kelvin) for kelvin in (2000.0, 4000.0, 6500.0, 10000.0)])
    assert (np.diff(colours[:, 0] / colours[:, 2]) < 0).all()
    np.testing.assert_allclose(colours @ LUMINANCE, 1.0)
    np.testing.assert_allclose(colours[2], 1.0)


@pytest.mark.parametrize("name", list(BACKDROPS))
def test_backdrops_are_pictures_without_negative_light(name: str) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        picture = draw_backdrop(BACKDROPS[name], 64, np.ones(3), 0.2, rng)
        assert picture.shape == (64, 64, 3)
        assert np.isfinite(picture).all()
        assert picture.min() >= 0.0


def test_backgrounds_fill_the_picture_and_differ(surroundings: PlacedEnvironment) -> None:
    assert sum(entry.share for entry in BACKDROPS.values()) == pytest.approx(1.0)
    means = []
    for seed in range(40):
        light, _ = sample_light(np.random.default_rng(seed), surroundings)
        picture = background(light, 64, np.random.default_rng(seed))
        again = background(light, 64, np.random.default_rng(seed))
        np.testing.assert_array_equal(picture, again)
        assert picture.shape == (64, 64, 3)
        assert picture.dtype == np.float32
        assert picture.min() >= 0.0
        means.append(picture.mean())
    assert np.std(np.log(np.array(means) + 1e-3)) > 0.3


def test_a_mirrored_room_is_its_mirror_image() -> None:
    room = procedural(np.random.default_rng(3))
    plain, mirrored = (PlacedEnvironment.turned(room, 0.7, 0.1, flag) for flag in (False, True))
    np.testing.assert_allclose(plain.lamp_direction * [-1, 1, 1], mirrored.lamp_direction, atol=1e-6)
