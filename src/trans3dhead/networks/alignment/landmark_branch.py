"""The landmark branch: queries that find the 68 landmarks, and where asked for the whole surface of the head."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from trans3dhead.head_model.surface_points import GROUP
from trans3dhead.networks.alignment.config import ResidualRegression, Trans3DHeadConfig
from trans3dhead.networks.alignment.layers import Branch
from trans3dhead.networks.alignment.prediction import LANDMARKS
from trans3dhead.networks.alignment.regressors import SMALL, GroupRegressor, Regressor

# Crop units: a point's least spread (a quarter of a pixel in 128), and what an untrained network adds to it.
_LEAST_SPREAD = 0.002
_FIRST_SPREAD = 0.05


@dataclass(frozen=True)
class Found:
    """What the landmark branch says of a batch of crops; N points are the 68 and the M of the surface after them."""

    sums: Tensor  # (L, B, N, 2) crop units, after each layer
    spread: Tensor | None  # (B, N) crop units; None: the configuration does not ask for it
    memory: Tensor | None  # (B, Q, d) the queries after the last layer, with where their points are; None: unused
    keys: Tensor | None  # (B, Q, d) the same with the queries' encodings

    @property
    def points(self) -> Tensor:
        """(B, N, 2) crop units, after the last layer."""
        return self.sums[-1]

    @property
    def landmarks(self) -> Tensor:
        """(L, B, 68, 2) crop units."""
        return self.sums[:, :, :LANDMARKS]

    @property
    def surface(self) -> Tensor | None:
        """(L, B, M, 2) crop units; None: the configuration has no surface points."""
        return self.sums[:, :, LANDMARKS:] if self.sums.shape[2] > LANDMARKS else None


class LandmarkBranch(nn.Module):
    """Each layer adds a residual to the average face (MARR, eq. 5), or the last predicts directly.

    A landmark has a query of its own; of the surface points each group of neighbours shares one, and so its memory.
    """

    average: Tensor  # (N, 2) crop units

    def __init__(self, config: Trans3DHeadConfig) -> None:
        super().__init__()
        query_aware, from_memory = config.query_aware_memory != "none", config.memory_query_init != "none"
        self.groups, width = config.surface_points // GROUP, config.width
        self.queries = Branch(config, LANDMARKS + self.groups, query_aware, from_memory)
        additive = config.residual_regression != "none"
        self.first = 0 if additive else config.decoder_layers - 1  # layers before it have no head
        layers = range(self.first, config.decoder_layers)
        self.heads = nn.ModuleList(Regressor(width, 2, SMALL if additive else None) for _ in layers)
        self.spread = Regressor(width, 1, SMALL) if config.landmark_uncertainty else None
        if self.groups:
            self.surface_heads = nn.ModuleList(GroupRegressor(self.groups, width, 2 * GROUP, SMALL) for _ in layers)
            self.surface_spread = (
                GroupRegressor(self.groups, width, GROUP, SMALL) if config.landmark_uncertainty else None
            )
        self.placed = _Placed(self.groups, width) if config.landmark_memory else None
        _register_average(self, config.residual_regression, LANDMARKS + config.surface_points)

    def forward(self, memory: Tensor, keys: Tensor) -> Found:
        """memory, keys (memory + positions): (B, hw, d)."""
        after = self.queries(memory, keys)[self.first :]
        own = [queries[:, :LANDMARKS] for queries in after]
        residuals = [head(queries) for head, queries in zip(self.heads, own, strict=True)]
        if self.groups:
            shared = [queries[:, LANDMARKS:] for queries in after]
            surfaces = (head(queries) for head, queries in zip(self.surface_heads, shared, strict=True))
            pairs = zip(residuals, surfaces, strict=True)
            residuals = [torch.cat((residual, as_points(surface)), dim=1) for residual, surface in pairs]
        moved = torch.stack(residuals).cumsum(dim=0)
        placed = None if self.placed is None else after[-1] + self.placed(moved[-1]).to(after[-1].dtype)
        return Found(
            sums=self.average + moved,
            spread=self._spread(after[-1]),
            memory=placed,
            keys=None if placed is None else placed + self.queries.encodings.to(placed.dtype),
        )

    def _spread(self, queries: Tensor) -> Tensor | None:
        """(B, Q, d) after the last layer -> (B, N) crop units."""
        if self.spread is None:
            return None
        said = self.spread(queries[:, :LANDMARKS]).squeeze(-1)
        if self.groups and self.surface_spread is not None:
            said = torch.cat((said, self.surface_spread(queries[:, LANDMARKS:]).flatten(1)), dim=1)
        return as_spread(said)


class _Placed(nn.Module):
    """An encoding of where the points of each query lie relative to the average face, to be added to the query."""

    def __init__(self, groups: int, width: int) -> None:
        super().__init__()
        self.landmarks = Regressor(2, width, None)
        self.surface = GroupRegressor(groups, 2 * GROUP, width, 1.0) if groups else None

    def forward(self, moved: Tensor) -> Tensor:
        """(B, N, 2) crop units -> (B, Q, d)."""
        landmarks = self.landmarks(moved[:, :LANDMARKS])
        if self.surface is None:
            return landmarks
        groups = moved[:, LANDMARKS:].unflatten(1, (-1, GROUP)).flatten(2)  # (B, G, 2 K)
        return torch.cat((landmarks, self.surface(groups)), dim=1)


def as_points(groups: Tensor) -> Tensor:
    """(B, G, 2 K) of groups of K points -> (B, G · K, 2)."""
    return groups.unflatten(2, (GROUP, 2)).flatten(1, 2)


def as_spread(said: Tensor) -> Tensor:
    """The raw outputs of the spread's regressors, any shape -> the spread in crop units, always positive."""
    return _LEAST_SPREAD + _FIRST_SPREAD / math.log(2.0) * softplus(said)


def _register_average(branch: LandmarkBranch, regression: ResidualRegression, points: int) -> None:
    """Give the branch its average face, (points, 2): at the crop's centre until the training set's average is set."""
    match regression:
        case "none":
            branch.register_buffer("average", torch.zeros(points, 2), persistent=False)
        case "fixed":
            branch.register_buffer("average", torch.full((points, 2), 0.5))
        case "learnable_average":
            branch.average = nn.Parameter(torch.full((points, 2), 0.5))
        case "learnable_random":
            branch.average = nn.Parameter(torch.rand(points, 2))
