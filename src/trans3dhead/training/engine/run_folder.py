"""Callbacks that fill the run folder: train.csv, metrics.csv, previews, checkpoints; and a line to look at."""

import csv
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from lightning import Callback, Trainer
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities.exceptions import SIGTERMException
from rich.console import Console
from torch import Tensor

from trans3dhead.files import whole_file
from trans3dhead.images import write_picture
from trans3dhead.training.engine.base import TrainingModule
from trans3dhead.training.engine.checkpoints import save_state
from trans3dhead.training.engine.processes import joined_lists, only_first, share

METRICS = "metrics.csv"


class TrainingLog(Callback):
    """Every n steps: the mean losses, the rate and the speed, to train.csv, the logger and the console."""

    def __init__(self, path: Path, every: int, console: Console) -> None:
        self.path, self.every, self.console = path, every, console
        self._sums: dict[str, Tensor] = {}  # on their device, so that no step waits for it
        self._steps, self._seconds, self._since = 0, 0.0, 0.0

    def on_train_start(self, trainer: Trainer, pl_module: TrainingModule) -> None:  # type: ignore[override]
        self._since = time.monotonic()

    def on_validation_start(self, trainer: Trainer, pl_module: TrainingModule) -> None:  # type: ignore[override]
        self._seconds += time.monotonic() - self._since

    def on_validation_end(self, trainer: Trainer, pl_module: TrainingModule) -> None:  # type: ignore[override]
        self._since = time.monotonic()

    def on_train_batch_end(self, trainer: Trainer, pl_module: TrainingModule, *_: Any) -> None:  # type: ignore[override]
        for name, value in pl_module.losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._steps += 1
        if pl_module.step % self.every == 0:
            self._write(trainer, pl_module)

    def _write(self, trainer: Trainer, module: TrainingModule) -> None:
        seconds = self._seconds + time.monotonic() - self._since
        speed = self._steps * module.recipe.batch_size / max(seconds, 1e-9)
        means = {name: float(value) / self._steps for name, value in self._sums.items()}
        rate = max(group["lr"] for group in module.optimizers().param_groups)  # type: ignore[union-attr]
        row = {**_progress(module), "lr": rate, "images_per_second": speed, **means}
        append_row(self.path, row)
        _to_logger(trainer, module.step, "train", row)
        self.console.print(
            f"{100 * module.progress:5.1f} %  step {module.step}  {module.samples} samples  {module.minutes:.1f} min  "
            f"loss {means['total']:.3f}  {speed:.0f} images/s  lr {rate:.2e}",
            highlight=False,
            soft_wrap=True,
        )
        if not means["total"] < float("inf"):
            raise ValueError(f"loss: became {means['total']} before step {module.step}; lower optimizer.lr")
        self._sums, self._steps, self._seconds, self._since = {}, 0, 0.0, time.monotonic()


class ValidationRecords(Callback, ABC):
    """After each validation: the metrics to metrics.csv, the logger and the console, and pictures of its first batch.

    What a validation step returns is for the methods that a task gives it.
    """

    def __init__(self, folder: Path, pictures: int, console: Console) -> None:
        self.folder, self.pictures, self.console = folder, pictures, console
        self._parts: list[Any] = []

    @abstractmethod
    def part(self, outputs: Any) -> Any:
        """What to keep of a batch, on the CPU."""

    @abstractmethod
    def summary(self, parts: list[Any]) -> dict[str, float]:
        """The metrics of the whole set."""

    @abstractmethod
    def sheet(self, batch: Any, outputs: Any) -> np.ndarray:
        """(H, W, 3) uint8 RGB: the first `pictures` of a batch with what is found."""

    @abstractmethod
    def line(self, means: Mapping[str, float]) -> str:
        """The metrics to look at, in words."""

    def on_validation_batch_end(  # type: ignore[override]
        self,
        trainer: Trainer,
        pl_module: TrainingModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        self._parts.append(self.part(outputs))
        if batch_idx == 0 and self.pictures:
            self._draw(self.folder / "previews" / f"{pl_module.step:07d}.jpg", batch, outputs)

    def on_validation_end(self, trainer: Trainer, pl_module: TrainingModule) -> None:  # type: ignore[override]
        means = self.summary(joined_lists(self._parts))
        self._parts = []
        append_row(self.folder / METRICS, {**_progress(pl_module), **means})
        _to_logger(trainer, pl_module.step, "validation", means)
        self.console.print(f"validation  step {pl_module.step}  {self.line(means)}", highlight=False, soft_wrap=True)

    def _draw(self, path: Path, batch: Any, outputs: Any) -> None:
        if share().index == 0:
            write_picture(path, self.sheet(batch, outputs))


class StateSaver(Callback):
    """The training's state every few minutes, at its end and when it is interrupted."""

    def __init__(self, path: Path, minutes: float, console: Console) -> None:
        self.path, self.minutes, self.console = path, minutes, console
        self._saved = time.monotonic()

    def on_train_batch_end(self, trainer: Trainer, pl_module: TrainingModule, *_: Any) -> None:  # type: ignore[override]
        if time.monotonic() - self._saved >= 60 * self.minutes:
            save_state(self.path, pl_module)
            self._saved = time.monotonic()

    def on_exception(  # type: ignore[override]
        self, trainer: Trainer, pl_module: TrainingModule, exception: BaseException
    ) -> None:
        """A run that is interrupted (Ctrl-C, SIGTERM) can be continued from where it was."""
        if isinstance(exception, KeyboardInterrupt | SIGTERMException):
            if trainer.state.fn is TrainerFn.FITTING:  # or nothing has changed since the state that it went on from
                save_state(self.path, pl_module)
            self.console.print(
                f"interrupted at step {pl_module.step}, its state is saved: continue it with --resume", highlight=False
            )

    def on_train_end(self, trainer: Trainer, pl_module: TrainingModule) -> None:  # type: ignore[override]
        save_state(self.path, pl_module)


@only_first
def append_row(path: Path, row: Mapping[str, float]) -> None:
    """Add a line to a CSV file; the first row sets its columns, whatever a later version of this package adds."""
    fresh = not path.is_file() or not path.stat().st_size
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", newline="") as file:
        file.seek(0)
        columns = list(row) if fresh else next(csv.reader(file))
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        if fresh:
            writer.writeheader()
        writer.writerow({name: f"{value:.6g}" if isinstance(value, float) else value for name, value in row.items()})


@only_first
def drop_rows_after(path: Path, step: int) -> None:
    """Forget what a CSV file says of later steps, which a resumed run will write again, and a torn last line."""
    if not path.is_file():
        return
    text = path.read_text()
    rows = csv.DictReader(text[: text.rfind("\n") + 1].splitlines())
    kept = [row for row in rows if None not in row.values() and int(row["step"]) <= step]
    columns = rows.fieldnames
    if not kept or columns is None:
        path.unlink()
        return
    with whole_file(path) as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(kept)


def has_row(path: Path, step: int) -> bool:
    """Whether a CSV file says something of a step."""
    if not path.is_file():
        return False
    with path.open(newline="") as file:
        return any(int(row["step"]) == step for row in csv.DictReader(file))


def _progress(module: TrainingModule) -> dict[str, float]:
    return {"step": module.step, "samples": module.samples, "minutes": module.minutes}


def _to_logger(trainer: Trainer, step: int, group: str, values: Mapping[str, float]) -> None:
    if trainer.logger is not None:
        trainer.logger.log_metrics({f"{group}/{name}": float(value) for name, value in values.items()}, step)
