"""What a training of the detector is made of."""

from dataclasses import dataclass, field
from typing import Literal

from trans3dhead.data.scene_windows import WindowConfig
from trans3dhead.losses.detection import DetectorLossWeights
from trans3dhead.networks.detection.config import MULTIPLE, DetectorConfig
from trans3dhead.training.engine.settings import SetsConfig, TrainingSettings


@dataclass(frozen=True, kw_only=True)
class DetectorRecipe(TrainingSettings):
    """One training of the detector; it learns from scenes and, if given, portraits of one head."""

    task: Literal["detector"] = "detector"
    data: SetsConfig
    start: str | None = None  # a detector of the same configuration to go on from, a file
    network: DetectorConfig = field(default_factory=DetectorConfig)
    losses: DetectorLossWeights = field(default_factory=DetectorLossWeights)
    augmentation: WindowConfig = field(default_factory=WindowConfig)
    image_size: int = 416  # pixels, the side of the windows
    batch_norm: Literal["synchronized", "local"] = "synchronized"  # see `set_batch_norm`

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.image_size < MULTIPLE or self.image_size % MULTIPLE:
            raise ValueError(f"image_size: expected a multiple of {MULTIPLE}, got {self.image_size}")
