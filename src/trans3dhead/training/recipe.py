"""What a training is made of: one YAML file a recipe, read strictly into these dataclasses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import yaml

from trans3dhead.data.augmentation import AugmentationConfig
from trans3dhead.losses import LossWeights
from trans3dhead.network import NetworkConfig, Trans3DHeadConfig
from trans3dhead.training.batch_norm import BatchNorm
from trans3dhead.training.mapping import from_mapping, with_overrides


@dataclass(frozen=True)
class DataConfig:
    """Which photographs, and how they are read."""

    train: tuple[str, ...]  # folders of synthetic sets, joined
    validation: tuple[str, ...]
    partial: bool = False  # accept sets whose rendering has not ended
    train_limit: int | None = None  # photographs, the first ones; for trials
    validation_limit: int | None = None
    workers: int = 1  # processes that prepare crops, beside each one that trains
    reference_samples: int = 8192  # photographs from which the average face is computed

    def __post_init__(self) -> None:
        _at_least(0, workers=self.workers)
        _at_least(1, train_limit=self.train_limit, validation_limit=self.validation_limit)
        _at_least(1, reference_samples=self.reference_samples)


@dataclass(frozen=True)
class OptimizerConfig:
    """Adam or AdamW; biases, norms and query embeddings are not decayed."""

    name: Literal["adam", "adamw"] = "adamw"
    lr: float = 1e-3
    backbone_lr_factor: float = 1.0
    weight_decay: float = 0.05
    betas: tuple[float, float] = (0.9, 0.999)
    clip_norm: float | None = 1.0  # largest norm of all gradients together


@dataclass(frozen=True)
class ScheduleConfig:
    """The learning rate over the budget: warm-up, then constant, stepwise or half a cosine."""

    name: Literal["constant", "step", "cosine"] = "cosine"
    warmup_samples: int = 0
    steps: tuple[float, ...] = ()  # shares of the budget at which the rate drops
    step_factor: float = 0.1
    final_factor: float = 0.0  # where the cosine ends


@dataclass(frozen=True)
class BudgetConfig:
    """How long; where several limits are given, the nearest drives the schedule and ends the training."""

    epochs: float | None = None
    samples: int | None = None
    minutes: float | None = None  # of wall time, validation included; such a run is not repeatable to the bit

    def __post_init__(self) -> None:
        given = [value for value in (self.epochs, self.samples, self.minutes) if value is not None]
        if not given or min(given) <= 0:
            raise ValueError("budget: expected a positive epochs, samples or minutes (or several), got none or zero")

    def progress(self, samples: int, photographs: int, minutes: float) -> float:
        """The share of the budget that is spent, 0 to 1, after so many samples of a set and so many minutes."""
        shares = [0.0]
        if self.epochs is not None:
            shares.append(samples / (self.epochs * photographs))
        if self.samples is not None:
            shares.append(samples / self.samples)
        if self.minutes is not None:
            shares.append(minutes / self.minutes)
        return min(1.0, max(shares))


@dataclass(frozen=True)
class MonitorConfig:
    """What a training tells while it runs."""

    log_steps: int = 50
    validate_samples: int = 50_000  # training samples between two validations
    preview_crops: int = 32  # of the validation set, drawn with their landmarks at each validation
    checkpoint_minutes: float = 10.0

    def __post_init__(self) -> None:
        _at_least(1, log_steps=self.log_steps, validate_samples=self.validate_samples)
        _at_least(0, preview_crops=self.preview_crops)


@dataclass(frozen=True)
class Recipe:
    """One training."""

    name: str  # of the run folder
    data: DataConfig
    budget: BudgetConfig
    head_model: str = "anny"  # one that ships, or the path of a head model file
    pretrained: str | None = None  # weights of the backbone: a file or hub id of ImageNet's, or one of our networks
    start: str | None = None  # a whole network of the same configuration to go on from: one that ships, or a file
    network: NetworkConfig = field(default_factory=Trans3DHeadConfig)
    losses: LossWeights = field(default_factory=LossWeights)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    monitor: MonitorConfig = field(default_factory=MonitorConfig)
    batch_size: int = 32  # of all processes together
    batch_norm: BatchNorm = "synchronized"  # over the whole batch; see `set_batch_norm` for the others
    seed: int = 0
    average: float = 0.0  # decay of the exponential moving average of the weights; 0: none
    precision: Literal["float32", "bfloat16"] = "float32"  # of the network; labels and losses are float32
    channels_last: bool = False
    threads: int | None = None  # of each training process; None: as many as PyTorch chooses
    weights: Literal["float32", "float16"] = "float32"  # of the final model file

    def __post_init__(self) -> None:
        _at_least(1, batch_size=self.batch_size)
        _at_least(0, seed=self.seed)
        if self.batch_norm == "frozen" and self.pretrained is None and self.start is None:
            raise ValueError(
                "batch_norm: frozen keeps the statistics that the backbone comes with; give `pretrained` or `start`"
            )
        if getattr(self.network, "landmark_uncertainty", False) != bool(self.losses.landmark_likelihood):
            raise ValueError(
                "losses.landmark_likelihood: expected a weight above 0 with network.landmark_uncertainty and 0 without "
                f"it, got {self.losses.landmark_likelihood}: this term alone trains the spread of the landmarks"
            )


def read_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """A recipe file with `key.sub=value` overrides. Raises ValueError that lists the valid keys for an unknown one."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such recipe; the ones that come with the repository are in recipes/")
    try:
        values = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: expected YAML, got {error}") from error
    if not isinstance(values, Mapping):
        raise ValueError(f"{path}: expected the keys of a recipe, such as name and data, got {values!r:.60}")
    return from_mapping(Recipe, with_overrides(values, overrides))


def _at_least(least: int, **values: int | None) -> None:
    for name, value in values.items():
        if value is not None and value < least:
            raise ValueError(f"{name}: expected at least {least}, got {value}")
