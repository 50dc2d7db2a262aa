"""The Lightning module of every training: its clock, its rates, the average of its weights."""

import time
from typing import Any

import torch
from lightning import LightningModule
from torch import Tensor, nn

from trans3dhead.head_model import HeadModel
from trans3dhead.losses import Losses
from trans3dhead.training.engine import processes
from trans3dhead.training.engine.averaging import AveragedWeights
from trans3dhead.training.engine.optimizer import build_optimizer
from trans3dhead.training.engine.schedule import learning_rate_factor
from trans3dhead.training.engine.settings import TrainingSettings


class TrainingModule(LightningModule):
    """Trains a network by a recipe; `start_step` and `start_minutes` continue an earlier run."""

    recipe: TrainingSettings

    def __init__(self, recipe: TrainingSettings, model: nn.Module, head_model: HeadModel, photographs: int) -> None:
        """photographs: the size of the training set, to which a budget in epochs refers."""
        super().__init__()
        self.recipe, self.model, self.head_model, self.photographs = recipe, model, head_model, photographs
        self.average = AveragedWeights(model, recipe.average) if recipe.average else None
        self.start_step, self.start_minutes = 0, 0.0
        self.optimizer_state: dict[str, Any] | None = None  # of an earlier run
        self.losses: dict[str, Tensor] = {}  # the terms and `total` of the last step's whole batch, detached scalars
        self._started = time.monotonic()
        self._minutes = 0.0  # as of the beginning of this step; the clock of the first process, so that all agree

    @property
    def step(self) -> int:
        """Optimizer steps so far, those of earlier runs included."""
        return self.start_step + self.trainer.global_step

    @property
    def minutes(self) -> float:
        """Wall time spent in training so far, that of earlier runs included."""
        return self.start_minutes + (time.monotonic() - self._started) / 60

    @property
    def samples(self) -> int:
        """Training samples seen so far."""
        return self.step * self.recipe.batch_size

    @property
    def progress(self) -> float:
        """The share of the budget that is spent."""
        return self.recipe.budget.progress(self.samples, self.photographs, self._minutes)

    @property
    def spent(self) -> bool:
        """Whether an earlier run has spent the whole budget."""
        samples = self.start_step * self.recipe.batch_size
        return self.recipe.budget.progress(samples, self.photographs, self.start_minutes) >= 1.0

    def total_of(self, losses: Losses) -> Tensor:
        """() what a training step returns; processes average its gradients. The log gets the whole batch's losses."""
        losses = processes.joined_losses(losses)
        total = losses.total
        values = {**losses.terms, "total": total}
        means = processes.mean(torch.stack([value.detach() for value in values.values()]))
        self.losses = dict(zip(values, means, strict=True))
        return total

    def on_fit_start(self) -> None:
        """The clock of the budget starts."""
        self._started = time.monotonic()

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Everything random in a step depends on the seed, the step and the process alone: a resumed run repeats it."""
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step + (processes.share().index << 40))
        self._minutes = processes.of_first(self.minutes)
        factor = learning_rate_factor(self.recipe.schedule, self.progress, self.samples)
        for group in self.optimizers().param_groups:  # type: ignore[union-attr]
            group["lr"] = factor * group["base_lr"]

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """The average follows the weights; the training ends with its budget."""
        if self.average is not None:
            self.average.update(self.model, self.step - 1)
        if self.progress >= 1.0:
            self.trainer.should_stop = True

    def on_validation_start(self) -> None:
        """Processes with batch normalisation of their own agree on the network: it is the first one's."""
        if self.recipe.batch_norm == "local":
            processes.copy_buffers_of_first(self.final_model)

    @property
    def final_model(self) -> nn.Module:
        """The network that is evaluated and shipped."""
        return self.model if self.average is None else self.average.model

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Lightning does not move frozen dataclasses by itself."""
        return batch.to(device)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The recipe's optimizer, with the state of an earlier run if there is one."""
        optimizer = build_optimizer(self.model, self.recipe.optimizer)
        if self.optimizer_state is not None:
            optimizer.load_state_dict(self.optimizer_state)
        return optimizer
