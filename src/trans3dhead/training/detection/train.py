"""From the recipe of a detector to a run folder with the trained network."""

from functools import partial
from pathlib import Path

import torch
from rich.console import Console

from trans3dhead.data.dataset import Photographs
from trans3dhead.data.loading import TrainingOrder, training_loader, validation_loader
from trans3dhead.data.scene_windows import SceneWindows, join_scenes
from trans3dhead.head_model import HeadModel
from trans3dhead.networks.detection.checkpoint import load_detector, save_detector
from trans3dhead.networks.detection.config import MULTIPLE
from trans3dhead.networks.detection.network import DetectorNetwork
from trans3dhead.training.detection.module import DetectorModule
from trans3dhead.training.detection.recipe import DetectorRecipe
from trans3dhead.training.detection.records import DetectionRecords
from trans3dhead.training.engine import processes
from trans3dhead.training.engine.batch_norm import set_batch_norm
from trans3dhead.training.engine.run import Loaders, Task, metadata_of, run, stored_type


def train_detector(recipe: DetectorRecipe, runs: Path, resume: bool, console: Console) -> Path:
    """Train by a recipe; returns the run folder, which holds what every training leaves."""
    task = Task(("scenes", "heads"), build_module, _build_loaders, DetectionRecords, _save)
    return run(task, recipe, runs, resume, console)


def build_module(recipe: DetectorRecipe, head_model: HeadModel, photographs: Photographs) -> DetectorModule:
    """The detector, with new weights or those of the recipe's `start`, ready to be trained.

    Raises ValueError where `start` is a detector of another configuration.
    """
    torch.manual_seed(recipe.seed)
    network = DetectorNetwork(recipe.network)
    if recipe.start is not None:
        loaded = load_detector(recipe.start)
        if loaded.config != recipe.network:
            raise ValueError(
                f"start: {recipe.start} is another network, {loaded.config}; "
                "give the recipe's `network` the same values"
            )
        network.load_state_dict(loaded.network.state_dict())
    set_batch_norm(network, recipe.batch_norm)
    if recipe.channels_last:
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return DetectorModule(recipe, network, head_model, len(photographs))


def _build_loaders(
    recipe: DetectorRecipe, photographs: Photographs, held_out: Photographs, head_model: HeadModel, start: int
) -> Loaders:
    """The share of this process in the batches from step `start` on, and in the validation set."""
    share, workers, join = processes.share(), recipe.data.workers, partial(join_scenes, multiple=MULTIPLE)
    windows = SceneWindows(photographs, head_model, recipe.image_size, recipe.augmentation, recipe.seed)
    order = TrainingOrder(len(photographs), recipe.batch_size, recipe.seed, start, share)
    whole = SceneWindows(held_out, head_model, recipe.image_size)
    return (
        training_loader(windows, order, workers, join),
        validation_loader(whole, recipe.batch_size, workers, share, join),
    )


def _save(path: Path, module: DetectorModule) -> None:
    network = module.final_model
    metadata = {**metadata_of(module), "head_model": module.head_model.name}
    save_detector(path, network, metadata, stored_type(module.recipe))  # type: ignore[arg-type]
