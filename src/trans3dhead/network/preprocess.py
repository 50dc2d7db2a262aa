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
    mean = torch.tensor(IMAGENET_MEAN, device=crops.device).mul(255.0)[:, None, None]
    scale = torch.tensor(IMAGENET_STD, device=crops.device).mul(255.0).reciprocal()[:, None, None]
    return crops.float().sub_(mean).mul_(scale)
