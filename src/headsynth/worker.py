"""What one process does for a set: prepare a studio once, then render photographs and encode them."""

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import cv2
import torch

from headsynth.ingredients import Ingredients
from headsynth.layouts import Layout, Shards
from headsynth.photograph import Photograph, Studio
from headsynth.record import in_words, made_with
from headsynth.scenes.studio import SceneStudio
from headsynth.wear.wardrobe import Wardrobe

# Linear algebra on one thread: no crowding, and the same sums everywhere.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

Sample = Any  # what the layout makes of a photograph


class Photographer(Protocol):
    """A studio that makes photographs, of heads or of scenes."""

    wardrobe: Wardrobe

    def photograph(self, seed: int, index: int) -> Photograph:
        """Number `index` of set `seed`, whatever was made before it."""
        ...


@dataclass(frozen=True)
class Order:
    """All that a worker needs to know to render any photograph of a set."""

    seed: int
    size: int  # pixels
    head_model: str
    assets: Path | None = None
    without: tuple[str, ...] = ()  # ingredients left out
    kind: str = "heads"  # or scenes
    made_with: str = ""  # JSON of `record.made_with`, which every machine must have; unknown unless given
    layout: Layout = field(default_factory=Shards)  # what photographs are encoded for

    def samples(self, indices: range) -> list[Sample]:
        """These photographs. The first call in a process prepares its studio."""
        studio = _prepared(self)
        return [encode(studio, self.seed, index, self.layout) for index in indices]


@lru_cache(maxsize=1)
def _prepared(order: Order) -> Photographer:
    """The one studio of this process, warmed up."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with _one_core():
        kind = SceneStudio if order.kind == "scenes" else Studio
        studio = kind(Wardrobe.shipped(order.assets), order.size, Ingredients.without(*order.without))
        studio.photograph(0, 0)
    _check_same(order, studio)
    return studio


def _check_same(order: Order, studio: Photographer) -> None:
    """Raise ValueError when this machine would render other pictures than the one that ordered them."""
    if not order.made_with:
        return
    there, here = json.loads(order.made_with), made_with(studio.wardrobe.folder.hashes(), order.kind)
    if there != here:
        raise ValueError(
            f"{platform.node()}: differs from the machine that started the rendering. {in_words(there, here)}"
        )


@contextmanager
def _one_core() -> Iterator[None]:
    """Embree's thread pool counts the processor's cores when it starts; with one it builds without helpers, and
    always the same tree.
    """
    affinity = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if affinity:
        os.sched_setaffinity(0, {min(affinity)})
    try:
        yield
    finally:
        if affinity:
            os.sched_setaffinity(0, affinity)


def encode(studio: Photographer, seed: int, index: int, layout: Layout) -> Sample:
    """Photograph `index` of set `seed` as its layout writes it."""
    return layout.encode(studio.photograph(seed, index), studio.wardrobe.head, index)
