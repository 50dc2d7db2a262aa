"""From a recipe to a run folder with the trained network."""

from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console

from trans3dhead.data.augmentation import Augmentation
from trans3dhead.data.dataset import HeadCrops, Photographs
from trans3dhead.data.loading import TrainingOrder, training_loader, validation_loader
from trans3dhead.head_model import HeadModel
from trans3dhead.networks.alignment import (
    Network,
    build,
    check_head_model,
    config_to_dict,
    is_checkpoint,
    load_model,
    save_checkpoint,
)
from trans3dhead.training.alignment.module import AlignmentModule
from trans3dhead.training.alignment.recipe import Recipe, read_values
from trans3dhead.training.alignment.reference import average_reference
from trans3dhead.training.detection.recipe import DetectorRecipe
from trans3dhead.training.detection.train import train_detector
from trans3dhead.training.engine import processes
from trans3dhead.training.engine.batch_norm import set_batch_norm
from trans3dhead.training.engine.mapping import from_mapping
from trans3dhead.training.engine.run import (
    MODEL,
    STATE,
    Loaders,
    Task,
    load_head_model,
    metadata_of,
    open_sets,
    run,
    stored_type,
)
from trans3dhead.training.engine.run_folder import ValidationLog
from trans3dhead.weights.shipped import network_path, shipped_files

__all__ = ["MODEL", "STATE", "build_module", "load_backbone", "load_head_model", "open_sets", "train", "train_recipe"]


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
    values, console = read_values(recipe, overrides), console or Console()
    task = values.get("task", "alignment")
    if task == "detector":
        return train_detector(from_mapping(DetectorRecipe, values), Path(runs), resume, console)
    if task != "alignment":
        raise ValueError(f"recipe.task: expected alignment or detector, got {task!r}")
    return train_recipe(from_mapping(Recipe, values), Path(runs), resume, console)


def train_recipe(recipe: Recipe, runs: Path, resume: bool, console: Console) -> Path:
    """As `train`, for the recipe of an alignment network that is read already."""
    task = Task(("heads",), build_module, _build_loaders, ValidationLog, _save_model)
    return run(task, recipe, runs, resume, console)


def _build_loaders(
    recipe: Recipe, photographs: Photographs, held_out: Photographs, head_model: HeadModel, start: int
) -> Loaders:
    """The share of this process in the batches from step `start` on, and in the validation set."""
    size, share = recipe.network.crop_size, processes.share()
    crops = HeadCrops(photographs, head_model, size, Augmentation(recipe.augmentation), recipe.seed)
    order = TrainingOrder(len(photographs), recipe.batch_size, recipe.seed, start, share)
    plain = HeadCrops(held_out, head_model, size)
    return (
        training_loader(crops, order, recipe.data.workers),
        validation_loader(plain, recipe.batch_size, recipe.data.workers, share),
    )


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


def _save_model(path: Path, module: AlignmentModule) -> None:
    head_model, recipe = module.head_model, module.recipe
    name, geometry = head_model.name, head_model.geometry_hash
    save_checkpoint(path, module.final_model, name, geometry, metadata_of(module), stored_type(recipe))  # type: ignore[arg-type]
