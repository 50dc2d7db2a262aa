"""The Lightning module: a thin shell around the network, the targets, the losses and the metrics."""

import time
from dataclasses import dataclass, fields
from typing import Any

import torch
from lightning import LightningModule
from torch import Tensor, nn

from trans3dhead import processes
from trans3dhead.data.targets import Batch, Targets, targets_from_annotations
from trans3dhead.head_model import HeadModel
from trans3dhead.losses import Losses, alignment_loss
from trans3dhead.network import Network, Prediction, normalize
from trans3dhead.training.averaging import AveragedWeights
from trans3dhead.training.recipe import OptimizerConfig, Recipe
from trans3dhead.training.schedule import learning_rate_factor
from trans3dhead.training.validation import HeadMetrics, head_metrics


@dataclass(frozen=True)
class Validated:
    """What a validation step gives to the callbacks that record and draw it."""

    metrics: HeadMetrics
    prediction: Prediction
    targets: Targets


class AlignmentModule(LightningModule):
    """Trains a network by a recipe; `start_step` and `start_minutes` continue an earlier run."""

    spread: Tensor

    def __init__(
        self, recipe: Recipe, model: Network, head_model: HeadModel, photographs: int, spread: Tensor | None = None
    ) -> None:
        """photographs: the size of the training set, to which a budget in epochs refers; spread: (P,) the standard
        deviations of its parameters, in which coefficients' errors count; None: 1.
        """
        super().__init__()
        self.register_buffer("spread", torch.ones(head_model.layout.size) if spread is None else spread, False)
        self.recipe, self.model, self.head_model, self.photographs = recipe, model, head_model, photographs
        self.average = AveragedWeights(model, recipe.average) if recipe.average else None
        self.start_step, self.start_minutes = 0, 0.0
        self.optimizer_state: dict[str, Any] | None = None  # of an earlier run
        self.losses: Losses | None = None  # of the last step's whole batch, detached
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

    def forward(self, crops: Tensor, model: nn.Module | None = None) -> Prediction:
        """(B, 3, S, S) uint8 RGB -> the network's prediction, in the recipe's precision."""
        half = self.recipe.precision == "bfloat16"
        with torch.autocast(crops.device.type, dtype=torch.bfloat16, enabled=half):
            return (self.model if model is None else model)(normalize(crops))

    def on_fit_start(self) -> None:
        """The clock of the budget starts."""
        self._started = time.monotonic()

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Everything random in a step depends on the seed, the step and the process alone: a resumed run repeats it."""
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step + (processes.share().index << 40))
        self._minutes = processes.of_first(self.minutes)
        factor = learning_rate_factor(self.recipe.schedule, self.progress, self.samples)
        for group in self.optimizers().param_groups:  # type: ignore[union-attr]
            group["lr"] = factor * group["base_lr"]

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss of this process's share of a batch; the gradients are averaged."""
        targets = targets_from_annotations(batch, self.head_model)
        losses = alignment_loss(self(batch.crops), targets, self.head_model, self.recipe.losses, self.spread)
        self.losses = Losses(*processes.mean(torch.stack([getattr(losses, e.name).detach() for e in fields(Losses)])))
        return losses.total

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        """The average follows the weights; the training ends with its budget."""
        if self.average is not None:
            self.average.update(self.model, self.step - 1)
        if self.progress >= 1.0:
            self.trainer.should_stop = True

    def on_validation_start(self) -> None:
        """Processes with batch normalisation of their own agree on the network: it is the first one's."""
        if self.recipe.batch_norm == "local":
            processes.copy_buffers_of_first(self.final_model)

    def validation_step(  # type: ignore[override]
        self, batch: Batch, batch_idx: int
    ) -> Validated:
        """Metrics of the averaged weights where there are such, else of the current ones."""
        targets = targets_from_annotations(batch, self.head_model)
        prediction = self(batch.crops, self.final_model)
        return Validated(head_metrics(prediction, targets, self.head_model), prediction, targets)

    @property
    def final_model(self) -> Network:
        """The network that is evaluated and shipped."""
        return self.model if self.average is None else self.average.model  # type: ignore[return-value]

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Any:
        """Lightning does not move frozen dataclasses by itself."""
        return batch.to(device)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The recipe's optimizer, with the state of an earlier run if there is one."""
        optimizer = build_optimizer(self.model, self.recipe.optimizer)
        if self.optimizer_state is not None:
            optimizer.load_state_dict(self.optimizer_state)
        return optimizer


# Learned queries, their encodings and a learnable average face are not maps; decay would pull them to a point.
_NOT_DECAYED = ("queries.initial.weight", "queries.encodings", "average")


def build_optimizer(model: Network, config: OptimizerConfig) -> torch.optim.Optimizer:
    """Four groups: backbone or not, decayed (matrices and kernels) or not; each keeps its `base_lr`."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        decayed = parameter.ndim >= 2 and not name.endswith(_NOT_DECAYED)
        groups.setdefault((name.startswith("backbone."), decayed), []).append(parameter)
    settings = []
    for (backbone, decayed), parameters in groups.items():
        rate = config.lr * (config.backbone_lr_factor if backbone else 1.0)
        decay = config.weight_decay if decayed else 0.0
        settings.append({"params": parameters, "lr": rate, "base_lr": rate, "weight_decay": decay})
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[config.name]
    return kind(settings, betas=config.betas, fused=True)
