"""The plainest network for the task: what any other one should beat, and a start for all of them that favours none."""

import torch
from torch import Tensor, nn

from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.networks.alignment.backbone import ResNet
from trans3dhead.networks.alignment.config import PooledConfig
from trans3dhead.networks.alignment.prediction import LANDMARKS, Prediction
from trans3dhead.networks.alignment.regressors import SMALL, Regressor


class Pooled(nn.Module):
    """A backbone, the mean over its map, and one linear map from there to all landmarks and parameters."""

    def __init__(self, config: PooledConfig, layout: ParametersLayout) -> None:
        super().__init__()
        self.config, self.layout = config, layout
        self.backbone = ResNet(config.backbone)
        self.regressed = layout.reduced(config.shape_parameters, config.expression_parameters, config.jaw_parameters)
        self.head = Regressor(self.backbone.channels, 2 * LANDMARKS + self.regressed.size, SMALL)

    def forward(self, crops: Tensor) -> Prediction:
        """crops: (B, 3, S, S) RGB, as `normalize` gives them."""
        said = self.head(self.backbone(crops).mean(dim=(2, 3)))
        landmarks, parameters = said.tensor_split((2 * LANDMARKS,), dim=1)
        return Prediction(landmarks.unflatten(1, (LANDMARKS, 2)), self.regressed.padded(parameters, self.layout), None)

    def set_reference(
        self, average_landmarks: Tensor, average_parameters: Tensor, parameter_spread: Tensor | None = None
    ) -> None:
        """Training starts at the averages, (68, 2) crop units and (P,): the biases; the spread has no use here."""
        average = self.regressed.cut(average_parameters, self.layout)
        with torch.no_grad():
            self.head.bias.copy_(torch.cat((average_landmarks.flatten(), average)))
