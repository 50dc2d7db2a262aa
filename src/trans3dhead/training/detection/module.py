"""The Lightning module of the detector: a thin shell around the network, the loss and the metrics."""

import torch
from torch import Tensor, nn

from trans3dhead.data.scene_windows import SceneBatch
from trans3dhead.losses.detection import detector_loss
from trans3dhead.metrics.detection import LEAST_SCORE
from trans3dhead.networks.detection.found import find
from trans3dhead.networks.detection.network import Dense
from trans3dhead.networks.preprocess import normalize
from trans3dhead.training.detection.recipe import DetectorRecipe
from trans3dhead.training.detection.validation import ScoredPicture, scored_pictures
from trans3dhead.training.engine.base import TrainingModule


class DetectorModule(TrainingModule):
    """Trains the detector by a recipe."""

    recipe: DetectorRecipe

    def forward(self, images: Tensor, model: nn.Module | None = None) -> Dense:
        """(B, 3, H, W) uint8 RGB -> what the network says, in the recipe's precision."""
        half = self.recipe.precision == "bfloat16"
        with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=half):
            return (self.model if model is None else model)(normalize(images))

    def training_step(self, batch: SceneBatch, batch_idx: int) -> Tensor:
        """The loss of this process's share of a batch."""
        return self.total_of(detector_loss(self(batch.images), batch, self.recipe.losses))

    def validation_step(  # type: ignore[override]
        self, batch: SceneBatch, batch_idx: int
    ) -> list[ScoredPicture]:
        """What the averaged weights, where there are such, else the current ones, find in each picture."""
        return scored_pictures(find(self(batch.images, self.final_model), LEAST_SCORE), batch)
