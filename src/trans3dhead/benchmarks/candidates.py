"""What takes part in `speed`, and what its rows are called."""

from collections.abc import Iterable
from dataclasses import dataclass

from trans3dhead.benchmarks.results import LeftOut
from trans3dhead.benchmarks.rounds import Turn

DETECTOR, ALIGNER, PHOTOGRAPH, TRACKED, NETWORK = "detector", "aligner", "photograph", "tracked", "network"


@dataclass(frozen=True)
class Label:
    """Which row of the table."""

    work: str  # DETECTOR, ALIGNER, ...
    name: str  # of the network or of the other system
    runtime: str
    threads: int | None  # None: as many as the system takes
    batch: int  # crops or photographs


@dataclass(frozen=True)
class Candidate:
    """A row before it is measured."""

    label: Label
    turn: Turn


Entry = Candidate | LeftOut


def sorted_out(entries: Iterable[Entry]) -> tuple[list[Candidate], list[LeftOut]]:
    """The candidates that can run, and what is left out, each once."""
    candidates: list[Candidate] = []
    left_out: dict[LeftOut, None] = {}
    for entry in entries:
        if isinstance(entry, LeftOut):
            left_out[entry] = None
        else:
            candidates.append(entry)
    return candidates, list(left_out)
