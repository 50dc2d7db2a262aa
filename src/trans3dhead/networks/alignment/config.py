"""The configurations of the networks: every choice of the papers and of the ablations is a field."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Literal, get_args

from trans3dhead.head_model.surface_points import GROUP
from trans3dhead.reading.checked_json import from_plain

Branches = Literal["none", "landmark", "both"]
ResidualRegression = Literal["none", "fixed", "learnable_average", "learnable_random"]
ParameterReference = Literal["zero", "average", "standardised"]
Framing = Literal["head", "face"]  # what the crops show: a head and some margin, or a face, upright and close

RESNETS: dict[str, tuple[bool, tuple[int, int, int, int]]] = {  # name -> (bottleneck blocks?, blocks in each stage)
    "resnet18": (False, (2, 2, 2, 2)),
    "resnet34": (False, (3, 4, 6, 3)),
    "resnet50": (True, (3, 4, 6, 3)),
}
# A file is data: it asks for no network that no one would train.
LARGEST_CROP = 4096  # pixels
MOST_CHANNELS = 4096
MOST_BLOCKS = 64  # in each stage of a backbone
MOST_POINTS = 4096
SLIM = "slim"
OWN_BACKBONES = (*RESNETS, SLIM)
_CHOICES: dict[str, tuple[str, ...]] = {
    "query_aware_memory": get_args(Branches),
    "memory_query_init": get_args(Branches),
    "residual_regression": get_args(ResidualRegression),
    "parameter_reference": get_args(ParameterReference),
}


@dataclass(frozen=True)
class Trans3DHeadConfig:
    """Trans3DHead. The defaults are the paper's, but for `memory_norm`, which is ours; set it to false for the paper's.

    The paper says nothing of `crop_size`, `heads`, `feed_forward` and `dropout`: DAD-3DNet's and DETR's stand in. What
    each ablation changes, and where else the network departs from the paper: `docs/network.md`.
    """

    backbone: str = "resnet50"  # resnet18, 34 or 50, slim, or a folder or hub id for transformers' AutoBackbone
    backbone_config: str | None = None  # transformers' configuration as JSON; filled where a checkpoint is saved
    crop_size: int = 256  # S, pixels; divisible by 32
    width: int = 256  # d, channels of queries and memory; divisible by 4 and by `heads`
    heads: int = 8
    feed_forward: int = 8  # hidden channels of the feed-forward blocks are this times `width`
    dropout: float = 0.1
    memory_norm: bool = True  # layer norm of the memory where no encoder ends with one; ours, the paper has none
    encoder_layers: int = 0  # 0 to 3
    decoder_layers: int = 2  # 1 to 3, in each branch
    query_aware_memory: Branches = "landmark"  # QAMem
    memory_query_init: Branches = "landmark"  # MQinit
    residual_regression: ResidualRegression = "fixed"  # MARR
    landmark_branch: bool = True  # False: the parameter branch alone
    parameter_reference: ParameterReference = "zero"  # or about fixed averages, or these and in units of their spread
    shape_parameters: int | None = None  # how many are regressed, the first ones; None: all of the head model's
    expression_parameters: int | None = None  # likewise
    jaw_parameters: bool = True  # where the head model has a jaw joint
    architecture: Literal["trans3dhead"] = "trans3dhead"
    framing: ClassVar[Framing] = "head"
    landmark_uncertainty: bool = False  # the landmark branch says how far off each landmark may be
    # What follows goes past the paper.
    memory_stride: int = 32  # or 16: the memory is the backbone's map before its last stage, which is left out
    surface_points: int = 0  # points of the head's surface that the landmark branch finds beside the 68
    landmark_memory: bool = False  # parameter queries attend to the landmark branch's queries as well
    head_fit: bool = False  # parameters are refined by all points, least squares; needs surface points and uncertainty
    surface_map: bool = False  # in training the memory says which part of the head each cell shows
    # What a small network needs.
    backbone_widths: tuple[int, ...] | None = None  # of slim alone: channels at strides 2, 4, ... to `memory_stride`
    backbone_blocks: tuple[int, ...] | None = None  # of slim alone: residual blocks at strides 4, ...; None: one each
    memory_query_rank: int | None = None  # MQinit's map to all queries goes through so few channels; None: it is whole

    def __post_init__(self) -> None:
        _check_choices(vars(self))
        _check_range("encoder_layers", self.encoder_layers, 0, 3)
        _check_range("decoder_layers", self.decoder_layers, 1, 3)
        _check_range("feed_forward", self.feed_forward, 1, 64)
        _check_range("heads", self.heads, 1, 64)
        _check_divisible("crop_size", self.crop_size, 32)
        _check_range("crop_size", self.crop_size, 32, LARGEST_CROP)
        _check_range("width", self.width, 4, MOST_CHANNELS)
        _check_divisible("width", self.width, 4)
        _check_divisible("width", self.width, self.heads)
        _check_probability("dropout", self.dropout)
        _check_counts(self.shape_parameters, self.expression_parameters)
        if self.memory_stride not in (16, 32):
            raise ValueError(f"memory_stride: got {self.memory_stride}, expected 16 or 32")
        if self.memory_stride == 16 and self.backbone not in OWN_BACKBONES:
            raise ValueError(f"memory_stride: got 16, expected it with one of {', '.join(OWN_BACKBONES)} alone")
        if self.memory_query_rank is not None:
            _check_range("memory_query_rank", self.memory_query_rank, 1, self.width)
        _check_slim(self)
        _check_points(self)


@dataclass(frozen=True)
class DAD3DNetConfig:
    """The baseline, as its paper describes it and its public code has it."""

    backbone: str = "resnet50"  # resnet18, resnet34 or resnet50
    crop_size: int = 256  # S, pixels; divisible by 64
    filters: int = 256  # channels of the feature pyramid
    pyramid_layers: int = 2
    hidden: int = 512  # of the three heads
    dropout: float = 0.3  # likewise
    shape_parameters: int | None = None  # how many are regressed, the first ones; None: all of the head model's
    expression_parameters: int | None = None  # likewise
    jaw_parameters: bool = True  # where the head model has a jaw joint
    architecture: Literal["dad3dnet"] = "dad3dnet"
    framing: ClassVar[Framing] = "head"

    def __post_init__(self) -> None:
        _check_resnet(self.backbone)
        _check_divisible("crop_size", self.crop_size, 64)
        _check_range("crop_size", self.crop_size, 64, LARGEST_CROP)
        _check_range("filters", self.filters, 1, 1024)
        _check_range("pyramid_layers", self.pyramid_layers, 1, 8)
        _check_range("hidden", self.hidden, 1, 8192)
        _check_probability("dropout", self.dropout)
        _check_counts(self.shape_parameters, self.expression_parameters)


@dataclass(frozen=True)
class PooledConfig:
    """A backbone, its mean, and one linear map to landmarks and parameters."""

    backbone: str = "resnet18"  # resnet18, resnet34 or resnet50
    crop_size: int = 128  # S, pixels; divisible by 32
    shape_parameters: int | None = None  # how many are regressed, the first ones; None: all of the head model's
    expression_parameters: int | None = None  # likewise
    jaw_parameters: bool = True  # where the head model has a jaw joint
    architecture: Literal["pooled"] = "pooled"
    framing: ClassVar[Framing] = "head"

    def __post_init__(self) -> None:
        _check_resnet(self.backbone)
        _check_divisible("crop_size", self.crop_size, 32)
        _check_range("crop_size", self.crop_size, 32, LARGEST_CROP)
        _check_counts(self.shape_parameters, self.expression_parameters)


@dataclass(frozen=True)
class FaceReaderConfig:
    """The network of the closer look, at faces alone, upright and close: see `docs/network.md`."""

    backbone: str = "resnet18"  # resnet18, resnet34 or resnet50, without its last stage
    crop_size: int = 112  # S, pixels; divisible by 16
    cell_channels: int = 64  # of each cell of 16 × 16 pixels
    hidden: int = 256  # channels of the layer over all cells
    dropout: float = 0.1  # of what the cells hold
    surface_points: int = 512  # points of the head's surface that it finds beside the 68, to which the head is fitted
    architecture: Literal["face_reader"] = "face_reader"
    framing: ClassVar[Framing] = "face"
    landmark_uncertainty: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_resnet(self.backbone)
        _check_divisible("crop_size", self.crop_size, 16)
        _check_range("crop_size", self.crop_size, 16, 1024)
        _check_range("cell_channels", self.cell_channels, 1, 1024)
        _check_range("hidden", self.hidden, 1, 8192)
        _check_probability("dropout", self.dropout)
        _check_divisible("surface_points", self.surface_points, GROUP)
        _check_range("surface_points", self.surface_points, GROUP, MOST_POINTS)


NetworkConfig = Trans3DHeadConfig | DAD3DNetConfig | PooledConfig | FaceReaderConfig
_KINDS: dict[str, type[NetworkConfig]] = {
    "trans3dhead": Trans3DHeadConfig,
    "dad3dnet": DAD3DNetConfig,
    "pooled": PooledConfig,
    "face_reader": FaceReaderConfig,
}


def config_from_dict(values: Mapping[str, Any]) -> NetworkConfig:
    """The configuration with these fields; the others keep their defaults. Without `architecture` it is Trans3DHead's.

    An unknown field or architecture is a ValueError that lists the known ones.
    """
    name = values.get("architecture", "trans3dhead")
    if not isinstance(name, str) or name not in _KINDS:
        raise ValueError(f"network: unknown architecture {name!r}, expected one of {', '.join(_KINDS)}")
    valid = [field.name for field in fields(_KINDS[name])]
    if unknown := sorted(set(values) - set(valid), key=str):
        raise ValueError(f"network: unknown {', '.join(map(str, unknown))}; valid fields are {', '.join(valid)}")
    _check_choices(values)
    return from_plain(dict(values), _KINDS[name], "network", remedy="see docs/network.md")


def config_to_dict(config: NetworkConfig) -> dict[str, Any]:
    """Plain values, as JSON and YAML have them; the inverse of `config_from_dict`."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(config).items()}


def _check_choices(values: Mapping[str, Any]) -> None:
    for name, choices in _CHOICES.items():
        if name in values and values[name] not in choices:
            raise ValueError(f"{name}: got {values[name]!r:.60}, expected one of {', '.join(choices)}")


def _check_slim(config: Trans3DHeadConfig) -> None:
    widths, blocks = config.backbone_widths, config.backbone_blocks
    if config.backbone != SLIM:
        for name, given in (("backbone_widths", widths), ("backbone_blocks", blocks)):
            if given is not None:
                raise ValueError(f"{name}: got {list(given)}, expected it with the backbone {SLIM} alone")
        return
    strides = [2**power for power in range(1, config.memory_stride.bit_length())]
    if widths is None or len(widths) != len(strides) or not _all_within(widths, MOST_CHANNELS):
        raise ValueError(
            f"backbone_widths: got {widths and list(widths)}, expected {len(strides)} numbers of channels with "
            f"memory_stride {config.memory_stride}, at strides {', '.join(map(str, strides))}"
        )
    if blocks is not None and (len(blocks) != len(strides) - 1 or not _all_within(blocks, MOST_BLOCKS)):
        raise ValueError(
            f"backbone_blocks: got {list(blocks)}, expected {len(strides) - 1} numbers of blocks with "
            f"memory_stride {config.memory_stride}, at strides {', '.join(map(str, strides[1:]))}"
        )


def _check_points(config: Trans3DHeadConfig) -> None:
    _check_divisible("surface_points", config.surface_points or GROUP, GROUP)
    _check_range("surface_points", config.surface_points, 0, MOST_POINTS)
    for name in ("landmark_uncertainty", "surface_points", "landmark_memory", "head_fit", "surface_map"):
        if (value := getattr(config, name)) and not config.landmark_branch:
            raise ValueError(f"{name}: got {str(value).lower()}, expected it with a landmark_branch alone")
    if config.head_fit and not (config.surface_points and config.landmark_uncertainty):
        raise ValueError("head_fit: got true, expected it with surface_points and landmark_uncertainty, which it reads")
    if config.head_fit and config.expression_parameters is not None:
        raise ValueError("head_fit: got true, expected all expression_parameters with it, whose means are not zero")


def _all_within(values: tuple[int, ...], most: int) -> bool:
    return min(values) >= 1 and max(values) <= most


def _check_resnet(name: str) -> None:
    if name not in RESNETS:
        raise ValueError(f"backbone: got {name!r}, expected one of {', '.join(RESNETS)}")


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name}: got {value}, expected {low} to {high}")


def _check_divisible(name: str, value: int, by: int) -> None:
    if value <= 0 or value % by:
        raise ValueError(f"{name}: got {value}, expected a positive multiple of {by}")


def _check_probability(name: str, value: float) -> None:
    if not 0.0 <= value < 1.0:
        raise ValueError(f"{name}: got {value}, expected a probability in [0, 1)")


def _check_counts(shape: int | None, expression: int | None) -> None:
    for name, value in (("shape_parameters", shape), ("expression_parameters", expression)):
        if value is not None and value < 0:
            raise ValueError(f"{name}: got {value}, expected 0 or more, or None for all of the head model's")
