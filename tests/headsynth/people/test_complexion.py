from dataclasses import replace

import numpy as np
import pytest

from headsynth.people.complexion import MONK, Complexion, monk_step, monk_tones, skin_tone
from headsynth.people.identities import Identity
from headsynth.people.makeup import make_up
from headsynth.rendering.environment import LUMINANCE
from trans3dhead.geometry.vectors import unit

WOMAN = Identity(np.zeros(3, np.float32), 30.0, 1.0, "asian")


def test_the_scale_darkens_step_by_step() -> None:
    tones = monk_tones()
    assert tones.shape == (len(MONK), 3)
    assert (np.diff(tones @ LUMINANCE) < 0.0).all()
    assert (tones > 0.0).all()
    assert (tones < 1.0).all()
    assert (np.diff(tones, axis=1) < 0.0).all()  # skin is redder than green, greener than blue


def test_steps_are_spread_evenly_over_places() -> None:
    assert [monk_step(step / 9.0) for step in range(10)] == list(range(1, 11))
    assert monk_step(-1.0) == 1
    assert monk_step(2.0) == 10


def test_tones_lie_around_their_step(rng: np.random.Generator) -> None:
    for step, tone in enumerate(monk_tones()):
        drawn = np.array([skin_tone(rng, step / 9.0)[1] for _ in range(200)])
        assert np.abs(np.log(np.median(drawn, axis=0) / tone)).max() < 0.08
        hues = unit(np.log(drawn).astype(np.float32) - np.log(drawn).mean(axis=0).astype(np.float32))
        assert np.linalg.matrix_rank(np.cov(hues.T), tol=0.01) == 3  # undertones, not brightness alone


def test_complexions_follow_age_and_tone() -> None:
    def drawn(age: float, place: float) -> list[Complexion]:
        person, tone = replace(WOMAN, age=age), skin_tone(np.random.default_rng(1), place)[1]
        return [Complexion.sample(np.random.default_rng(seed), person, tone) for seed in range(60)]

    def mean(name: str, age: float, place: float) -> float:
        return float(np.mean([getattr(skin, name) for skin in drawn(age, place)]))

    assert mean("wrinkles", 75.0, 0.3) > 5.0 * mean("wrinkles", 20.0, 0.3)
    assert mean("age_spots", 40.0, 0.3) == 0.0
    assert mean("freckles", 25.0, 0.0) > mean("freckles", 25.0, 1.0)
    assert mean("blemishes", 17.0, 0.5) > mean("blemishes", 60.0, 0.5)


@pytest.mark.parametrize("level", [0.03, 0.5])
def test_paint_does_not_glow_on_dark_skin(level: float) -> None:
    tone = np.full(3, level, np.float32)
    paints = [paint for seed in range(80) for paint in make_up(np.random.default_rng(seed), WOMAN, tone)]
    assert paints
    assert max(float(paint.colour @ LUMINANCE) for paint in paints) <= 1.51 * level
    assert all(0.0 < paint.opacity <= 1.0 for paint in paints)


def test_children_wear_no_make_up() -> None:
    child = replace(WOMAN, age=9.0)
    assert not any(make_up(np.random.default_rng(seed), child, np.ones(3, np.float32)) for seed in range(50))


def test_men_seldom_wear_make_up() -> None:
    def wearers(female: float) -> int:
        someone, tone = replace(WOMAN, female=female), np.ones(3, np.float32)
        return sum(bool(make_up(np.random.default_rng(seed), someone, tone)) for seed in range(200))

    assert 0 < wearers(0.0) < 0.2 * wearers(1.0)
