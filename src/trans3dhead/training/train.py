"""From a recipe to a run folder with the trained network."""

import importlib.util
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import yaml
from lightning import Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.strategies import DDPStrategy
from rich.console import Console
from torch.utils.data import DataLoader

from trans3dhead import processes
from trans3dhead.data.augmentation import Augmentation
from trans3dhead.data.dataset import (
    HeadCrops,
    Joined,
    Limited,
    Photographs,
    Sample,
    TrainingOrder,
    training_loader,
    validation_loader,
)
from trans3dhead.data.mesh_photographs import DAD3DHeads, is_split
from trans3dhead.data.shards import ShardedSet
from trans3dhead.head_model import HeadModel
from trans3dhead.inference.shipped import network_path, shipped_files
from trans3dhead.network import (
    Network,
    build,
    check_head_model,
    config_to_dict,
    is_checkpoint,
    load_model,
    save_checkpoint,
)
from trans3dhead.training.batch_norm import set_batch_norm
from trans3dhead.training.checkpoints import load_state
from trans3dhead.training.interruption import Interruption
from trans3dhead.training.memory import keep_freed_memory
from trans3dhead.training.module import AlignmentModule
from trans3dhead.training.recipe import Recipe, read_recipe
from trans3dhead.training.reference import average_reference
from trans3dhead.training.run_folder import StateSaver, TrainingLog, ValidationLog, drop_rows_after

STATE = Path("checkpoints") / "last.pt"
MODEL = "model.safetensors"


def train(
    recipe: str | Path,
    overrides: Sequence[str] = (),
    runs: str | Path = "runs",
    resume: bool = False,
    console: Console | None = None,
) -> Path:
    """Train by a recipe file and `key.sub=value` overrides; returns the run folder `runs/<name>`.

    resume: continue the run of that name from its last saved state. Ctrl-C saves the state and raises SystemExit.
    Called in every process that torchrun starts, it trains on all of them; the first one alone writes and prints.
    """
    return train_recipe(read_recipe(recipe, overrides), Path(runs), resume, console or Console())


def train_recipe(recipe: Recipe, runs: Path, resume: bool, console: Console) -> Path:
    """As `train`, for a recipe that is read already. The folder then holds recipe.yaml, train.csv, metrics.csv,
    previews, checkpoints/last.pt and, at the end, model.safetensors.
    """
    with processes.joined():
        first = processes.share().index == 0
        return _train(recipe, runs / recipe.name, resume, console if first else Console(quiet=True))


def _train(recipe: Recipe, folder: Path, resume: bool, console: Console) -> Path:
    _check_folder(folder, resume)
    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)
    keep_freed_memory()
    head_model = load_head_model(recipe.head_model)
    photographs = open_sets(recipe.data.train, head_model, recipe.data.partial, recipe.data.train_limit)
    held_out = open_sets(recipe.data.validation, head_model, recipe.data.partial, recipe.data.validation_limit)
    console.print(f"{folder}: {len(photographs)} photographs, {len(held_out)} for validation", highlight=False)
    module = build_module(recipe, head_model, photographs)
    if resume:
        load_state(folder / STATE, module)
    loaders = _build_loaders(recipe, photographs, held_out, head_model, module.start_step)
    processes.wait()
    _begin_folder(folder, recipe, module.start_step)  # only now that nothing has been refused by any process
    with _quiet_lightning():
        build_trainer(recipe, folder, console).fit(module, *loaders)
    _save_model(folder, module)
    processes.wait()
    console.print(f"weights: {folder / MODEL}", highlight=False, markup=False, soft_wrap=True)
    return folder


def _build_loaders(
    recipe: Recipe, photographs: Photographs, held_out: Photographs, head_model: HeadModel, start: int
) -> tuple[DataLoader[Sample], DataLoader[Sample]]:
    """The share of this process in the batches from step `start` on, and in the validation set."""
    size, share = recipe.network.crop_size, processes.share()
    crops = HeadCrops(photographs, head_model, size, Augmentation(recipe.augmentation), recipe.seed)
    order = TrainingOrder(len(photographs), recipe.batch_size, recipe.seed, start, share)
    plain = HeadCrops(held_out, head_model, size)
    return (
        training_loader(crops, order, recipe.data.workers),
        validation_loader(plain, recipe.batch_size, recipe.data.workers, share),
    )


def load_head_model(name: str) -> HeadModel:
    """One that ships, by name, or a head model file, by path."""
    return HeadModel.load(name) if name.endswith(".safetensors") else HeadModel.shipped(name)


def open_sets(
    folders: Sequence[str], head_model: HeadModel, partial: bool = False, limit: int | None = None
) -> Photographs:
    """Sets as one, after a check that their labels are of this head model.

    Folders of synthetic shards, or of splits of DAD-3DHeads (DAD-3DHeadsDataset/train), or of sets in their layout.
    """
    if not folders:
        raise ValueError("data: expected at least one folder of photographs, got none; see `trans3dhead synth`")
    paths = [Path(folder) for folder in folders]
    sets = [DAD3DHeads(path) if is_split(path) else ShardedSet(path, partial) for path in paths]
    joined = Joined(sets)
    joined.check(head_model)
    return joined if limit is None else Limited(joined, limit)


def build_module(recipe: Recipe, head_model: HeadModel, photographs: Photographs) -> AlignmentModule:
    """The network with the averages of its training set, ready to be trained."""
    torch.manual_seed(recipe.seed)
    model = build(recipe.network, head_model.layout)
    if recipe.pretrained is not None:
        load_backbone(model, recipe.pretrained)
    reference = average_reference(photographs, head_model, recipe.data.reference_samples)
    if recipe.start is None:
        model.set_reference(reference.landmarks, reference.parameters, reference.spread)
    else:
        model.load_state_dict(_start(recipe.start, recipe, head_model).state_dict())
    set_batch_norm(model, recipe.batch_norm)
    if recipe.channels_last:
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return AlignmentModule(recipe, model, head_model, len(photographs), reference.spread)


def load_backbone(model: Network, source: str) -> None:
    """ImageNet weights, or the backbone of a network that ships or was trained here."""
    shipped = {file.name for file in shipped_files() if file.kind == "network"}
    if source not in shipped and not is_checkpoint(source):
        model.backbone.load_pretrained(source)
        return
    loaded = load_model(network_path(source))
    if loaded.config.backbone != model.config.backbone:
        raise ValueError(
            f"pretrained: {source} has a {loaded.config.backbone}, the recipe asks for a {model.config.backbone}; "
            "give weights of the same backbone"
        )
    model.backbone.load_state_dict(loaded.model.backbone.state_dict())


def _start(name: str, recipe: Recipe, head_model: HeadModel) -> Network:
    """The network to go on from, averages included. Raises ValueError where the recipe asks for another one."""
    if recipe.pretrained is not None:
        raise ValueError("start: expected it or `pretrained`, got both; a whole network has a trained backbone")
    loaded = load_model(network_path(name))
    check_head_model(loaded, head_model)
    if loaded.config != recipe.network:
        wanted, there = (config_to_dict(config) for config in (recipe.network, loaded.config))
        differing = sorted(key for key in {*wanted, *there} if wanted.get(key) != there.get(key))
        raise ValueError(
            f"start: {name} is another network ({', '.join(differing)} differ); "
            "give the recipe's `network` the same values"
        )
    return loaded.model


def build_trainer(recipe: Recipe, folder: Path, console: Console) -> Trainer:
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
            Interruption(),
            TrainingLog(folder / "train.csv", monitor.log_steps, console),
            ValidationLog(folder, monitor.preview_crops, console),
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


def _check_folder(folder: Path, resume: bool) -> None:
    has_state, has_run = (folder / STATE).is_file(), (folder / "recipe.yaml").exists()
    if resume and not has_state:
        raise ValueError(f"{folder / STATE}: no state to continue from; start the run without resume")
    if not resume and has_state:
        raise ValueError(f"{folder}: holds a run already; continue it with resume, or give another name=...")
    if not resume and has_run:
        raise ValueError(f"{folder}: holds a run that saved no state; delete the folder, or give another name=...")


@processes.only_first
def _begin_folder(folder: Path, recipe: Recipe, step: int) -> None:
    """The folder with its recipe, and without rows of steps that will be repeated."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("train.csv", "metrics.csv"):
        drop_rows_after(folder / name, step)
    (folder / "recipe.yaml").write_text(yaml.safe_dump(_plain(asdict(recipe)), sort_keys=False))


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value


@processes.only_first
def _save_model(folder: Path, module: AlignmentModule) -> None:
    """The network that is shipped, beside the run's records."""
    metadata = {"recipe": module.recipe.name, "samples": str(module.samples), "minutes": f"{module.minutes:.1f}"}
    save_checkpoint(
        folder / MODEL,
        module.final_model,
        module.head_model.name,
        module.head_model.geometry_hash,
        metadata,
        {"float32": torch.float32, "float16": torch.float16}[module.recipe.weights],
    )
