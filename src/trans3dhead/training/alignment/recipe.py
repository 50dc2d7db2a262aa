"""What a training is made of: one YAML file a recipe, read strictly into these dataclasses."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from trans3dhead.data.augmentation import AugmentationConfig
from trans3dhead.data.dataset import FacingPhotographs, Photographs
from trans3dhead.losses import AlignmentLossConfig
from trans3dhead.networks.alignment import NetworkConfig, Trans3DHeadConfig
from trans3dhead.training.engine.batch_norm import BatchNorm
from trans3dhead.training.engine.mapping import from_mapping, read_values
from trans3dhead.training.engine.settings import SetsConfig, TrainingSettings, at_least


@dataclass(frozen=True)
class DataConfig(SetsConfig):
    """The photographs of an alignment network."""

    reference_samples: int | None = 8192  # photographs from which the average face is computed; None: all
    reference_mirrored: bool = True  # and their mirror images, where the head model knows these
    largest_yaw: float | None = None  # degrees: only photographs whose head faces the camera that far; None: all

    def kept(self, photographs: Photographs) -> Photographs:
        """Those whose heads face the camera as far as is asked."""
        return photographs if self.largest_yaw is None else FacingPhotographs(photographs, self.largest_yaw)

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(1, reference_samples=self.reference_samples)
        if self.largest_yaw is not None and not 0.0 < self.largest_yaw <= 180.0:
            raise ValueError(f"largest_yaw: expected degrees, above 0 and up to 180, got {self.largest_yaw}")


@dataclass(frozen=True, kw_only=True)
class Recipe(TrainingSettings):
    """One training of an alignment network."""

    task: Literal["alignment"] = "alignment"
    data: DataConfig
    pretrained: str | None = None  # weights of the backbone: a file or hub id of ImageNet's, or one of our networks
    start: str | None = None  # a whole network of the same configuration to go on from: one that ships, or a file
    teacher: str | None = None  # a network whose answers the losses `teacher_...` compare: one that ships, or a file
    network: NetworkConfig = field(default_factory=Trans3DHeadConfig)
    losses: AlignmentLossConfig = field(default_factory=AlignmentLossConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    batch_norm: BatchNorm = "synchronized"  # over the whole batch; see `set_batch_norm` for the others
    frozen_stages: int = 0  # of a ResNet: so many, and the stem, keep the weights that they come with (DETR: 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.batch_norm == "frozen" and self.pretrained is None and self.start is None:
            raise ValueError(
                "batch_norm: frozen keeps the statistics that the backbone comes with; give `pretrained` or `start`"
            )
        if self.frozen_stages and self.batch_norm != "frozen":
            raise ValueError(
                f"frozen_stages: got {self.frozen_stages}, expected 0 unless batch_norm is frozen: they would move"
            )
        if getattr(self.network, "landmark_uncertainty", False) != bool(self.losses.landmark_likelihood.weight):
            raise ValueError(
                "losses.landmark_likelihood.weight: expected it above 0 with network.landmark_uncertainty, else 0, "
                f"got {self.losses.landmark_likelihood.weight}: this term alone trains the spread of the landmarks"
            )
        taught = list(self.losses.taught)
        if taught and self.teacher is None:
            raise ValueError(
                f"teacher: expected one for losses.{', losses.'.join(taught)}, got none; give the name of a network "
                "that ships or the path of a checkpoint, or these terms the weight 0"
            )
        if self.teacher is not None and not taught:
            raise ValueError(
                f"teacher: got {self.teacher}, from which nothing is learned; give a loss such as "
                "losses.teacher_landmarks a weight, or leave the teacher out"
            )


def read_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe of an alignment network with `key.sub=value` overrides.

    Raises ValueError that lists the valid keys for an unknown one.
    """
    return from_mapping(Recipe, read_values(path, overrides))
