"""What a loss comes to: means whose parts can still be joined with those of other processes, and their weighted sum."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class WeightedMean:
    """A weighted mean, its two parts apart: a batch that processes share is divided by the sum of all their weights."""

    total: Tensor  # () the sum of weight · loss
    weight: Tensor  # () the sum of the weights, without gradient
    least: float = 1e-6  # what is divided by at least: where nothing has a weight, the mean is 0

    @classmethod
    def of(cls, losses: Tensor, weights: Tensor | None = None) -> "WeightedMean":
        """losses: (...) one for each head, landmark, ...; weights: (...) of them, bool or numbers; None: 1 each."""
        weights = torch.ones_like(losses) if weights is None else weights.to(losses.dtype)
        return cls((losses * weights).sum(), weights.sum().detach())

    @property
    def value(self) -> Tensor:
        """() the mean."""
        return self.total / self.weight.clamp(min=self.least)


@dataclass(frozen=True)
class Losses:
    """The terms of a batch by name, and their weighted sum; a term that is off or that does not apply is absent."""

    means: Mapping[str, WeightedMean]
    weights: Mapping[str, float]  # by the same names

    def __getitem__(self, name: str) -> Tensor:
        """() a term before its weight."""
        return self.means[name].value

    @property
    def terms(self) -> dict[str, Tensor]:
        """() each: all terms before their weights."""
        return {name: mean.value for name, mean in self.means.items()}

    @property
    def total(self) -> Tensor:
        """() the weighted sum."""
        return torch.stack([self.weights[name] * value for name, value in self.terms.items()]).sum()
