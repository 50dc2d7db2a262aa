"""Recipes of both trainings."""

from pathlib import Path

import yaml

from trans3dhead.training.alignment.recipe import Recipe
from trans3dhead.training.detection.recipe import DetectorRecipe
from trans3dhead.training.engine.mapping import from_mapping, read_values

_ALIGNMENT = {
    "name": "trial",
    "data": {"train": ["a"], "validation": ["b"], "train_limit": 10},
    "budget": {"epochs": 2, "minutes": 1.5},
    "network": {"backbone": "resnet18", "width": 64},
    "optimizer": {"name": "adam", "lr": 0.001, "betas": [0.9, 0.99]},
    "losses": {"shape3d": {"weight": 50, "subsets": {"head": 1}}, "euler": {"weight": 1}},
    "augmentation": {"margin": [0.05, 0.15]},
}
_DETECTOR = {
    "task": "detector",
    "name": "trial",
    "data": {"train": ["a"], "validation": ["b"]},
    "budget": {"samples": 100},
    "image_size": 416,
}
_BY_HAND = """\
name: trial  # with what YAML has beside JSON
data: &sets {train: [a, 'b'], validation: [c]}
budget: {epochs: 1_000}
optimizer:
  lr: 1e-3
  clip_norm: ~
augmentation: strong
schedule: {<<: {warmup_samples: 5}, steps: [0.5, .75]}
"""


def seeds() -> list[bytes]:
    """As JSON, which YAML includes and mutations know, and by hand."""
    json_like = [yaml.safe_dump(recipe, default_flow_style=True).encode() for recipe in (_ALIGNMENT, _DETECTOR)]
    return [*json_like, yaml.safe_dump(_ALIGNMENT).encode(), _BY_HAND.encode()]


def read(data: bytes, folder: Path) -> None:
    """As `train` reads it."""
    (folder / "recipe.yaml").write_bytes(data)
    values = read_values(folder / "recipe.yaml", ["optimizer.weight_decay=0.1"])
    from_mapping(DetectorRecipe if values.get("task") == "detector" else Recipe, values)
