"""The optimizer of a recipe, with the parameters in groups."""

import torch
from torch import nn

from trans3dhead.training.engine.settings import OptimizerConfig

# Learned queries, their encodings and a learnable average face are not maps; decay would pull them to a point.
_NOT_DECAYED = ("queries.initial.weight", "queries.encodings", "average")


def build_optimizer(model: nn.Module, config: OptimizerConfig) -> torch.optim.Optimizer:
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
