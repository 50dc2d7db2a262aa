"""How scenes are composed: what the table of kinds promises is what is drawn."""

import numpy as np
import pytest

from headsynth.scenes.composition import KINDS, ScenePlan, sample_plan

_SIZE = 384


@pytest.fixture(scope="module")
def plans() -> list[ScenePlan]:
    return [sample_plan(np.random.default_rng([1, index]), _SIZE) for index in range(600)]


def test_the_same_stream_gives_the_same_plan() -> None:
    first, second = (sample_plan(np.random.default_rng(5), _SIZE) for _ in range(2))
    assert first.kind == second.kind
    np.testing.assert_array_equal(first.target, second.target)
    for one, other in zip(first.figures, second.figures, strict=True):
        np.testing.assert_array_equal(one.place, other.place)


def test_kinds_come_as_often_as_they_say(plans: list[ScenePlan]) -> None:
    for name, kind in KINDS.items():
        assert np.mean([plan.kind == name for plan in plans]) == pytest.approx(kind.share, abs=0.055)
    assert sum(kind.share for kind in KINDS.values()) == pytest.approx(1.0)


def test_no_more_people_than_the_kind_has_and_none_in_each_other(plans: list[ScenePlan]) -> None:
    for plan in plans:
        kind = KINDS[plan.kind]
        assert len(plan.figures) <= kind.people[1]
        assert bool(plan.figures) == (kind.people[1] > 0)
        places = np.array([figure.place for figure in plan.figures]).reshape(-1, 2)
        apart = np.linalg.norm(places[:, None] - places[None], axis=2) + np.eye(len(places))
        assert not len(places) or apart.min() >= 0.42


def test_heads_are_turned_every_way(plans: list[ScenePlan]) -> None:
    yaws = np.abs([(figure.yaw + 180.0) % 360.0 - 180.0 for plan in plans for figure in plan.figures])
    assert (yaws > 120.0).mean() > 0.2
    assert (yaws < 60.0).mean() > 0.2
    assert ((yaws > 60.0) & (yaws < 120.0)).mean() > 0.15


def test_the_camera_sees_the_first_head_where_and_as_large_as_planned(plans: list[ScenePlan]) -> None:
    """A head that stands over the place that `camera` returns; where neither the ground nor the sky limits it."""
    tried = 0
    for plan in plans:
        camera, place = plan.camera(1.55)
        if plan.distance * plan.head / plan.focal > 0.25 or not 0.13 < camera.height < 8.9 or abs(plan.elevation) > 60:
            continue
        level = ScenePlan(**{**plan.__dict__, "roll": 0.0})
        camera, place = level.camera(1.55)
        head = np.array([[place[0], 1.55, place[1]]])
        depth = float(camera.to_camera(head)[0, 2])
        assert camera.focal * 0.24 / depth == pytest.approx(plan.head, rel=0.35)
        assert np.abs(camera.project(head)[0] - plan.target).max() < 0.16 * _SIZE
        tried += 1
    assert tried > 300
