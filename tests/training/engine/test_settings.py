"""The budget of a training."""

import pytest

from trans3dhead.training.engine.settings import BudgetConfig


def test_the_nearest_limit_drives_the_budget():
    budget = BudgetConfig(epochs=2, samples=1000, minutes=10)
    assert budget.progress(500, 100_000, 1.0) == 0.5
    assert budget.progress(500, 300, 1.0) == pytest.approx(500 / 600)
    assert budget.progress(0, 300, 9.0) == 0.9
    assert budget.progress(2000, 300, 9.0) == 1.0


@pytest.mark.parametrize("limits", [{}, {"samples": -3}, {"epochs": 2, "minutes": 0}])
def test_a_budget_is_positive(limits: dict[str, float]):
    with pytest.raises(ValueError, match=r"expected positive epochs, samples .*, got (none|-3|2, 0)$"):
        BudgetConfig(**limits)
