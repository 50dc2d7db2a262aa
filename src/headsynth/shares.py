"""One thing of several, each drawn as often as its share says; and numbers of any order of magnitude."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def one_of(rng: np.random.Generator, options: Sequence[T], shares: Sequence[float] | np.ndarray) -> T:
    """One option. Shares need not add up to one."""
    weights = np.asarray(shares, dtype=np.float64)
    return options[rng.choice(len(options), p=weights / weights.sum())]


def log_uniform(rng: np.random.Generator, ends: tuple[float, float]) -> float:
    """A number between two positive ones whose logarithm is evenly distributed."""
    return float(np.exp(rng.uniform(*np.log(ends))))
