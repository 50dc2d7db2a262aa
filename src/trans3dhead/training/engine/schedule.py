"""The learning rate as a pure function of how much of the budget is spent."""

import math

from trans3dhead.training.engine.settings import ScheduleConfig


def learning_rate_factor(schedule: ScheduleConfig, progress: float, samples: int) -> float:
    """The factor on the base rate. progress: share of the budget that is spent, 0 to 1; samples: seen so far."""
    warm = min(1.0, (samples + 1) / (schedule.warmup_samples + 1))
    match schedule.name:
        case "constant":
            return warm
        case "step":
            return warm * schedule.step_factor ** sum(progress >= step for step in schedule.steps)
        case "cosine":
            half_cosine = 0.5 * (1.0 + math.cos(math.pi * progress))
            return warm * (schedule.final_factor + (1.0 - schedule.final_factor) * half_cosine)
