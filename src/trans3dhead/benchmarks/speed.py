"""`trans3dhead benchmark speed`: milliseconds of the detector, the aligner, a photograph and a tracked frame."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trans3dhead.benchmarks.candidates import (
    ALIGNER,
    DETECTOR,
    NETWORK,
    PHOTOGRAPH,
    TRACKED,
    Candidate,
    Entry,
    Label,
    sorted_out,
)
from trans3dhead.benchmarks.mediapipe_mesh import mediapipe_rows
from trans3dhead.benchmarks.our_rows import our_rows
from trans3dhead.benchmarks.pictures import USUAL, scaled_to
from trans3dhead.benchmarks.results import LeftOut
from trans3dhead.benchmarks.rounds import PAUSE, Spread, interleaved, ratios, spread_of
from trans3dhead.benchmarks.runtimes import TORCH, not_installed
from trans3dhead.images import read_photograph

WORKS = (DETECTOR, ALIGNER, PHOTOGRAPH, TRACKED)
_ORDER = (*WORKS, NETWORK)


@dataclass(frozen=True)
class SpeedSettings:
    """What to measure."""

    photograph: Path  # with one head
    models: tuple[str, ...] = ("small",)  # names of networks that ship, checkpoints, .onnx files, recipes (.yaml)
    works: tuple[str, ...] = WORKS
    threads: tuple[int, ...] = (1, 2)
    batches: tuple[int, ...] = (1, 32)  # crops, of the aligner and of networks alone
    rounds: int = 15
    calls: int = 3  # measured ones in each turn; their median counts
    compare: bool = False  # with DAD-3DNet, the bare backbone and MediaPipe
    head_model: Path | None = None  # of networks whose own does not ship
    pause: float = PAUSE  # seconds before each turn

    def __post_init__(self) -> None:
        if unknown := [work for work in self.works if work not in WORKS]:
            raise ValueError(f"works: expected some of {', '.join(WORKS)}, got {', '.join(unknown)}")
        for name in ("models", "works", "threads", "batches"):
            if not getattr(self, name):
                raise ValueError(f"{name}: expected one or more, got none")
        if min(*self.threads, *self.batches, self.rounds, self.calls) < 1:
            raise ValueError(
                "threads, batches, rounds, calls: expected 1 or more, got "
                f"{list(self.threads)}, {list(self.batches)}, {self.rounds}, {self.calls}"
            )


@dataclass(frozen=True)
class SpeedRow:
    """One row of the table.

    Its reference is the first row of the same work, threads and batch; among networks alone, of the same runtime, too.
    """

    label: Label
    milliseconds: Spread  # of one call, over the rounds
    ratio: Spread  # how many times as long as its reference a round took
    seconds: list[float]  # of each round


def measure_speed(settings: SpeedSettings) -> tuple[list[SpeedRow], list[LeftOut]]:
    """All rows, those of one work together, and what could not be measured."""
    image = scaled_to(read_photograph(settings.photograph), USUAL)
    with tempfile.TemporaryDirectory() as folder:
        candidates, left_out = sorted_out(_entries(settings, image, Path(folder)))
        candidates.sort(key=_place)
        turns = [candidate.turn for candidate in candidates]
        seconds = interleaved(turns, settings.rounds, settings.calls, settings.pause)
    return rows_of([candidate.label for candidate in candidates], seconds), left_out


def rows_of(labels: Sequence[Label], seconds: Sequence[list[float]]) -> list[SpeedRow]:
    """The seconds of each round -> rows. What chooses its threads itself is compared with the first row of its work."""
    firsts: dict[tuple, list[float]] = {}
    rows = []
    for label, own in zip(labels, seconds, strict=True):
        kind = (label.work, label.batch, label.runtime if label.work == NETWORK else None)
        firsts.setdefault((*kind, None), own)
        reference = firsts.setdefault((*kind, label.threads), own)
        rows.append(SpeedRow(label, spread_of([1e3 * s for s in own]), spread_of(ratios(own, reference)), own))
    return rows


def _entries(settings: SpeedSettings, image: np.ndarray, folder: Path) -> Iterator[Entry]:
    recipes = [model for model in settings.models if model.endswith(".yaml")]
    models = [model for model in settings.models if model not in recipes]
    for recipe in recipes:
        from trans3dhead.benchmarks.recipe_rows import recipe_rows

        yield from recipe_rows(recipe, settings.threads, settings.batches, folder)
    for threads in settings.threads if models else ():
        yield from our_rows(models, settings.works, image, threads, settings.batches, settings.head_model, folder)
    if not settings.compare:
        return
    if (why := not_installed(TORCH)) is not None:
        yield LeftOut("DAD-3DNet and the bare backbone", why)
    else:
        from trans3dhead.benchmarks.peers import peer_rows

        for model in models:
            yield from peer_rows(model, settings.threads, settings.batches, folder)
    wanted = (entry for entry in mediapipe_rows(image))
    yield from (e for e in wanted if isinstance(e, LeftOut) or e.label.work in settings.works)


def _place(candidate: Candidate) -> tuple[int, int, float, str]:
    """Where its row stands; what chooses its threads itself comes after the others of its work."""
    label = candidate.label
    runtime = label.runtime if label.work == NETWORK else ""  # the others stay in the order in which they came
    return _ORDER.index(label.work), label.batch, label.threads or float("inf"), runtime
