"""The mean of two trainings' weights: of a network, and of one that went on from it.

    python benchmarks/mean_of_weights.py before.safetensors after.safetensors -o mean.safetensors

A training that goes on learns its own photographs better and may lose some of what carried over to others. Between
its two ends the losses lie in a valley, so that their mean keeps both (Wortsman et al., "Robust fine-tuning of
zero-shot models", CVPR 2022; there, too, a half of each is what is taken untried).
"""

from pathlib import Path
from typing import Annotated

import torch
import typer

from trans3dhead.networks.alignment import load_model, save_checkpoint


def mean_of_weights(
    before: Annotated[Path, typer.Argument(help="A checkpoint.")],
    after: Annotated[Path, typer.Argument(help="A checkpoint of the same network, trained further.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the mean goes, .safetensors.")],
    share: Annotated[float, typer.Option(min=0, max=1, help="Of the second one.")] = 0.5,
) -> None:
    """Write the mean of all weights and running statistics, in half precision, as the networks that ship are stored."""
    one, other = load_model(before), load_model(after)
    if (one.config, one.head_model_hash) != (other.config, other.head_model_hash):
        raise ValueError(f"{after}: expected the network and the head model of {before}, got another one")
    weights, ends = other.model.state_dict(), one.model.state_dict()
    mixed = {name: _mixed(ends[name], tensor, share) for name, tensor in weights.items()}
    other.model.load_state_dict(mixed)
    metadata = {**other.metadata, "mean_of": f"{before.name}, {after.name}", "share": f"{share:g}"}
    save_checkpoint(output, other.model, other.head_model_name, other.head_model_hash, metadata, torch.float16)
    print(output)


def _mixed(one: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
    return torch.lerp(one, other, share) if other.is_floating_point() else other


if __name__ == "__main__":
    typer.run(mean_of_weights)
