"""A narrow residual network for phones and browsers."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from trans3dhead.networks.alignment.residual_stages import BasicBlock, initialize_convolutions, residual_stage


class Slim(nn.Module):
    """A 3×3 convolution, then stages of basic blocks; each halves the map. Nothing but plain convolutions.

    Departures from ResNet-18: widths of its own, a first kernel of 3×3 and no pooling.
    """

    def __init__(self, widths: Sequence[int], blocks: Sequence[int]) -> None:
        """widths: channels at strides 2, 4, 8, ...; blocks: how many at strides 4, 8, ..."""
        super().__init__()
        self.channels = widths[-1]
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
        )
        steps = zip(widths[:-1], widths[1:], blocks, strict=True)
        self.stages = nn.Sequential(*(residual_stage(BasicBlock, *step, stride=2) for step in steps))
        initialize_convolutions(self)

    def forward(self, crops: Tensor) -> Tensor:
        """(B, 3, S, S) normalised RGB -> (B, channels, S / s, S / s), s the stride of the last stage."""
        return self.stages(self.stem(crops))

    def load_pretrained(self, source: str | Path) -> None:
        """Refuse them: nobody else has such a network."""
        raise ValueError(
            f"pretrained: {source} is no network of ours, and ImageNet's weights are not for the backbone slim; "
            "give a checkpoint with the same backbone_widths, or null"
        )
