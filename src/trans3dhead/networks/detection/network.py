"""The detector: plain convolutions, a pyramid of three strides, and for each location a score, a box, a rotation."""

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d
from torch.nn.utils.fusion import fuse_conv_bn_eval

from trans3dhead.networks.detection.config import MULTIPLE, STRIDES, DetectorConfig

_OUTPUTS = (1, 4, 6)  # score; left, top, right, bottom; 6D rotation
_PRIOR = 0.01  # the score of every location before training: most are background
_LARGEST = 5.0  # of the logarithm of a distance in strides: 4,749 pixels at stride 32
_MOMENTUM, _EPSILON = 0.03, 1e-3  # of batch norm, YOLOX's


@dataclass(frozen=True)
class Dense:
    """What the network says at each location; the locations of stride 8 first, rows from the top."""

    scores: Tensor  # (B, A) logits
    boxes: Tensor  # (B, A, 4) [x, y, w, h] pixels of the input
    rotations: Tensor  # (B, A, 6) head space -> a camera that looks at the face, see `rotation_from_6d`


class DetectorNetwork(nn.Module):
    """Backbone, neck, heads. A head is a box, amodal, that may reach outside of the picture."""

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(config)
        self.neck = Neck(config.widths[1:], config.neck)
        self.heads = nn.ModuleList(PredictionHead(config.neck, config.head) for _ in STRIDES)

    def forward(self, images: Tensor) -> Dense:
        """images: (B, 3, H, W) RGB, ImageNet mean and deviation; H and W any multiples of 32."""
        height, width = images.shape[-2:]
        if height % MULTIPLE or width % MULTIPLE:
            raise ValueError(
                f"images: expected sides that are multiples of {MULTIPLE}, got {height} × {width}; pad them"
            )
        maps = self.neck(*self.backbone(images))
        raw = [head(features).flatten(2) for head, features in zip(self.heads, maps, strict=True)]
        points, strides = locations(height, width, images.device)
        return _decode(torch.cat(raw, dim=2).transpose(1, 2).float(), points, strides)  # (B, A, 11)


class Backbone(nn.Module):
    """Five halvings; the maps of the last three, the last one with pooling over wide windows."""

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        self.stem = ConvNormReLU(3, config.stem, 3, stride=2)
        before = (config.stem, *config.widths[:-1])
        self.stages = nn.ModuleList(
            nn.Sequential(ConvNormReLU(last, width, 3, stride=2), *(Residual(width) for _ in range(depth)))
            for last, width, depth in zip(before, config.widths, config.depths, strict=True)
        )
        self.pooling = PyramidPooling(config.widths[-1])

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 3, H, W) -> (B, C, H / s, W / s) at the strides s of 8, 16, 32."""
        first, second, third, last = self.stages
        fine = second(first(self.stem(images)))
        middle = third(fine)
        return fine, middle, self.pooling(last(middle))


class Neck(nn.Module):
    """A path aggregation network (PANet) that adds: what coarse maps know goes down to the fine ones, and back up."""

    def __init__(self, widths: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(ConvNormReLU(before, width, 1) for before in widths)
        self.down = nn.ModuleList(ConvNormReLU(width, width, 3) for _ in range(2))  # at strides 16, 8
        self.halve = nn.ModuleList(ConvNormReLU(width, width, 3, stride=2) for _ in range(2))
        self.up = nn.ModuleList(ConvNormReLU(width, width, 3) for _ in range(2))  # at strides 16, 32

    def forward(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Three maps -> three maps of the same sizes, all of the neck's width."""
        fine, middle, coarse = (layer(m) for layer, m in zip(self.laterals, (fine, middle, coarse), strict=True))
        middle = self.down[0](middle + _doubled(coarse))
        fine = self.down[1](fine + _doubled(middle))
        middle = self.up[0](middle + self.halve[0](fine))
        coarse = self.up[1](coarse + self.halve[1](middle))
        return fine, middle, coarse


class PredictionHead(nn.Module):
    """Score, box and rotation of one level's locations."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.look = ConvNormReLU(width, hidden, 3)
        self.mix = ConvNormReLU(hidden, hidden, 1)
        self.out = nn.Conv2d(hidden, sum(_OUTPUTS), 1)
        nn.init.normal_(self.out.weight, std=0.01)
        assert self.out.bias is not None  # for mypy
        with torch.no_grad():  # nothing is there; a box of four strides; a head that looks into the camera
            face = (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
            self.out.bias.copy_(torch.tensor((math.log(_PRIOR / (1 - _PRIOR)), *(math.log(2.0),) * 4, *face)))

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, 11, H, W)."""
        return self.out(self.mix(self.look(features)))


class Residual(nn.Module):
    """A 3×3 convolution whose result is added to what it sees."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.change = ConvNormReLU(width, width, 3)

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        return features + self.change(features)


class PyramidPooling(nn.Module):
    """SPPF: largest values over windows of 5, 9 and 13, so that a location sees heads that fill the picture."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter = ConvNormReLU(width, width // 2, 1)
        self.leave = ConvNormReLU(2 * width, width, 1)

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        parts = [self.enter(features)]
        for _ in range(3):
            parts.append(max_pool2d(parts[-1], 5, stride=1, padding=2))
        return self.leave(torch.cat(parts, dim=1))


class ConvNormReLU(nn.Module):
    """Convolution, batch norm, ReLU, of which inference needs two: see `folded`."""

    def __init__(self, before: int, width: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, width, kernel, stride, padding=kernel // 2, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(width, eps=_EPSILON, momentum=_MOMENTUM)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, width, H / stride, W / stride)."""
        return self.norm(self.conv(features)).relu_()


def folded(network: DetectorNetwork) -> DetectorNetwork:
    """A copy in evaluation mode whose batch norms are part of the convolutions: the same answers, sooner.

    Its kernels lie with the channels last, which CPUs like better and which the maps then follow.
    """
    copied = copy.deepcopy(network).eval()
    for block in [module for module in copied.modules() if isinstance(module, ConvNormReLU)]:
        if isinstance(block.norm, nn.BatchNorm2d):
            block.conv, block.norm = fuse_conv_bn_eval(block.conv, block.norm), nn.Identity()
    return copied.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def locations(height: int, width: int, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
    """The locations of an input of height × width pixels: (A, 2) their x, y in pixels, and (A,) their strides."""
    points, strides = [], []
    for stride in STRIDES:
        rows, columns = height // stride, width // stride
        y = (torch.arange(rows, device=device, dtype=torch.float32) + 0.5) * stride
        x = (torch.arange(columns, device=device, dtype=torch.float32) + 0.5) * stride
        grid = torch.stack((x[None, :].expand(rows, columns), y[:, None].expand(rows, columns)), dim=-1).reshape(-1, 2)
        points.append(grid)
        strides.append(torch.full_like(grid[:, 0], float(stride)))
    return torch.cat(points), torch.cat(strides)


def _decode(raw: Tensor, points: Tensor, strides: Tensor) -> Dense:
    """(B, A, 11) outputs, (A, 2) locations and (A,) strides, pixels -> boxes in pixels."""
    scores, logarithms, rotations = raw.split(_OUTPUTS, dim=-1)
    distances = logarithms.clamp(max=_LARGEST).exp() * strides[:, None]  # left, top, right, bottom
    start, end = distances.split(2, dim=-1)
    return Dense(scores.squeeze(-1), torch.cat((points - start, start + end), dim=-1), rotations)


def _doubled(features: Tensor) -> Tensor:
    return interpolate(features, scale_factor=2.0, mode="nearest")
