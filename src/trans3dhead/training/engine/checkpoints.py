"""The state of a training on disk, from which it continues exactly."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch

from trans3dhead.files import replacing
from trans3dhead.training.engine.base import TrainingModule
from trans3dhead.training.engine.processes import only_first


@only_first
def save_state(path: Path, module: TrainingModule) -> None:
    """Weights, their average, the optimizer and the clock, written whole or not at all.

    The order of the data and every random choice follow from the seed and the step, so they need no state.
    """
    optimizer = module.optimizers()
    state = {
        "step": module.step,
        "minutes": module.minutes,
        "recipe": asdict(module.recipe),
        "weights": module.state_dict(),
        "optimizer": optimizer.state_dict(),  # type: ignore[union-attr]
    }
    with replacing(path) as temporary:
        torch.save(state, temporary)


def load_state(path: Path, module: TrainingModule) -> None:
    """Continue from a saved state: call before the trainer's fit, and start the data at `module.start_step`.

    Only tensors and plain values are read from the file (`weights_only`).
    """
    state = torch.load(path, map_location="cpu", weights_only=True)
    saved, own = dict(state["recipe"]), asdict(module.recipe)
    saved["network"] = _defaults(module.recipe.network) | saved["network"]  # it may be older than some fields
    differing = sorted(name for name in _FIXED if saved[name] != own[name])
    if differing:
        raise ValueError(f"{path}: cannot continue with another {', '.join(differing)}; begin a new run instead")
    module.load_state_dict(state["weights"])
    module.optimizer_state = state["optimizer"]
    module.start_step, module.start_minutes = state["step"], state["minutes"]


def _defaults(config: Any) -> dict[str, Any]:
    """The default of each field of a network's configuration, by its name."""
    return {field.name: field.default for field in fields(config)}


# What must not change between the parts of one run; budget, data, losses and rates may.
_FIXED = ("network", "batch_size", "seed", "head_model")
