"""Many clients at the page's server at once: whether every answer is right, and what its memory does.

    python benchmarks/demo_load.py examples/astronaut.jpg -o out/demo_load.json

It starts `trans3dhead demo` and sends it requests of many kinds from many threads: the photograph, files that are none,
too large ones, parameters of a head, broken ones, senders that are slow or stop half way. A request that is
told to wait (429, 503) comes again, and is counted. Memory is the server's resident set, from /proc.
"""

import argparse
import http.client
import json
import random
import statistics
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import demo_pages
from demo_requests import PATIENCE, Address, Answer, Kind, kinds_of
from rich.console import Console
from rich.table import Table

WAIT = (429, 503)  # statuses that say: later


@dataclass
class Tally:
    """What was answered, filled by all clients."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    waits: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


def main() -> None:
    """Print a table; write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photograph", type=Path)
    parser.add_argument("--model", default="small")
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=1e9, help="send nothing new after that")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    photograph = arguments.photograph.read_bytes()
    with served(arguments.model) as address:
        found = load(address, photograph, arguments.clients, arguments.requests, arguments.seconds)
    report(found)
    if arguments.output is not None:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps(found, indent=2) + "\n")
    raise SystemExit(sum(row["wrong"] for row in found["rows"]) > 0)


@contextmanager
def served(model: str = "small") -> Iterator[Address]:
    """`trans3dhead demo` on a free port."""
    with demo_pages.served(model) as (address, process):
        host, _, port = address.removeprefix("http://").rpartition(":")
        yield Address(host, int(port), process)


def load(address: Address, photograph: bytes, clients: int, requests: int, seconds: float = 1e9) -> dict[str, Any]:
    """Send so many requests from so many threads, fewer where the seconds are over.

    Memory is measured after each kind was sent once, and at the end.
    """
    kinds = kinds_of(address, photograph)
    for kind in kinds:
        kind.send(address)
    before, tally, peaks = memory(address.process), Tally(), [0.0]
    todo = random.Random(0).choices(kinds, [kind.share for kind in kinds], k=requests)
    todo[: len(kinds)] = kinds  # each at least once
    begun = time.perf_counter()
    taken = takewhile(lambda _: time.perf_counter() - begun < seconds, todo)
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(address.process, ended, peaks))
    watch.start()
    threads = [threading.Thread(target=_client, args=(address, taken, tally)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    ended.set()
    watch.join()
    memories = {"before": before, "peak": max(peaks), "after": memory(address.process)}
    rows = [_row(kind, tally) for kind in kinds if tally.seconds[kind.name]]
    sent = sum(row["requests"] for row in rows)
    return {"clients": clients, "requests": sent, "seconds": took, "memory_mb": memories, "rows": rows}


def _client(address: Address, taken: Iterator[Kind], tally: Tally) -> None:
    while True:
        with tally.lock:
            kind = next(taken, None)
        if kind is None:
            return
        try:
            seconds, answer, waits = _asked(address, kind)
            wrong = None if kind.right(answer) else f"{answer.status}: {answer.body[:200]!r}"
        except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
            seconds, waits, wrong = 0.0, 0, f"{type(error).__name__}: {error}"
        with tally.lock:
            tally.seconds[kind.name].append(seconds)
            tally.waits[kind.name] += waits
            if wrong is not None:
                tally.wrong[kind.name].append(wrong)


def _asked(address: Address, kind: Kind) -> tuple[float, Answer, int]:
    """Seconds of the last try, its answer, and how often the server said to come again."""
    last = time.perf_counter() + PATIENCE
    waits = 0
    while True:
        begun = time.perf_counter()
        answer = kind.send(address)
        if answer.status not in WAIT or time.perf_counter() > last:
            return time.perf_counter() - begun, answer, waits
        waits += 1
        time.sleep(0.5)


def memory(process: int) -> float:
    """The resident set of a process, MB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {process}: expected a line VmRSS in its status, got none")


def _watch(process: int, ended: threading.Event, peaks: list[float]) -> None:
    while not ended.wait(0.25):
        peaks.append(memory(process))


def _row(kind: Kind, tally: Tally) -> dict[str, Any]:
    seconds, wrong = tally.seconds[kind.name], tally.wrong[kind.name]
    return {
        "kind": kind.name,
        "requests": len(seconds),
        "wrong": len(wrong),
        "told_to_wait": tally.waits[kind.name],
        "median_seconds": statistics.median(seconds),
        "slowest_seconds": max(seconds),
        "examples": wrong[:3],
    }


def report(found: dict[str, Any]) -> None:
    """The table."""
    table = Table("request", "sent", "wrong", "told to wait", "median, s", "slowest, s")
    for row in found["rows"]:
        counts = (str(row[name]) for name in ("requests", "wrong", "told_to_wait"))
        table.add_row(row["kind"], *counts, *(f"{row[f'{name}_seconds']:.2f}" for name in ("median", "slowest")))
    console = Console()
    console.print(table)
    megabytes = ", ".join(f"{value:.0f} MB {when}" for when, value in found["memory_mb"].items())
    console.print(
        f"{found['requests']} requests, {found['clients']} clients, {found['seconds']:.0f} seconds; memory: {megabytes}"
    )
    for row in found["rows"]:
        for example in row["examples"]:
            console.print(f"wrong: {row['kind']}: {example}", markup=False)


if __name__ == "__main__":
    main()
