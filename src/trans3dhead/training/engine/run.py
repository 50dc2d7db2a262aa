"""What every training does around its steps: the sets, the trainer, the run folder."""

import importlib.util
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import yaml
from lightning import Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.strategies import DDPStrategy
from rich.console import Console
from torch.utils.data import DataLoader

from trans3dhead.data.dataset import FirstPhotographs, JoinedPhotographs, Photographs
from trans3dhead.data.mesh_photographs import DAD3DHeads, is_split
from trans3dhead.data.shards import ShardedSet
from trans3dhead.files import locked, sweep, write_atomically
from trans3dhead.head_model import HeadModel
from trans3dhead.training.engine import processes
from trans3dhead.training.engine.base import TrainingModule
from trans3dhead.training.engine.checkpoints import load_state
from trans3dhead.training.engine.interruption import Interruption
from trans3dhead.training.engine.memory import keep_freed_memory
from trans3dhead.training.engine.run_folder import (
    METRICS,
    StateSaver,
    TrainingLog,
    ValidationRecords,
    drop_rows_after,
    has_row,
)
from trans3dhead.training.engine.settings import TrainingSettings

STATE = Path("checkpoints") / "last.pt"
MODEL = "model.safetensors"

SetKind = Literal["heads", "scenes"]
Loaders = tuple[DataLoader[Any], DataLoader[Any]]  # for training and for validation


@dataclass(frozen=True)
class Task:
    """What a kind of training brings."""

    kinds: tuple[SetKind, ...]  # of the sets that it can learn from; those of validation are of the first kind
    module: Callable[[Any, HeadModel, Photographs], TrainingModule]  # from the recipe and the training set
    loaders: Callable[[Any, Photographs, Photographs, HeadModel, int], Loaders]  # from step number ... on
    records: Callable[[Path, int, Console], ValidationRecords]
    save: Callable[[Path, Any], None]  # the final network to a file


def run(task: Task, recipe: TrainingSettings, runs: Path, resume: bool, console: Console) -> Path:
    """Train by a recipe; returns the run folder. It then holds recipe.yaml, train.csv, metrics.csv, previews,
    checkpoints/last.pt and, at the end, model.safetensors.

    Ctrl-C and SIGTERM save the state and raise SystemExit with the code 130 or 143.
    """
    folder = runs / recipe.name
    with processes.joined():
        first = processes.share().index == 0
        with locked(folder) if first else nullcontext():
            return _run(task, recipe, folder, resume, console if first else Console(quiet=True))


def _run(task: Task, recipe: TrainingSettings, folder: Path, resume: bool, console: Console) -> Path:
    goes_on = _goes_on(folder, resume)
    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)
    keep_freed_memory()
    head_model, data = load_head_model(recipe.head_model), recipe.data
    photographs = data.kept(open_sets(data.train, head_model, data.partial, data.train_limit, task.kinds))
    held_out = data.kept(open_sets(data.validation, head_model, data.partial, data.validation_limit, task.kinds[:1]))
    console.print(
        f"{folder}: {len(photographs)} photographs, {len(held_out)} for validation",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    module = task.module(recipe, head_model, photographs)
    if goes_on:
        load_state(folder / STATE, module)
    loaders = task.loaders(recipe, photographs, held_out, head_model, module.start_step)
    processes.wait()
    _begin_folder(folder, recipe, module.start_step)  # only now that nothing has been refused by any process
    records = task.records(folder, recipe.monitor.preview_crops, console)
    interruption = Interruption()
    with _quiet_lightning(), interruption.ends_program():
        _train(build_trainer(recipe, folder, console, records, interruption), module, loaders, folder / METRICS)
    if processes.share().index == 0:
        task.save(folder / MODEL, module)
    processes.wait()
    console.print(f"weights: {folder / MODEL}", highlight=False, markup=False, soft_wrap=True)
    return folder


def _train(trainer: Trainer, module: TrainingModule, loaders: Loaders, metrics: Path) -> None:
    """Train until the budget is spent. Where an earlier run has spent it and was ended then, only validate, if it did
    not.
    """
    if not module.spent:
        trainer.fit(module, *loaders)
        return
    module.trainer = trainer
    if not processes.anywhere(has_row(metrics, module.start_step)):
        trainer.validate(module, loaders[1], verbose=False)


def load_head_model(name: str) -> HeadModel:
    """The head model that ships under a name, or the one in a .safetensors file, by its path."""
    return HeadModel.load(name) if name.endswith(".safetensors") else HeadModel.shipped(name)


def open_sets(
    folders: Sequence[str],
    head_model: HeadModel,
    partial: bool = False,
    limit: int | None = None,
    kinds: tuple[SetKind, ...] = ("heads",),
) -> Photographs:
    """Sets as one, after a check that their labels are of this head model.

    Folders of synthetic shards of these kinds, or, where only heads will do, of splits of DAD-3DHeads
    (DAD-3DHeadsDataset/train), or of sets in their layout.
    """
    if not folders:
        raise ValueError("data: expected at least one folder of photographs, got none; see `trans3dhead synth`")
    joined = JoinedPhotographs([_open(Path(folder), partial, kinds) for folder in folders])
    joined.check(head_model)
    return joined if limit is None else FirstPhotographs(joined, limit)


def _open(folder: Path, partial: bool, kinds: tuple[SetKind, ...]) -> Photographs:
    asked = " or ".join(kinds)
    if is_split(folder):
        if kinds != ("heads",):
            raise ValueError(
                f"{folder}: expected a set of {asked}, got a split of DAD-3DHeads, whose labels are meshes; "
                f"make a set with `trans3dhead synth --kind {kinds[0]}`"
            )
        return DAD3DHeads(folder)
    photographs = ShardedSet(folder, partial)
    if photographs.manifest.kind not in kinds:
        raise ValueError(
            f"{folder}: expected a set of {asked} for this recipe, got one of {photographs.manifest.kind}; "
            f"make one with `trans3dhead synth --kind {kinds[0]}`"
        )
    return photographs


def metadata_of(module: TrainingModule) -> dict[str, str]:
    """What a network's file says of its training."""
    return {"recipe": module.recipe.name, "samples": str(module.samples), "minutes": f"{module.minutes:.1f}"}


def stored_type(recipe: TrainingSettings) -> torch.dtype:
    """The data type in which the final file stores the weights."""
    return {"float32": torch.float32, "float16": torch.float16}[recipe.weights]


def build_trainer(
    recipe: TrainingSettings, folder: Path, console: Console, records: ValidationRecords, interruption: Interruption
) -> Trainer:
    """One endless epoch; the module stops it when the budget is spent, and a last validation follows."""
    monitor = recipe.monitor
    has_tensorboard = importlib.util.find_spec("tensorboard") is not None
    return Trainer(
        default_root_dir=folder,
        **_devices(),
        use_distributed_sampler=False,  # the loaders know their share
        max_epochs=1,
        logger=TensorBoardLogger(folder, name="", version="tensorboard") if has_tensorboard else False,
        callbacks=[
            interruption,
            TrainingLog(folder / "train.csv", monitor.log_steps, console),
            records,
            StateSaver(folder / STATE, monitor.checkpoint_minutes, console),
        ],
        val_check_interval=max(1, monitor.validate_samples // recipe.batch_size),
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        gradient_clip_val=recipe.optimizer.clip_norm,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )


def _devices() -> dict[str, Any]:
    """The trainer's settings: one device, or one for each process that torchrun started.

    static_graph: recipes without the landmark term, say, leave parameters without a gradient, always the same ones.
    """
    count = processes.share().count
    if count == 1:
        return {"accelerator": "auto", "devices": 1}
    on_this_machine = int(os.environ["LOCAL_WORLD_SIZE"])
    return {
        "accelerator": "cuda" if torch.cuda.is_available() else "cpu",
        "devices": on_this_machine,
        "num_nodes": count // on_this_machine,
        "strategy": DDPStrategy(broadcast_buffers=False, static_graph=True),
    }


@contextmanager
def _quiet_lightning() -> Iterator[None]:
    """Lightning's tips, and its warnings about what is meant so, would hide the lines to look at."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*in eval mode at the start of training.*")  # the average
            warnings.filterwarnings("ignore", message=".*does not have many workers.*")
            warnings.filterwarnings("ignore", message=".*LeafSpec.*")
            warnings.filterwarnings("ignore", message=".*`broadcast_buffers` is deprecated.*")  # older PyTorch needs it
            warnings.filterwarnings("ignore", message=".*Grad strides do not match bucket view.*")  # of 1×1 kernels
            yield
    finally:
        logger.setLevel(level)


def _goes_on(folder: Path, resume: bool) -> bool:
    """Whether there is a state to go on from; a resumed run that was ended before its first one begins again."""
    has_state, has_run = (folder / STATE).is_file(), (folder / "recipe.yaml").exists()
    if not resume and has_state:
        raise ValueError(f"{folder}: holds a run already; continue it with --resume, or give another name=...")
    if not resume and has_run:
        raise ValueError(
            f"{folder}: holds a run that saved no state; begin it again with resume, or give another name=..."
        )
    return has_state


@processes.only_first
def _begin_folder(folder: Path, recipe: TrainingSettings, step: int) -> None:
    """The folder with its recipe, and without rows of steps that will be repeated."""
    sweep((folder / STATE).parent)
    for name in ("train.csv", METRICS):
        drop_rows_after(folder / name, step)
    write_atomically(folder / "recipe.yaml", yaml.safe_dump(_plain(asdict(recipe)), sort_keys=False).encode())


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value
