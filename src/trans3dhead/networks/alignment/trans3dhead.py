"""Trans3DHead (Jiang, Liao, Jin, Yang, "Trans3DHead: a multi-task transformer for 3D head alignment", 2026).

Where it departs from the paper, what the paper leaves open and what is decided there: docs/network.md.
"""

import torch
from torch import Tensor, nn

from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.head_model.surface_points import HeadPoints
from trans3dhead.networks.alignment.attention import sine_encoding
from trans3dhead.networks.alignment.backbone import build_backbone
from trans3dhead.networks.alignment.config import Trans3DHeadConfig
from trans3dhead.networks.alignment.head_fit import HeadFit
from trans3dhead.networks.alignment.landmark_branch import LandmarkBranch
from trans3dhead.networks.alignment.layers import Branch, EncoderLayer
from trans3dhead.networks.alignment.prediction import LANDMARKS, Prediction
from trans3dhead.networks.alignment.regressors import SMALL, Regressor


class Trans3DHead(nn.Module):
    """Backbone, memory, a branch of landmark queries and a branch of parameter queries."""

    def __init__(self, config: Trans3DHeadConfig, layout: ParametersLayout) -> None:
        super().__init__()
        self.config, self.layout = config, layout
        slim = config.backbone_widths, config.backbone_blocks
        self.backbone = build_backbone(config.backbone, config.backbone_config, config.memory_stride, *slim)
        self.to_memory = nn.Conv2d(self.backbone.channels, config.width, 1)
        self.encoder = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))
        normed = config.memory_norm and not config.encoder_layers  # an encoder layer ends with a norm of its own
        self.memory_norm = nn.LayerNorm(config.width) if normed else nn.Identity()
        self.landmark_branch = LandmarkBranch(config) if config.landmark_branch else None
        self.regressed = layout.reduced(config.shape_parameters, config.expression_parameters, config.jaw_parameters)
        self.parameter_branch = ParameterBranch(config, self.regressed.size)
        self.head_fit = HeadFit(layout, LANDMARKS + config.surface_points) if config.head_fit else None
        self.surface_map = nn.Conv2d(config.width, 3, 1) if config.surface_map else None

    def forward(self, crops: Tensor) -> Prediction:
        """crops: (B, 3, S, S) RGB, as `normalize` gives them."""
        maps = self.to_memory(self.backbone(crops))  # (B, d, h, w)
        positions = sine_encoding(maps.shape[-2], maps.shape[-1], self.config.width, like=maps)  # (hw, d)
        memory = self.memory_norm(maps.flatten(2).transpose(1, 2))  # (B, hw, d)
        for layer in self.encoder:
            memory = layer(memory, positions)
        keys = memory + positions
        if self.landmark_branch is None:
            return Prediction(None, self._regress(memory, keys), None)
        found = self.landmark_branch(memory, keys)
        if self.config.landmark_memory:
            memory, keys = (torch.cat(pair, dim=1) for pair in ((memory, found.memory), (keys, found.keys)))
        unfitted = self._regress(memory, keys)
        fit, mapped = self.head_fit, self.surface_map
        return Prediction(
            found.landmarks[-1],
            unfitted if fit is None else fit(unfitted, found.points, found.spread),
            found.landmarks,
            landmark_spread=None if found.spread is None else found.spread[:, :LANDMARKS],
            surface=found.surface,
            surface_spread=None if found.surface is None or found.spread is None else found.spread[:, LANDMARKS:],
            surface_map=mapped(maps) if mapped is not None and self.training else None,
            unfitted=None if fit is None else unfitted,
        )

    @property
    def _has_average(self) -> bool:
        """Whether MARR starts from the training set's average face."""
        return self.config.residual_regression in ("fixed", "learnable_average")

    def _regress(self, memory: Tensor, keys: Tensor) -> Tensor:
        """(B, P) what the parameter branch says; parameters that are not regressed are zero."""
        return self.regressed.padded(self.parameter_branch(memory, keys), self.layout)

    def set_reference(
        self, average_landmarks: Tensor, average_parameters: Tensor, parameter_spread: Tensor | None = None
    ) -> None:
        """The training set's averages: (68, 2) crop units for MARR, (P,) for parameters regressed about them.

        parameter_spread: (P,) standard deviations for standardised parameters; None: 1. A configuration without a use
        for one of them ignores it; a face "learnable_average" starts from the first.
        """
        if self.landmark_branch is not None and self._has_average:
            _assign("average_landmarks", self.landmark_branch.average[:LANDMARKS], average_landmarks)
        if self.config.parameter_reference != "zero":
            average = self.regressed.cut(average_parameters, self.layout)
            _assign("average_parameters", self.parameter_branch.average, average)
        if self.config.parameter_reference == "standardised" and parameter_spread is not None:
            spread = self.regressed.cut(parameter_spread, self.layout)
            _assign("parameter_spread", self.parameter_branch.spread, spread)

    def set_head(self, points: HeadPoints, average_surface: Tensor, parameter_spread: Tensor) -> None:
        """Set the head model's surface points; ValueError for a configuration without any.

        average_surface: (M, 2) crop units, their averages over the training set; parameter_spread: (P,) the standard
        deviations of the parameters. As in `set_reference`, what the configuration has no use for is ignored.
        """
        if self.landmark_branch is None or not self.config.surface_points:
            raise ValueError("set_head: expected a network with surface_points, got one without")
        if self._has_average:
            _assign("average_surface", self.landmark_branch.average[LANDMARKS:], average_surface)
        if self.head_fit is not None:
            self.head_fit.set_head(points, parameter_spread)


class ParameterBranch(nn.Module):
    """One query for each parameter, and one linear map to a number that all of them share."""

    average: Tensor  # (P,); zero where nothing else is asked for
    spread: Tensor  # (P,); one where nothing else is asked for

    def __init__(self, config: Trans3DHeadConfig, parameters: int) -> None:
        super().__init__()
        query_aware, from_memory = config.query_aware_memory == "both", config.memory_query_init == "both"
        self.queries = Branch(config, parameters, query_aware, from_memory)
        about_average = config.parameter_reference != "zero"
        self.head = Regressor(config.width, 1, SMALL if about_average else None)
        self.register_buffer("average", torch.zeros(parameters), persistent=about_average)
        standardised = config.parameter_reference == "standardised"
        self.register_buffer("spread", torch.ones(parameters), persistent=standardised)

    def forward(self, memory: Tensor, keys: Tensor) -> Tensor:
        """memory, keys (memory + positions): (B, hw, d) -> (B, P), P here the parameters that are regressed."""
        return self.average + self.spread * self.head(self.queries(memory, keys)[-1]).squeeze(-1)


def _assign(name: str, reference: Tensor, value: Tensor) -> None:
    if value.shape != reference.shape:
        raise ValueError(f"{name}: expected {tuple(reference.shape)}, got {tuple(value.shape)}")
    with torch.no_grad():
        reference.copy_(value)
