"""What a term of the alignment loss is, and what it sees of a batch."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from trans3dhead.data.annotations import Visibility
from trans3dhead.data.targets import Targets
from trans3dhead.geometry.cameras import WeakPerspective
from trans3dhead.geometry.rotations import rotation_from_6d
from trans3dhead.head_model import HeadModel, HeadParameters
from trans3dhead.losses.mean import WeightedMean
from trans3dhead.losses.vertices import supervised_vertices
from trans3dhead.networks.alignment.prediction import Prediction


@dataclass(frozen=True)
class Comparison:
    """What a network says of a batch of heads beside what is true of them; what several terms need is computed once."""

    prediction: Prediction
    targets: Targets
    head_model: HeadModel
    units: HeadParameters  # (S,), (E,), ... in which errors of coefficients count
    teacher: "Comparison | None" = None  # what another network says of the same crops; None: nobody teaches

    @cached_property
    def parameters(self) -> HeadParameters:
        """(B, S), (B, E), ... float32, as predicted."""
        return self.head_model.layout.unpack(self.prediction.parameters.float())

    @cached_property
    def answers(self) -> list[HeadParameters]:
        """The parameters as predicted, and those before a fit where there is one."""
        unfitted = self.prediction.unfitted
        return [self.parameters] + ([] if unfitted is None else [self.head_model.layout.unpack(unfitted.float())])

    @cached_property
    def rotation(self) -> Tensor:
        """(B, 3, 3) head space to camera space, as predicted."""
        return self.rotations[0]

    @cached_property
    def rotations(self) -> list[Tensor]:
        """(B, 3, 3) head space to camera space, of `answers`."""
        return [rotation_from_6d(answer.rotation) for answer in self.answers]

    @cached_property
    def vertices(self) -> Tensor:
        """(B, V, 3) metres, head space, as predicted."""
        return self.head_model.vertices(self.parameters)

    @cached_property
    def camera(self) -> WeakPerspective:
        """The predicted camera, which projects head space to crop units."""
        return WeakPerspective(self.rotation, self.parameters.translation, self.parameters.scale)


@dataclass(frozen=True)
class Term(ABC):
    """One term: how much it weighs, and in further fields its options."""

    weight: float = 0.0  # 0: it is not computed

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise ValueError(f"weight: got {self.weight}, expected 0 or more")

    @abstractmethod
    def __call__(self, batch: Comparison) -> WeightedMean | None:
        """The term before its weight; None where the network has no output that it judges."""


@dataclass(frozen=True)
class TermOfLandmarks(Term):
    """A mean over landmarks, where those that the photograph hides may count less; sets know it from format 2 on."""

    self_occluded_weight: float = 1.0  # 0 to 1, of what the head or body itself hides
    covered_weight: float = 1.0  # 0 to 1, behind anything else, or where the photograph ends before them

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("self_occluded_weight", "covered_weight"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: got {getattr(self, name)}, expected a weight from 0 to 1; seen ones have 1")

    def weights_of(self, visibility: Tensor) -> Tensor:
        """(B, 68) of Visibility -> (B, 68) float32, 0 to 1."""
        table = torch.ones(len(Visibility), device=visibility.device)
        table[Visibility.SELF_OCCLUDED] = self.self_occluded_weight
        table[[Visibility.COVERED, Visibility.OUTSIDE]] = self.covered_weight
        return table[visibility.long()]


@dataclass(frozen=True)
class TermOfVertices(Term):
    """A mean over one subset of the vertices, or a weighted sum of such means over several."""

    subsets: Mapping[str, float] | None = None  # weights by name; None: as `supervised_vertices` says

    def __call__(self, batch: Comparison) -> WeightedMean:
        """The mean over heads."""
        if self.subsets is None:
            return WeightedMean.of(self.each(batch, supervised_vertices(batch.head_model)))
        parts = [w * self.each(batch, supervised_vertices(batch.head_model, n)) for n, w in self.subsets.items()]
        return WeightedMean.of(torch.stack(parts).sum(dim=0))

    @abstractmethod
    def each(self, batch: Comparison, subset: Tensor) -> Tensor:
        """(K,) vertex indices -> (B,) the loss of each head."""


def check_bend(beta: float | None) -> None:
    """Raise ValueError for a negative error at which a smooth L1 is to turn linear; None: it does not."""
    if beta is not None and beta < 0:
        raise ValueError(f"beta: got {beta}, expected the error at which the loss turns linear, 0 or more")


def check_power(power: float) -> None:
    """Raise ValueError for a negative power of the coefficients' movement."""
    if power < 0:
        raise ValueError(f"power: got {power}, expected 0 or more")
