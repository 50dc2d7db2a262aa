"""Networks of recipes in `speed`, with random weights: what they take of time does not depend on what they learned."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from trans3dhead.benchmarks.candidates import Entry
from trans3dhead.benchmarks.peers import network_rows
from trans3dhead.networks.alignment import build
from trans3dhead.training.alignment.recipe import read_recipe
from trans3dhead.training.engine.run import load_head_model


def recipe_rows(recipe: str, threads: Sequence[int], batches: Sequence[int], folder: Path) -> Iterator[Entry]:
    """The network of a recipe alone, from crops to landmarks and parameters, with random weights.

    recipe: its file; folder: for exported graphs.
    """
    read = read_recipe(Path(recipe))
    network = build(read.network, load_head_model(read.head_model).layout)
    graph = folder / f"recipe-{len(list(folder.iterdir()))}.onnx"
    yield from network_rows(read.name, network, read.network.crop_size, graph, threads, batches)
