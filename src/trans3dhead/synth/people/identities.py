"""Who a person is: the shape of the head, and what goes with it."""

from dataclasses import dataclass

import numpy as np

from trans3dhead.head_model import HeadModel

_SHAPE_LIMIT = 3.0  # standard deviations


@dataclass(frozen=True)
class Identity:
    """A head and the life that it has led."""

    shape: np.ndarray  # (S,) float32 coefficients of the head model
    age: float  # years
    female: float  # 0 male to 1 female
    ancestry: str  # african, asian or european, the head's dominant share


def sample_identity(rng: np.random.Generator, head: HeadModel) -> Identity:
    """One person."""
    shape = np.clip(rng.normal(size=head.layout.shape), -_SHAPE_LIMIT, _SHAPE_LIMIT).astype(np.float32)
    return Identity(
        shape, rng.uniform(5.0, 80.0), float(rng.random() < 0.5), ("african", "asian", "european")[rng.integers(3)]
    )
