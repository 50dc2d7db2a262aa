"""What the recipes of all trainings have in common: sets, rates, budget, records."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from trans3dhead.data.dataset import Photographs


@dataclass(frozen=True)
class SetsConfig:
    """Which photographs, and how they are read."""

    train: tuple[str, ...]  # folders of synthetic sets, joined
    validation: tuple[str, ...]
    partial: bool = False  # accept sets whose rendering has not ended
    train_limit: int | None = None  # photographs, the first ones; for trials
    validation_limit: int | None = None
    workers: int = 1  # processes that prepare samples, beside each one that trains

    def kept(self, photographs: Photographs) -> Photographs:
        """Those of a set that are used: all, unless the recipes of a task leave some out."""
        return photographs

    def __post_init__(self) -> None:
        at_least(0, workers=self.workers)
        at_least(1, train_limit=self.train_limit, validation_limit=self.validation_limit)


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
    """How long a training lasts; of several limits the nearest drives the schedule and ends the training."""

    epochs: float | None = None
    samples: int | None = None
    minutes: float | None = None  # of wall time, validation included; such a run is not repeatable to the bit

    def __post_init__(self) -> None:
        given = [value for value in (self.epochs, self.samples, self.minutes) if value is not None]
        if not given or min(given) <= 0:
            got = ", ".join(map(str, given)) or "none"
            raise ValueError(f"expected positive epochs, samples or minutes (or several), got {got}")

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
    preview_crops: int = 32  # crops or scenes of the validation set, drawn with what is found at each validation
    checkpoint_minutes: float = 10.0

    def __post_init__(self) -> None:
        at_least(1, log_steps=self.log_steps, validate_samples=self.validate_samples)
        at_least(0, preview_crops=self.preview_crops)


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """The part of a recipe that does not depend on what is trained."""

    name: str  # of the run folder
    data: SetsConfig
    budget: BudgetConfig
    head_model: str = "anny"  # one that ships, or the path of a head model file
    network: Any  # the configuration of the network
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    monitor: MonitorConfig = field(default_factory=MonitorConfig)
    batch_size: int = 32  # of all processes together
    batch_norm: str  # see `set_batch_norm`
    seed: int = 0
    average: float = 0.0  # decay of the exponential moving average of the weights; 0: none
    precision: Literal["float32", "bfloat16"] = "float32"  # of the network; labels and losses are float32
    channels_last: bool = False
    threads: int | None = None  # of each training process; None: as many as PyTorch chooses
    weights: Literal["float32", "float16"] = "float32"  # of the final model file

    def __post_init__(self) -> None:
        if self.name in ("", "..") or Path(self.name).name != self.name or "\\" in self.name:
            raise ValueError(
                f"name: expected a folder's name without slashes, got {self.name!r}; --runs says where it lies"
            )
        at_least(1, batch_size=self.batch_size)
        at_least(0, seed=self.seed)


def at_least(least: int, **values: int | None) -> None:
    """Raise ValueError that names a value below the least one; None is no value."""
    for name, value in values.items():
        if value is not None and value < least:
            raise ValueError(f"{name}: expected at least {least}, got {value}")
