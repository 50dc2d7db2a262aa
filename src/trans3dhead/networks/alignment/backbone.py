"""Backbones: ResNet-18, 34 and 50 with torchvision's parameter names; slim; any other by transformers' AutoBackbone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from trans3dhead.extras import install_line
from trans3dhead.networks.alignment.config import RESNETS, SLIM
from trans3dhead.networks.alignment.residual_stages import (
    BasicBlock,
    Block,
    Bottleneck,
    initialize_convolutions,
    residual_stage,
)
from trans3dhead.networks.alignment.slim import Slim
from trans3dhead.networks.alignment.transformers_backbone import TransformersBackbone, reachable
from trans3dhead.reading.safetensors_header import read_header


class ResNet(nn.Module):
    """He et al., "Deep residual learning for image recognition", CVPR 2016, without the classifier."""

    def __init__(self, name: str, stride: int = 32) -> None:
        """stride: 32, or 16 without the last stage."""
        super().__init__()
        bottleneck, (first, second, third, fourth) = RESNETS[name]
        block: Block = Bottleneck if bottleneck else BasicBlock
        expansion = block.expansion
        self.channels = 512 * expansion if stride == 32 else 256 * expansion
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = residual_stage(block, 64, 64, first, stride=1)
        self.layer2 = residual_stage(block, 64 * expansion, 128, second, stride=2)
        self.layer3 = residual_stage(block, 128 * expansion, 256, third, stride=2)
        self.layer4 = residual_stage(block, 256 * expansion, 512, fourth, stride=2) if stride == 32 else nn.Identity()
        initialize_convolutions(self)

    def forward(self, crops: Tensor) -> Tensor:
        """(B, 3, S, S) normalised RGB -> (B, channels, S / stride, S / stride)."""
        return self.layer4(self.early(crops)[-1])

    def early(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 3, S, S) normalised RGB -> the maps before the last stage, at strides 4, 8 and 16."""
        finest = self.layer1(self.maxpool(self.relu(self.bn1(self.conv1(crops)))))
        middle = self.layer2(finest)
        return finest, middle, self.layer3(middle)

    @property
    def stages(self) -> list[nn.Module]:
        """The residual stages that this ResNet has, the finest first."""
        stages = (self.layer1, self.layer2, self.layer3, self.layer4)
        return [stage for stage in stages if not isinstance(stage, nn.Identity)]

    def load_pretrained(self, source: str | Path) -> None:
        """ImageNet weights from a .pth or .safetensors file, or a hub id such as `timm/resnet50.tv_in1k`.

        The names are torchvision's; the classifier `fc` is left out. Every other tensor must be there and fit.
        """
        self.take(_read_weights(source), str(source))

    def take(self, given: Mapping[str, Tensor], source: str) -> None:
        """Tensors under torchvision's names, as `load_pretrained` has them; source: whose they are, for an error.

        A last stage that this ResNet lacks is left out.
        """
        left_out = ("fc.",) if isinstance(self.layer4, nn.Sequential) else ("fc.", "layer4.")
        weights = {name: tensor for name, tensor in given.items() if not name.startswith(left_out)}
        own = self.state_dict()
        for name in own:  # files older than PyTorch 0.4.1 lack this counter, which nothing here reads
            if name.endswith("num_batches_tracked"):
                weights.setdefault(name, torch.zeros((), dtype=torch.long))
        differing = sorted(
            name
            for name in own.keys() | weights.keys()
            if name not in own or name not in weights or own[name].shape != weights[name].shape
        )
        if differing:
            raise ValueError(
                f"{source}: expected torchvision's names and shapes for this ResNet, but {len(differing)} tensors "
                f"are missing, unknown or of another shape ({', '.join(differing[:4])}); give those of the same depth"
            )
        self.load_state_dict(weights)


Backbone = ResNet | Slim | TransformersBackbone


def build_backbone(
    name: str,
    configuration: str | None = None,
    stride: int = 32,
    widths: Sequence[int] | None = None,
    blocks: Sequence[int] | None = None,
) -> Backbone:
    """A backbone with random weights. name: resnet18, resnet34, resnet50, slim, or a folder or hub id for AutoBackbone.

    widths, blocks: see `Slim`, whose stride they decide; of blocks None: one at each stride.
    """
    if name in RESNETS:
        return ResNet(name, stride)
    if name == SLIM:
        if widths is None:
            raise ValueError(f"backbone: {SLIM} needs widths, its channels at strides 2, 4, 8, ...; got none")
        return Slim(widths, blocks or (1,) * (len(widths) - 1))
    return TransformersBackbone(name, configuration)


def _read_weights(source: str | Path) -> dict[str, Tensor]:
    path = Path(source)
    if not path.is_file():
        path = _from_hub(str(source))
    try:
        if path.suffix == ".safetensors":
            read_header(path)
            return load_file(path)
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (EOFError, RuntimeError, SafetensorError, UnpicklingError) as error:
        raise ValueError(f"{path}: not a readable file of weights ({error}); download it again") from error
    if not isinstance(loaded, Mapping) or not all(isinstance(tensor, Tensor) for tensor in loaded.values()):
        raise ValueError(f"{path}: expected tensors by name, got others; give a file of torchvision's weights")
    return dict(loaded)


def _from_hub(name: str) -> Path:
    if name.count("/") != 1 or Path(name).suffix in (".pth", ".pt", ".bin", ".safetensors"):
        raise ValueError(f"backbone weights: no file at {name!r}; give a .pth or .safetensors file, or a hub id")
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise ValueError(
            f"backbone weights: {name!r} is no file, and to fetch it from the hub huggingface-hub is needed; "
            f"{install_line('train')}, or give the path of a .pth or .safetensors file"
        ) from error
    return Path(reachable(name, hf_hub_download, name, "model.safetensors"))
