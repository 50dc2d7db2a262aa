"""Networks of recipes in `speed`, with random weights: what they take of time does not depend on what they learned."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import torch

from trans3dhead.benchmarks.candidates import NETWORK, Candidate, Label
from trans3dhead.benchmarks.peers import FromCrops, under_torch
from trans3dhead.benchmarks.pictures import random_crops
from trans3dhead.benchmarks.rounds import Turn
from trans3dhead.benchmarks.runtimes import TORCH
from trans3dhead.networks.alignment import build
from trans3dhead.training.alignment.recipe import read_recipe
from trans3dhead.training.engine.run import load_head_model


def recipe_rows(recipe: str, threads: Sequence[int], batches: Sequence[int]) -> Iterator[Candidate]:
    """The network of a recipe alone, from crops to landmarks and parameters, under PyTorch; recipe: its file."""
    read = read_recipe(Path(recipe))
    network = FromCrops(build(read.network, load_head_model(read.head_model).layout))
    for count in threads:
        for batch in batches:
            crops = torch.from_numpy(random_crops(batch, read.network.crop_size))
            yield Candidate(
                Label(NETWORK, read.name, TORCH, count, batch), Turn(partial(under_torch, network, crops), count)
            )
