"""DAD-3DNet, the baseline (Martyniuk, Kupyn, Kurlyak, Krashenyi, Matas, Sharmanska, "DAD-3DHeads: a large-scale dense,
accurate and diverse dataset for 3D head alignment from a single image", CVPR 2022), written from that description and
from facts about its public code.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.networks.alignment.backbone import ResNet
from trans3dhead.networks.alignment.bifpn import BiFPN
from trans3dhead.networks.alignment.config import DAD3DNetConfig
from trans3dhead.networks.alignment.prediction import LANDMARKS, Prediction

_COEFFICIENT_LIMIT = 3.0  # shape, expression and jaw leave their head through 3 · tanh


class DAD3DNet(nn.Module):
    """Heatmaps of the landmarks from a feature pyramid steer the backbone's last stage; three heads read its mean."""

    def __init__(self, config: DAD3DNetConfig, layout: ParametersLayout) -> None:
        super().__init__()
        self.config, self.layout = config, layout
        self.backbone = ResNet(config.backbone)
        last = self.backbone.channels
        channels = [last // 8, last // 4, last // 2]
        self.pyramid = BiFPN(channels, config.filters, config.pyramid_layers, kept=len(channels))
        self.heatmaps = nn.Conv2d(config.filters, LANDMARKS, 3, padding=1)
        self.fusion = nn.Conv2d(channels[-1] + LANDMARKS + config.filters, channels[-1], 1)
        self.regressed = layout.reduced(config.shape_parameters, config.expression_parameters, config.jaw_parameters)
        widths = self.regressed.widths
        self.coefficients = _head(config, last, widths.shape + widths.expression + widths.jaw)
        self.pose = _head(config, last, widths.rotation + widths.translation + widths.scale)
        self.landmarks = _head(config, last, 2 * LANDMARKS)

    def forward(self, crops: Tensor) -> Prediction:
        """crops: (B, 3, S, S) RGB, as `normalize` gives them."""
        early = self.backbone.early(crops)  # strides 4, 8, 16
        levels = self.pyramid(early)
        heatmaps = self.heatmaps(levels[0])  # (B, 68, S / 4, S / 4)
        coarse = interpolate(heatmaps.sigmoid(), size=early[-1].shape[-2:], mode="bilinear", align_corners=False)
        steered = early[-1] * self.fusion(torch.cat((early[-1], coarse, levels[2]), dim=1))
        pooled = self.backbone.layer4(steered).mean(dim=(2, 3))  # (B, channels)
        pooled = pooled.to(self.heatmaps.weight.dtype)
        with torch.autocast(crops.device.type, enabled=False):
            coefficients = _COEFFICIENT_LIMIT * self.coefficients(pooled).tanh()
            regressed = torch.cat((coefficients, self.pose(pooled)), dim=1)
            parameters = self.regressed.padded(regressed, self.layout)  # (B, P)
            landmarks = self.landmarks(pooled).relu().unflatten(1, (LANDMARKS, 2))
        return Prediction(landmarks, parameters, None, heatmaps)

    def set_reference(
        self, average_landmarks: Tensor, average_parameters: Tensor, parameter_spread: Tensor | None = None
    ) -> None:
        """Nothing here is regressed about an average, but ReLU passes no gradient where it is zero: start inside.

        The averages, (68, 2) crop units and (P,), become the biases of the last layers, so that training starts there;
        the spread has no use here.
        """
        groups = self.regressed.widths
        count = groups.shape + groups.expression + groups.jaw
        average_parameters = self.regressed.cut(average_parameters, self.layout)
        with torch.no_grad():
            bounded = (average_parameters[:count] / _COEFFICIENT_LIMIT).clamp(-0.99, 0.99)
            for head, value in (
                (self.coefficients, bounded.atanh()),
                (self.pose, average_parameters[count:]),
                (self.landmarks, average_landmarks.flatten()),
            ):
                head[-1].bias.copy_(value)  # type: ignore[union-attr, operator]


def _head(config: DAD3DNetConfig, inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, config.hidden), nn.ReLU(), nn.Dropout(config.dropout), nn.Linear(config.hidden, outputs)
    )
