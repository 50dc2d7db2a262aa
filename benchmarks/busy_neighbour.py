"""What a photograph costs while other processes keep every core busy, beside what it costs alone.

    python benchmarks/busy_neighbour.py examples/astronaut.jpg -o out/busy_neighbour.json

One round times the same photograph alone, then with as many endless loops beside it as the machine has cores, for each
number of threads. Half of the cores is then the predictor's fair share: about twice the time is what can be had, and
much more means that threads wait for each other by spinning.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from trans3dhead.images import read_photograph
from trans3dhead.inference import Predictor


def main() -> None:
    """Print a table; write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photograph", type=Path)
    parser.add_argument("--model", default="small")
    parser.add_argument("--threads", type=int, nargs="+", default=[0, 1, 2], help="0: the predictor's own choice")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=5, help="in a round")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    image = read_photograph(arguments.photograph)
    predictors = {count: Predictor(arguments.model, threads=count or None) for count in arguments.threads}
    times: dict[tuple[int, str], list[float]] = {}
    for _ in range(arguments.rounds):
        for count, predictor in predictors.items():
            predictor(image)
            for kind, neighbours in (("alone", 0), ("busy", os.cpu_count() or 1)):
                with busy(neighbours):
                    times.setdefault((count, kind), []).extend(clocked(predictor, image, arguments.calls))
    report(times, arguments.model, arguments.output)


@contextmanager
def busy(count: int) -> Iterator[None]:
    """As many processes as asked for that do nothing but keep a core busy."""
    loops = [multiprocessing.get_context("spawn").Process(target=_loop, daemon=True) for _ in range(count)]
    for loop in loops:
        loop.start()
    time.sleep(0.5 if loops else 0.0)  # until they are there
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.join()


def _loop() -> None:
    while True:
        pass


def clocked(predictor: Predictor, image, calls: int) -> list[float]:
    """Milliseconds of each call."""
    times = []
    for _ in range(calls):
        begun = time.perf_counter()
        predictor(image)
        times.append(1e3 * (time.perf_counter() - begun))
    return times


def report(times: dict[tuple[int, str], list[float]], model: str, output: Path | None) -> None:
    """The table, and the same as JSON."""
    table = Table("threads", "alone, ms", "busy, ms", "ratio", "slowest busy, ms", title=f"{model}, a photograph")
    rows = []
    for count in dict.fromkeys(count for count, _ in times):
        alone, beside = (statistics.median(times[count, kind]) for kind in ("alone", "busy"))
        row = {"threads": count, "alone": alone, "busy": beside, "ratio": beside / alone}
        rows.append(row | {"slowest": max(times[count, "busy"])})
        cells = (f"{alone:.1f}", f"{beside:.1f}", f"{beside / alone:.1f}", f"{rows[-1]['slowest']:.0f}")
        table.add_row(str(count or "own choice"), *cells)
    Console().print(table)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps({"model": model, "cores": os.cpu_count(), "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
