"""Times that can be compared: all candidates take turns, round after round, so that drift hits all alike."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import cv2
import numpy as np

PAUSE = 0.3  # seconds before a turn: the threads of the one before spin for up to 0.2


@dataclass(frozen=True)
class Turn:
    """What a candidate does in its turn."""

    run: Callable[[], object]
    threads: int | None = None  # of OpenCV, and of PyTorch where it is installed; None leaves them


@dataclass(frozen=True)
class Spread:
    """The middle half of some values."""

    low: float  # a quarter of them is below
    median: float
    high: float  # a quarter of them is above


def interleaved(turns: Sequence[Turn], rounds: int, calls: int, pause: float = PAUSE) -> list[list[float]]:
    """The seconds of one call in each round, for each turn.

    In its turn a candidate waits `pause` seconds, is called once unmeasured and then `calls` times; the turn's time is
    the median of these. Raises ValueError unless there is at least one round and one call.
    """
    if rounds < 1 or calls < 1:
        raise ValueError(f"rounds, calls: expected 1 or more, got {rounds} and {calls}")
    seconds: list[list[float]] = [[] for _ in turns]
    with _threads_kept() as use_threads:
        for _ in range(rounds):
            for turn, into in zip(turns, seconds, strict=True):
                time.sleep(pause)
                if turn.threads is not None:
                    use_threads(turn.threads)
                turn.run()
                into.append(float(np.median([clock(turn.run) for _ in range(calls)])))
    return seconds


def clock(run: Callable[[], object]) -> float:
    """The seconds of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def spread_of(values: Sequence[float]) -> Spread:
    """Median and quartiles, linearly interpolated."""
    low, median, high = np.percentile(values, (25, 50, 75)).tolist()
    return Spread(low, median, high)


def ratios(own: Sequence[float], reference: Sequence[float]) -> list[float]:
    """How many times as long as the reference each round took."""
    return [mine / other for mine, other in zip(own, reference, strict=True)]


@contextmanager
def _threads_kept() -> Iterator[Callable[[int], None]]:
    """Yield what sets the threads of OpenCV and PyTorch; both have as many as before at the end."""
    before = cv2.getNumThreads()
    torch = import_module("torch") if find_spec("torch") else None
    of_torch = torch.get_num_threads() if torch else 0

    def use(threads: int, threads_of_torch: int) -> None:
        cv2.setNumThreads(threads)
        if torch:
            torch.set_num_threads(threads_of_torch)

    try:
        yield lambda threads: use(threads, threads)
    finally:
        use(before, of_torch)
