"""Hard negatives: they stand somewhere, and none of them is a person."""

from collections.abc import Sequence

import numpy as np
import pytest

from headsynth.photograph import Studio
from headsynth.rendering.backdrops import BACKDROPS
from headsynth.rendering.light import sample_light
from headsynth.scenes import props, setting, things
from headsynth.scenes.composition import sample_plan
from headsynth.scenes.world import SceneCamera
from headsynth.wear.wardrobe import Wardrobe

_SIZE = 384


@pytest.mark.parametrize("name", sorted(things.SHARES))
def test_things_stand_on_their_bottom(name: str) -> None:
    for seed in range(8):
        thing = things._KINDS[name][1](np.random.default_rng(seed))
        points = np.concatenate([solid.vertices for solids, _ in thing.pieces for solid in solids])
        assert np.isfinite(points).all()
        assert points[:, 1].min() > -0.3  # long wigs hang below their block
        assert 0.02 < thing.radius < 0.8
        assert thing.middle < points[:, 1].max()


def test_statues_are_large_enough_to_be_told_from_people(wardrobe: Wardrobe) -> None:
    camera = SceneCamera.held(1.6, 8.0, 0.0, 420.0, np.full(2, _SIZE / 2.0))
    found = 0
    for seed in range(30):
        statue = props._statue(np.random.default_rng(seed), camera, _SIZE, wardrobe)
        if statue is None:
            continue
        vertices = statue[0][0].vertices.astype(np.float64)  # camera space
        heights = vertices @ camera.rotation[:, 1]  # metres upwards
        head = vertices[heights > heights.max() - 0.24]
        pixels = camera.focal * head[:, :2] / head[:, 2:]
        assert np.ptp(pixels, axis=0).max() > 38.0
        found += 1
    assert found > 20


def test_props_keep_clear_of_people(wardrobe: Wardrobe) -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        plan = sample_plan(rng, _SIZE)
        camera, first = plan.camera(1.5)
        places = [first + figure.place for figure in plan.figures]
        found = props.make_props(rng, plan, camera, _SIZE, places, wardrobe)
        for x, z, *_ in found.standing:
            assert all(np.hypot(x - place[0], z - place[1]) >= 0.45 for place in places)


def test_scenes_without_people_have_things(wardrobe: Wardrobe) -> None:
    plans = (sample_plan(np.random.default_rng(seed), _SIZE) for seed in range(120))
    empty = [plan for plan in plans if not plan.figures][:8]
    counts = [
        len(props.make_props(np.random.default_rng(3), plan, plan.camera(1.5)[0], _SIZE, [], wardrobe).parts)
        for plan in empty
    ]
    assert np.mean(counts) > 2


def test_no_unlabelled_people_behind(studio: Studio, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, choose = [], setting.one_of

    def one_of(rng: np.random.Generator, names: Sequence[str], shares: Sequence[float]) -> str:
        drawn.append(choose(rng, names, shares))
        return drawn[-1]

    monkeypatch.setattr(setting, "one_of", one_of)
    light, _ = sample_light(rng, studio._surroundings(rng))
    for seed in range(200):
        setting._wall(light, 48, np.random.default_rng(seed))
    assert "crowd" in BACKDROPS
    assert "crowd" not in drawn
    assert len(set(drawn)) > 6
