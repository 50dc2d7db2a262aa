"""The network of the closer look: it reads a face whose place, size and roll are roughly known."""

import torch
from torch import Tensor, nn

from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.head_model.surface_points import HeadPoints
from trans3dhead.networks.alignment.backbone import ResNet
from trans3dhead.networks.alignment.config import FaceReaderConfig
from trans3dhead.networks.alignment.head_fit import HeadFit
from trans3dhead.networks.alignment.landmark_branch import as_spread
from trans3dhead.networks.alignment.prediction import LANDMARKS, Prediction
from trans3dhead.networks.alignment.regressors import SMALL, Regressor

_STRIDE = 16  # pixels of a cell


class FaceReader(nn.Module):
    """A backbone without its last stage, a few channels of every cell, one hidden layer over all cells together, and
    the fit of the head to the points that it finds.

    Faces lie alike in its crops, so a cell always shows the same part: weights of its own can look for what that part
    does. Queries that find the part first need far more samples before they see a brow move.
    """

    average_points: Tensor  # (68 + M, 2) crop units
    average_parameters: Tensor  # (P,)
    parameter_spread: Tensor  # (P,)

    def __init__(self, config: FaceReaderConfig, layout: ParametersLayout) -> None:
        super().__init__()
        self.config, self.layout = config, layout
        self.points = LANDMARKS + config.surface_points
        self.backbone = ResNet(config.backbone, stride=_STRIDE)
        self.to_cells = nn.Sequential(
            nn.Conv2d(self.backbone.channels, config.cell_channels, 1, bias=False),
            nn.BatchNorm2d(config.cell_channels),
            nn.ReLU(inplace=True),
            nn.Flatten(),
            nn.Dropout(config.dropout),
        )
        cells = (config.crop_size // _STRIDE) ** 2
        self.hidden = nn.Sequential(nn.Linear(cells * config.cell_channels, config.hidden), nn.ReLU(inplace=True))
        self.head = Regressor(config.hidden, 3 * self.points + layout.size, SMALL)
        self.head_fit = HeadFit(layout, self.points)
        self.register_buffer("average_points", torch.full((self.points, 2), 0.5))
        self.register_buffer("average_parameters", torch.zeros(layout.size))
        self.register_buffer("parameter_spread", torch.ones(layout.size))

    def forward(self, crops: Tensor) -> Prediction:
        """crops: (B, 3, S, S) RGB, as `normalize` gives them, of squares as `face_square` has them."""
        said = self.head(self.hidden(self.to_cells(self.backbone(crops))))
        residuals, spread, parameters = said.split((2 * self.points, self.points, self.layout.size), dim=1)
        points = self.average_points + residuals.unflatten(1, (self.points, 2))
        spread = as_spread(spread)
        unfitted = self.average_parameters + self.parameter_spread * parameters
        return Prediction(
            landmarks=points[:, :LANDMARKS],
            parameters=self.head_fit(unfitted, points, spread),
            partial_landmarks=None,
            landmark_spread=spread[:, :LANDMARKS],
            surface=points[None, :, LANDMARKS:],
            surface_spread=spread[:, LANDMARKS:],
            unfitted=unfitted,
        )

    def set_reference(
        self, average_landmarks: Tensor, average_parameters: Tensor, parameter_spread: Tensor | None = None
    ) -> None:
        """The averages about which it regresses, (68, 2) crop units and (P,), and (P,) in what units parameters."""
        self.average_points[:LANDMARKS].copy_(average_landmarks)
        self.average_parameters.copy_(average_parameters)
        if parameter_spread is not None:
            self.parameter_spread.copy_(parameter_spread)

    def set_head(self, points: HeadPoints, average_surface: Tensor, parameter_spread: Tensor) -> None:
        """The head model's surface points; their averages over the training set, (M, 2) crop units; (P,) the deviations
        of the parameters there.
        """
        self.average_points[LANDMARKS:].copy_(average_surface)
        self.head_fit.set_head(points, parameter_spread)
