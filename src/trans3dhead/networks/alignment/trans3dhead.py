"""Trans3DHead (Jiang, Liao, Jin, Yang, "Trans3DHead: a multi-task transformer for 3D head alignment", 2026).

Where it departs from the paper, what the paper leaves open and what is decided there: docs/network.md.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.networks.alignment.attention import sine_encoding
from trans3dhead.networks.alignment.backbone import build_backbone
from trans3dhead.networks.alignment.config import ResidualRegression, Trans3DHeadConfig
from trans3dhead.networks.alignment.layers import Branch, EncoderLayer
from trans3dhead.networks.alignment.prediction import LANDMARKS, Prediction

# Spread of an untrained head's output where it regresses about a reference, in crop units or parameter units.
_SMALL = 0.02

# Crop units: a landmark's least spread (a quarter of a pixel in 128), and what an untrained network adds to it.
_LEAST_SPREAD = 0.002
_FIRST_SPREAD = 0.05


class Trans3DHead(nn.Module):
    """Backbone, memory, a branch of landmark queries and a branch of parameter queries."""

    def __init__(self, config: Trans3DHeadConfig, layout: ParametersLayout) -> None:
        super().__init__()
        self.config, self.layout = config, layout
        self.backbone = build_backbone(config.backbone, config.backbone_config)
        self.to_memory = nn.Conv2d(self.backbone.channels, config.width, 1)
        self.encoder = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))
        normed = config.memory_norm and not config.encoder_layers  # an encoder layer ends with a norm of its own
        self.memory_norm = nn.LayerNorm(config.width) if normed else nn.Identity()
        self.landmark_branch = LandmarkBranch(config) if config.landmark_branch else None
        self.regressed = layout.reduced(config.shape_parameters, config.expression_parameters, config.jaw_parameters)
        self.parameter_branch = ParameterBranch(config, self.regressed.size)

    def forward(self, crops: Tensor) -> Prediction:
        """crops: (B, 3, S, S) RGB, as `normalize` gives them."""
        maps = self.to_memory(self.backbone(crops))  # (B, d, h, w)
        positions = sine_encoding(maps.shape[-2], maps.shape[-1], self.config.width, like=maps)  # (hw, d)
        memory = self.memory_norm(maps.flatten(2).transpose(1, 2))  # (B, hw, d)
        for layer in self.encoder:
            memory = layer(memory, positions)
        keys = memory + positions
        parameters = self.regressed.padded(self.parameter_branch(memory, keys), self.layout)  # (B, P)
        if self.landmark_branch is None:
            return Prediction(None, parameters, None)
        partial_landmarks, spread = self.landmark_branch(memory, keys)  # (L, B, 68, 2)
        return Prediction(partial_landmarks[-1], parameters, partial_landmarks, landmark_spread=spread)

    def set_reference(
        self, average_landmarks: Tensor, average_parameters: Tensor, parameter_spread: Tensor | None = None
    ) -> None:
        """The training set's averages: (68, 2) crop units for MARR, (P,) for parameters regressed about them.

        parameter_spread: (P,) standard deviations for standardised parameters; None: 1. A configuration without a use
        for one of them ignores it; a face "learnable_average" starts from the first.
        """
        if self.landmark_branch is not None and self.config.residual_regression in ("fixed", "learnable_average"):
            _assign("average_landmarks", self.landmark_branch.average, average_landmarks)
        if self.config.parameter_reference != "zero":
            average = self.regressed.cut(average_parameters, self.layout)
            _assign("average_parameters", self.parameter_branch.average, average)
        if self.config.parameter_reference == "standardised" and parameter_spread is not None:
            spread = self.regressed.cut(parameter_spread, self.layout)
            _assign("parameter_spread", self.parameter_branch.spread, spread)


class LandmarkBranch(nn.Module):
    """68 queries; each layer adds a residual to the average face (MARR, eq. 5), or the last predicts directly."""

    average: Tensor  # (68, 2) crop units

    def __init__(self, config: Trans3DHeadConfig) -> None:
        super().__init__()
        query_aware, from_memory = config.query_aware_memory != "none", config.memory_query_init != "none"
        self.queries = Branch(config, LANDMARKS, query_aware, from_memory)
        additive = config.residual_regression != "none"
        self.first = 0 if additive else config.decoder_layers - 1  # layers before it have no head
        self.heads = nn.ModuleList(
            Regressor(config.width, 2, _SMALL if additive else None) for _ in range(self.first, config.decoder_layers)
        )
        self.spread = Regressor(config.width, 1, _SMALL) if config.landmark_uncertainty else None
        _register_average(self, config.residual_regression)

    def forward(self, memory: Tensor, keys: Tensor) -> tuple[Tensor, Tensor | None]:
        """(B, hw, d) twice -> (L, B, 68, 2) crop units and, where the configuration asks for it, (B, 68) the spread."""
        after = self.queries(memory, keys)[self.first :]
        residuals = torch.stack([head(queries) for head, queries in zip(self.heads, after, strict=True)])
        landmarks = self.average + residuals.cumsum(dim=0)
        if self.spread is None:
            return landmarks, None
        return landmarks, _LEAST_SPREAD + _FIRST_SPREAD * softplus(self.spread(after[-1]).squeeze(-1)) / math.log(2.0)


class ParameterBranch(nn.Module):
    """One query for each parameter, and one linear map to a number that all of them share."""

    average: Tensor  # (P,); zero where nothing else is asked for
    spread: Tensor  # (P,); one where nothing else is asked for

    def __init__(self, config: Trans3DHeadConfig, parameters: int) -> None:
        super().__init__()
        query_aware, from_memory = config.query_aware_memory == "both", config.memory_query_init == "both"
        self.queries = Branch(config, parameters, query_aware, from_memory)
        about_average = config.parameter_reference != "zero"
        self.head = Regressor(config.width, 1, _SMALL if about_average else None)
        self.register_buffer("average", torch.zeros(parameters), persistent=about_average)
        standardised = config.parameter_reference == "standardised"
        self.register_buffer("spread", torch.ones(parameters), persistent=standardised)

    def forward(self, memory: Tensor, keys: Tensor) -> Tensor:
        """(B, hw, d) twice -> (B, P)."""
        return self.average + self.spread * self.head(self.queries(memory, keys)[-1]).squeeze(-1)


class Regressor(nn.Linear):
    """A linear map that never runs in half precision: near 0.5 bfloat16 has steps of half a pixel in 256."""

    def __init__(self, width: int, outputs: int, spread: float | None) -> None:
        """spread: the deviation of the outputs before training; None leaves PyTorch's own initial weights."""
        super().__init__(width, outputs)
        if spread is not None:
            nn.init.normal_(self.weight, std=spread / width**0.5)
            nn.init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """(B, N, d) queries -> (B, N, outputs) of the weights' dtype."""
        with torch.autocast(input.device.type, enabled=False):
            return super().forward(input.to(self.weight.dtype))


def _register_average(branch: LandmarkBranch, regression: ResidualRegression) -> None:
    """Until the training set's average is set, the face is a point at the crop's centre."""
    match regression:
        case "none":
            branch.register_buffer("average", torch.zeros(LANDMARKS, 2), persistent=False)
        case "fixed":
            branch.register_buffer("average", torch.full((LANDMARKS, 2), 0.5))
        case "learnable_average":
            branch.average = nn.Parameter(torch.full((LANDMARKS, 2), 0.5))
        case "learnable_random":
            branch.average = nn.Parameter(torch.rand(LANDMARKS, 2))


def _assign(name: str, reference: Tensor, value: Tensor) -> None:
    if value.shape != reference.shape:
        raise ValueError(f"{name}: expected {tuple(reference.shape)}, got {tuple(value.shape)}")
    with torch.no_grad():
        reference.copy_(value)
