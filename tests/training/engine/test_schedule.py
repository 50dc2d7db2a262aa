"""The learning rate over the budget."""

import pytest

from trans3dhead.training.engine.schedule import learning_rate_factor
from trans3dhead.training.engine.settings import ScheduleConfig


def test_the_cosine_falls_from_one_to_its_end():
    schedule = ScheduleConfig("cosine", final_factor=0.1)
    values = [learning_rate_factor(schedule, progress / 10, 10_000) for progress in range(11)]
    assert values[0] == 1.0
    assert values[5] == pytest.approx(0.55)
    assert values[10] == pytest.approx(0.1)
    assert values == sorted(values, reverse=True)


def test_warm_up_rises_in_a_line():
    schedule = ScheduleConfig("constant", warmup_samples=100)
    assert [learning_rate_factor(schedule, 0.0, samples) for samples in (0, 50, 100, 500)] == pytest.approx(
        [1 / 101, 51 / 101, 1.0, 1.0]
    )


def test_steps_drop_the_rate():
    schedule = ScheduleConfig("step", steps=(0.5, 0.75))
    assert [learning_rate_factor(schedule, progress, 0) for progress in (0.49, 0.5, 0.8)] == pytest.approx(
        [1, 0.1, 0.01]
    )
