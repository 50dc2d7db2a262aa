"""`trans3dhead benchmark scaling`: milliseconds of the network under PyTorch against its sizes, one at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import torch
from torch import nn

from trans3dhead.benchmarks.fresh_process import measured_in_process
from trans3dhead.benchmarks.query_memory import EFFICIENT, NAIVE, query_memory
from trans3dhead.benchmarks.rounds import PAUSE, Spread, Turn, interleaved, ratios, spread_of
from trans3dhead.head_model.layout import ParametersLayout
from trans3dhead.networks.alignment import Network, Trans3DHeadConfig, build, load_model
from trans3dhead.networks.alignment.layers import Branch
from trans3dhead.weights.shipped import network_path

HEADS, LANDMARK_QUERIES, PARAMETER_QUERIES = "heads", "landmark queries", "parameter queries"
LAYERS, PIXELS, MEMORY = "decoder layers", "crop pixels", "query-aware memory"


@dataclass(frozen=True)
class ScalingSettings:
    """What to measure; the network has the configuration of `model` and random weights."""

    model: str = "small"  # the name of one that ships, or a checkpoint
    heads: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    queries: tuple[int, ...] = (17, 68, 190, 413)
    layers: tuple[int, ...] = (1, 2, 3)
    pixels: tuple[int, ...] = (64, 128, 192, 256)
    threads: int = 2
    rounds: int = 15
    calls: int = 3  # measured ones in each turn; their median counts
    pause: float = PAUSE  # seconds before each turn

    def __post_init__(self) -> None:
        for name in ("heads", "queries", "layers", "pixels"):
            if not getattr(self, name):
                raise ValueError(f"{name}: expected one or more, got none")
        if min(*self.heads, *self.queries, self.threads, self.rounds, self.calls) < 1:
            raise ValueError(
                "heads, queries, threads, rounds, calls: expected 1 or more, got "
                f"{list(self.heads)}, {list(self.queries)}, {self.threads}, {self.rounds}, {self.calls}"
            )


@dataclass(frozen=True)
class Step:
    """One size before it is measured."""

    against: str  # HEADS, LAYERS, ...
    value: int
    form: str  # of QAMem; "" for all else
    run: Callable[[], object]


@dataclass(frozen=True)
class ScalingRow:
    """One row of the table. Its reference is the smallest size; of QAMem the efficient form of the same size."""

    against: str
    value: int
    form: str
    milliseconds: Spread  # of one call, over the rounds
    ratio: Spread  # how many times as long as its reference a round took
    call_mb: float | None  # of QAMem: by how much one call raised a fresh process's resident memory at its peak
    seconds: list[float]  # of each round


def measure_scaling(settings: ScalingSettings) -> list[ScalingRow]:
    """All rows, those of one size together. Raises ValueError unless the network is a Trans3DHead."""
    loaded = load_model(network_path(settings.model))
    if not isinstance(loaded.config, Trans3DHeadConfig):
        raise ValueError(f"model: expected a Trans3DHead, got {settings.model}, a {loaded.config.architecture}")
    steps = list(_steps(settings, loaded.config, loaded.layout))
    turns = [Turn(_without_gradients(step.run), settings.threads) for step in steps]
    seconds = interleaved(turns, settings.rounds, settings.calls, settings.pause)
    rows = []
    for _, group in groupby(zip(steps, seconds, strict=True), _reference_of):
        members = list(group)
        rows += [_row(step, own, members[0][1], settings, loaded.config) for step, own in members]
    return rows


def _steps(settings: ScalingSettings, config: Trans3DHeadConfig, layout: ParametersLayout) -> Iterator[Step]:
    network = _network(config, layout)
    for count in sorted(settings.heads):
        yield Step(HEADS, count, "", _on_crops(network, count))
    for landmarks in (True, False):
        for count in sorted(settings.queries):
            yield Step(
                LANDMARK_QUERIES if landmarks else PARAMETER_QUERIES, count, "", _branch(config, count, landmarks)
            )
    for count in sorted(settings.layers):
        yield Step(LAYERS, count, "", _on_crops(_network(replace(config, decoder_layers=count), layout), 1))
    for side in sorted(settings.pixels):
        yield Step(PIXELS, side, "", _on_crops(_network(replace(config, crop_size=side), layout), 1))
    for count in sorted(settings.queries):
        for form in (EFFICIENT, NAIVE):
            yield Step(MEMORY, count, form, query_memory(form, 1, count, cells_of(config), config.width))


def cells_of(config: Trans3DHeadConfig) -> int:
    """The number of cells of the memory, h · w."""
    return (config.crop_size // config.memory_stride) ** 2


def _network(config: Trans3DHeadConfig, layout: ParametersLayout) -> Network:
    torch.manual_seed(0)
    return build(config, layout).eval()


def _on_crops(network: Network, batch: int) -> Callable[[], object]:
    side = network.config.crop_size
    crops = torch.randn(batch, 3, side, side).contiguous(memory_format=torch.channels_last)
    return lambda: network(crops)


def _branch(config: Trans3DHeadConfig, queries: int, landmarks: bool) -> Callable[[], object]:
    """The decoder layers of one branch for one head, with so many queries."""
    modes = (config.query_aware_memory, config.memory_query_init)
    query_aware, from_memory = (mode == "both" or (landmarks and mode == "landmark") for mode in modes)
    branch: nn.Module = Branch(config, queries, query_aware, from_memory).eval()
    memory, keys = torch.randn(2, 1, cells_of(config), config.width)
    return lambda: branch(memory, keys)


def _without_gradients(run: Callable[[], object]) -> Callable[[], object]:
    def call() -> object:
        with torch.inference_mode():
            return run()

    return call


def _reference_of(entry: tuple[Step, list[float]]) -> tuple[str, int]:
    """Rows with the same one share a reference, the first of them."""
    step = entry[0]
    return step.against, step.value if step.against == MEMORY else 0


def _row(
    step: Step, own: list[float], reference: Sequence[float], settings: ScalingSettings, config: Trans3DHeadConfig
) -> ScalingRow:
    call_mb = None
    if step.against == MEMORY:
        sizes = {"batch": 1, "queries": step.value, "cells": cells_of(config), "width": config.width}
        arguments = {"form": step.form, "threads": settings.threads, **sizes}
        call_mb = measured_in_process("query memory", arguments).call_mb
    milliseconds, ratio = spread_of([1e3 * s for s in own]), spread_of(ratios(own, reference))
    return ScalingRow(step.against, step.value, step.form, milliseconds, ratio, call_mb, own)
