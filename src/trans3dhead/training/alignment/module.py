"""The Lightning module of an alignment network: a thin shell around the network, targets, losses and metrics."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trans3dhead.data.targets import Batch, Targets, targets_from_annotations
from trans3dhead.head_model import HeadModel
from trans3dhead.losses import alignment_loss
from trans3dhead.networks.alignment import Network, Prediction
from trans3dhead.networks.preprocess import normalize
from trans3dhead.training.alignment.recipe import Recipe
from trans3dhead.training.alignment.teacher import Teacher
from trans3dhead.training.alignment.validation import HeadMetrics, head_metrics
from trans3dhead.training.engine.base import TrainingModule


@dataclass(frozen=True)
class ValidationOutput:
    """What a validation step gives to the callbacks that record and draw it."""

    metrics: HeadMetrics
    prediction: Prediction
    targets: Targets


class AlignmentModule(TrainingModule):
    """Trains an alignment network by a recipe."""

    recipe: Recipe
    spread: Tensor

    def __init__(
        self,
        recipe: Recipe,
        model: Network,
        head_model: HeadModel,
        photographs: int,
        spread: Tensor | None = None,
        teacher: Teacher | None = None,
    ) -> None:
        """photographs: the size of the training set, to which a budget in epochs refers; spread: (P,) the standard
        deviations of its parameters, in which coefficients' errors count; None: 1.
        """
        super().__init__(recipe, model, head_model, photographs)
        self.teacher = teacher
        self.register_buffer("spread", torch.ones(head_model.layout.size) if spread is None else spread, False)

    def forward(self, crops: Tensor, model: nn.Module | None = None) -> Prediction:
        """(B, 3, S, S) uint8 RGB -> the network's prediction, in the recipe's precision."""
        half = self.recipe.precision == "bfloat16"
        with torch.autocast(crops.device.type, dtype=torch.bfloat16, enabled=half):
            return (self.model if model is None else model)(normalize(crops))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss of this process's share of a batch."""
        targets = targets_from_annotations(batch, self.head_model)
        prediction, taught = self(batch.crops), self._taught(batch.crops)
        losses = alignment_loss(prediction, targets, self.head_model, self.recipe.losses, self.spread, taught)
        return self.total_of(losses)

    @torch.no_grad()
    def _taught(self, crops: Tensor) -> Prediction | None:
        """What the teacher says of the same crops, (B, 3, S, S) uint8 RGB."""
        if self.teacher is None:
            return None
        return self(self.teacher.crops_of(crops), self.teacher.network.to(crops.device))

    def validation_step(  # type: ignore[override]
        self, batch: Batch, batch_idx: int
    ) -> ValidationOutput:
        """Metrics of the averaged weights where there are such, else of the current ones."""
        targets = targets_from_annotations(batch, self.head_model)
        prediction = self(batch.crops, self.final_model)
        return ValidationOutput(head_metrics(prediction, targets, self.head_model), prediction, targets)
