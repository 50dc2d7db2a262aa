"""ImageNet's pixel mean and deviation, written once."""

import torch
from torch import Tensor

IMAGENET_MEAN = (0.485, 0.456, 0.406)  # RGB, of pixels in [0, 1]
IMAGENET_STD = (0.229, 0.224, 0.225)


def normalize(crops: Tensor) -> Tensor:
    """(B, 3, S, S) uint8 RGB -> the same shape and memory format, float32, in units of ImageNet's deviation.

    Raises ValueError for anything but uint8, so that no picture is normalised twice.
    """
    if crops.dtype != torch.uint8 or crops.shape[-3] != 3:
        raise ValueError(f"crops: expected uint8 (B, 3, S, S), got {crops.dtype} {tuple(crops.shape)}")
    mean = torch.tensor(IMAGENET_MEAN, device=crops.device).mul(255.0)
    scale = torch.tensor(IMAGENET_STD, device=crops.device).mul(255.0).reciprocal()
    return crops.float().sub_(_row(mean, crops)).mul_(_row(scale, crops))


def _row(channels: Tensor, crops: Tensor) -> Tensor:
    """(3,) -> (1, 3, 1, S), a row of pixels in channels-last memory.

    One pixel, (1, 3, 1, 1), would do, but where the crops' channels are last in memory too PyTorch then takes a loop of
    three numbers for each pixel instead of one for each row, ten times as long.
    """
    return channels[:, None, None].expand(1, 3, 1, crops.shape[-1]).contiguous(memory_format=torch.channels_last)
