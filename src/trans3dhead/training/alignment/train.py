"""From the recipe of an alignment network to a run folder with the trained network."""

import warnings
from pathlib import Path

import torch
from rich.console import Console

from trans3dhead.data.augmentation import Augmentation
from trans3dhead.data.dataset import HeadCrops, Photographs
from trans3dhead.data.framing import framing_of
from trans3dhead.data.loading import TrainingOrder, training_loader, validation_loader
from trans3dhead.head_model import HeadModel
from trans3dhead.head_model.surface_points import head_points
from trans3dhead.networks.alignment import (
    FaceReader,
    Network,
    Trans3DHead,
    build,
    check_head_model,
    is_checkpoint,
    load_model,
    save_checkpoint,
)
from trans3dhead.networks.alignment.backbone import ResNet
from trans3dhead.networks.alignment.config import SLIM
from trans3dhead.networks.alignment.growth import GAINED, grow, lacking
from trans3dhead.training.alignment.module import AlignmentModule
from trans3dhead.training.alignment.recipe import Recipe
from trans3dhead.training.alignment.records import AlignmentRecords
from trans3dhead.training.alignment.reference import average_reference
from trans3dhead.training.alignment.teacher import load_teacher
from trans3dhead.training.engine import processes
from trans3dhead.training.engine.batch_norm import set_batch_norm
from trans3dhead.training.engine.run import Loaders, Task, metadata_of, run, stored_type
from trans3dhead.weights.shipped import network_path, shipped_files


def train_alignment(recipe: Recipe, runs: Path, resume: bool, console: Console) -> Path:
    """Train by a recipe; returns the run folder, which holds what every training leaves."""
    task = Task(("heads",), build_module, _build_loaders, AlignmentRecords, _save_model)
    return run(task, recipe, runs, resume, console)


def _build_loaders(
    recipe: Recipe, photographs: Photographs, held_out: Photographs, head_model: HeadModel, start: int
) -> Loaders:
    """The share of this process in the batches from step `start` on, and in the validation set."""
    size, share = recipe.network.crop_size, processes.share()
    framing = framing_of(recipe.network.framing, head_model)
    crops = HeadCrops(photographs, head_model, size, Augmentation(recipe.augmentation), recipe.seed, framing)
    order = TrainingOrder(len(photographs), recipe.batch_size, recipe.seed, start, share)
    plain = HeadCrops(held_out, head_model, size, framing=framing)
    return (
        training_loader(crops, order, recipe.data.workers),
        validation_loader(plain, recipe.batch_size, recipe.data.workers, share),
    )


def build_module(recipe: Recipe, head_model: HeadModel, photographs: Photographs) -> AlignmentModule:
    """The network with the averages of its training set, ready to be trained."""
    torch.manual_seed(recipe.seed)
    model = build(recipe.network, head_model.layout)
    data = recipe.data
    framing = framing_of(recipe.network.framing, head_model)
    reference = average_reference(photographs, head_model, data.reference_samples, data.reference_mirrored, framing)
    model.set_reference(reference.landmarks, reference.parameters, reference.spread)
    if isinstance(model, Trans3DHead | FaceReader) and model.config.surface_points:
        points = head_points(head_model, model.config.surface_points)
        model.set_head(points, reference.projected[points.vertices], reference.spread)
    if recipe.pretrained is not None:
        load_backbone(model, recipe.pretrained)
    if recipe.start is not None:
        _go_on_from(recipe.start, model, recipe, head_model)
    set_batch_norm(model, recipe.batch_norm)
    if recipe.frozen_stages:
        freeze_stages(model, recipe.frozen_stages)
    teacher = None
    if recipe.teacher is not None:
        teacher = load_teacher(recipe.teacher, head_model, recipe.network, recipe.losses)
    if recipe.channels_last:
        for network in (model, *(() if teacher is None else (teacher.network,))):
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return AlignmentModule(recipe, model, head_model, len(photographs), reference.spread, teacher)


def freeze_stages(model: Network, count: int) -> None:
    """Keep the weights of a ResNet's stem and of its first stages: no gradients, so no backward pass through them."""
    backbone = model.backbone
    if not isinstance(backbone, ResNet) or not 1 <= count <= len(backbone.stages):
        raise ValueError(
            f"frozen_stages: expected 0, or up to the number of stages of a ResNet, got {count} for a "
            f"{model.config.backbone}"
        )
    for module in (backbone.conv1, backbone.bn1, *backbone.stages[:count]):
        module.requires_grad_(False)


def load_backbone(model: Network, source: str) -> None:
    """Give the network's backbone trained weights.

    source: a file or hub id of ImageNet's weights, the name of a network that ships, or a checkpoint. Of a ResNet
    without its last stage (`memory_stride: 16`) a whole one takes the others and keeps a random last stage, with a
    warning. Raises ValueError where the backbone is another one.
    """
    shipped = {name for file in shipped_files() if file.kind in ("network", "face reader") for name in file.names}
    if source not in shipped and not is_checkpoint(source):
        model.backbone.load_pretrained(source)
        return
    loaded = load_model(network_path(source))
    if loaded.config.backbone != model.config.backbone:
        raise ValueError(
            f"pretrained: {source} has a {loaded.config.backbone}, the recipe asks for a {model.config.backbone}; "
            "give weights of the same backbone"
        )
    if model.config.backbone == SLIM and _slim_sizes(loaded.model) != _slim_sizes(model):
        raise ValueError(
            f"pretrained: {source} has other backbone_widths or backbone_blocks than the recipe; give it the same"
        )
    weights, own = loaded.model.backbone.state_dict(), model.backbone.state_dict()
    if not isinstance(model.backbone, ResNet):
        model.backbone.load_state_dict(weights)
        return
    last = {name: weight for name, weight in own.items() if name.startswith("layer4.")}
    if last and not weights.keys() & last.keys():
        warnings.warn(f"pretrained: {source} has no last stage, so this one begins from random weights", stacklevel=2)
        weights |= last
    model.backbone.take(weights, source)


def _slim_sizes(network: Network) -> list[torch.Size]:
    return [tensor.shape for tensor in network.backbone.state_dict().values()]


def _go_on_from(name: str, model: Network, recipe: Recipe, head_model: HeadModel) -> None:
    """Give the network the weights of a trained one: all, averages included, or where it has parts more those it had.

    Raises ValueError where the recipe asks for another network.
    """
    if recipe.pretrained is not None:
        raise ValueError("start: expected it or `pretrained`, got both; a whole network has a trained backbone")
    loaded = load_model(network_path(name))
    check_head_model(loaded, head_model)
    if loaded.config == model.config:
        model.load_state_dict(loaded.model.state_dict())
        return
    if differing := lacking(loaded.model, model):
        raise ValueError(
            f"start: {name} is another network ({', '.join(differing)} differ); give the recipe's `network` the same "
            f"values; more may only be {', '.join(GAINED)}, each in place of none"
        )
    grow(loaded.model, model)


def _save_model(path: Path, module: AlignmentModule) -> None:
    head_model, recipe = module.head_model, module.recipe
    name, geometry = head_model.name, head_model.geometry_hash
    save_checkpoint(path, module.final_model, name, geometry, metadata_of(module), stored_type(recipe))  # type: ignore[arg-type]
