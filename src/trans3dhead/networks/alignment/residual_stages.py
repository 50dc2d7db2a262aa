"""Residual blocks and stages of them (He et al., CVPR 2016), of which the ResNets and the slim backbone are made."""

from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3×3 convolutions."""

    expansion = 1

    def __init__(self, channels: int, width: int, stride: int, downsample: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = downsample

    def forward(self, maps: Tensor) -> Tensor:
        """(B, channels, H, W) -> (B, width, H / stride, W / stride)."""
        shortcut = maps if self.downsample is None else self.downsample(maps)
        maps = self.relu(self.bn1(self.conv1(maps)))
        return self.relu(self.bn2(self.conv2(maps)) + shortcut)


class Bottleneck(nn.Module):
    """1×1, 3×3 and 1×1 convolutions; the last widens four times. The stride is in the 3×3, where the usual ImageNet
    weights have it.
    """

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int, downsample: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, maps: Tensor) -> Tensor:
        """(B, channels, H, W) -> (B, 4 · width, H / stride, W / stride)."""
        shortcut = maps if self.downsample is None else self.downsample(maps)
        maps = self.relu(self.bn1(self.conv1(maps)))
        maps = self.relu(self.bn2(self.conv2(maps)))
        return self.relu(self.bn3(self.conv3(maps)) + shortcut)


Block = type[BasicBlock] | type[Bottleneck]


def residual_stage(block: Block, channels: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    """So many blocks, the stride in the first: (B, channels, H, W) -> (B, width, H / stride, W / stride).

    Bottlenecks widen the result four times.
    """
    out = block.expansion * width
    downsample = None
    if stride != 1 or channels != out:
        downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride=stride, bias=False), nn.BatchNorm2d(out))
    further = (block(out, width, 1, None) for _ in range(blocks - 1))
    return nn.Sequential(block(channels, width, stride, downsample), *further)


def initialize_convolutions(network: nn.Module) -> None:
    """Random kernels that keep the size of gradients on their way back (He et al., ICCV 2015)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
