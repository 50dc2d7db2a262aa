"""The heatmaps of DAD-3DNet."""

import torch
from torch import Tensor

# DAD-3DNet's targets, cells of its heatmaps: the Gaussian's deviation is a sixth of its diameter.
_HEATMAP_RADIUS = 5
_HEATMAP_SIGMA = (2 * _HEATMAP_RADIUS + 1) / 6


def heatmap_loss(heatmaps: Tensor, landmarks: Tensor) -> Tensor:
    """DAD-3DNet's soft IoU of each landmark: 1 - sum(p t) / sum(p + t - p t).

    heatmaps: (B, 68, h, w) before the sigmoid; landmarks: (B, 68, 2) crop units -> (B, 68).
    """
    predicted, wanted = heatmaps.sigmoid(), gaussian_heatmaps(landmarks, heatmaps)
    both = (predicted * wanted).sum(dim=(2, 3))
    either = (predicted + wanted).sum(dim=(2, 3)) - both
    return 1.0 - both / either.clamp(min=1e-6)


@torch.no_grad()
def gaussian_heatmaps(landmarks: Tensor, like: Tensor) -> Tensor:
    """(B, N, 2) crop units -> (B, N, h, w): 1 at the landmark's cell, a Gaussian that ends five cells away.

    like: (B, N, h, w), which gives the memory layout too: on the CPU sums of two layouts take five times as long.
    """
    height, width = like.shape[-2:]
    cells = landmarks.new_tensor([width, height])
    centre = (landmarks * cells).floor()
    columns = torch.arange(width, device=landmarks.device) - centre[..., :1]
    rows = torch.arange(height, device=landmarks.device) - centre[..., 1:]
    fall = -0.5 / _HEATMAP_SIGMA**2
    across, down = (
        torch.where(steps.abs() <= _HEATMAP_RADIUS, (fall * steps.square()).exp(), torch.zeros_like(steps))
        for steps in (columns, rows)
    )
    return torch.mul(down[..., :, None], across[..., None, :], out=torch.empty_like(like))
