"""Crops for small networks."""

import pytest
import torch
from torch import Tensor


@pytest.fixture
def crops() -> Tensor:
    """(3, 3, 64, 64) of noise, float64."""
    return torch.randn(3, 3, 64, 64, dtype=torch.float64)
