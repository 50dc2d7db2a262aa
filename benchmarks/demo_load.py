"""Many clients at the page's server at once: whether every answer is right, and what its memory does.

    python benchmarks/demo_load.py examples/astronaut.jpg -o out/demo_load.json

It starts `trans3dhead demo` and sends it requests of many kinds from many threads: the photograph, files that are none,
too large ones, parameters of a head, broken ones, senders that are slow or stop half way. A request that is
told to wait (429, 503) comes again, and is counted. Memory is the server's resident set, from /proc.
"""

import argparse
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from trans3dhead.images import encode_jpeg, encode_png

WAIT = (429, 503)  # statuses that say: later
PATIENCE = 300.0  # seconds for an answer, and for the turn of a request that was told to wait


@dataclass(frozen=True)
class Address:
    """Of the server, and the number of its process."""

    host: str
    port: int
    process: int


@dataclass(frozen=True)
class Answer:
    """Of the server."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Kind:
    """One kind of request."""

    name: str
    share: int  # of a hundred requests
    send: Callable[[Address], Answer]
    right: Callable[[Answer], bool]


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
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    with served(arguments.model) as address:
        found = load(address, arguments.photograph.read_bytes(), arguments.clients, arguments.requests)
    report(found)
    if arguments.output is not None:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps(found, indent=2) + "\n")
    raise SystemExit(sum(row["wrong"] for row in found["rows"]) > 0)


@contextmanager
def served(model: str = "small") -> Iterator[Address]:
    """`trans3dhead demo` on a free port."""
    command = [sys.executable, "-m", "trans3dhead", "demo", "--port", "0", "--threads", "1", "--model", model]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout is not None
        try:
            host, _, port = run.stdout.readline().split()[0].removeprefix("http://").rpartition(":")
            yield Address(host, int(port), run.pid)
        finally:
            run.terminate()
            run.wait(60)


def load(address: Address, photograph: bytes, clients: int, requests: int) -> dict[str, Any]:
    """Send so many requests from so many threads. Memory is measured after each kind was sent once, and at the end."""
    kinds = kinds_of(address, photograph)
    for kind in kinds:
        kind.send(address)
    before, tally, peaks = memory(address.process), Tally(), [0.0]
    todo = random.Random(0).choices(kinds, [kind.share for kind in kinds], k=requests)
    todo[: len(kinds)] = kinds  # each at least once
    taken, ended = iter(todo), threading.Event()
    watch = threading.Thread(target=_watch, args=(address.process, ended, peaks))
    watch.start()
    begun = time.perf_counter()
    threads = [threading.Thread(target=_client, args=(address, taken, tally)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    ended.set()
    watch.join()
    memories = {"before": before, "peak": max(peaks), "after": memory(address.process)}
    rows = [_row(kind, tally) for kind in kinds]
    return {"clients": clients, "requests": requests, "seconds": took, "memory_mb": memories, "rows": rows}


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


# What is sent


def kinds_of(address: Address, photograph: bytes) -> list[Kind]:
    """All kinds of requests, with what is right of their answers by what one client alone is answered."""
    alone = post("/api/heads", photograph)(address).json()["heads"]
    parameters = json.dumps(alone[0]["parameters"]).encode()
    glb = post("/api/glb", parameters)(address).body
    half = photograph[: len(photograph) // 2]
    gray = np.full((480, 640, 3), 127, np.uint8)
    noise = np.random.default_rng(0).integers(0, 255, (3000, 3000, 3)).astype(np.uint8)

    def refused(status: int, *words: str) -> Callable[[Answer], bool]:
        return lambda answer: answer.status == status and any(word in answer.json()["error"] for word in words)

    return [
        Kind("photograph", 36, post("/api/heads", photograph), lambda a: a.json()["heads"] == alone),
        Kind("no head in it", 6, post("/api/heads", encode_png(gray)), lambda a: a.json()["heads"] == []),
        Kind("large photograph", 2, post("/api/heads", encode_jpeg(noise)), lambda a: a.status == 200),
        Kind("no picture", 8, post("/api/heads", b"no picture" * 100), refused(415, "expected a picture")),
        Kind("half a picture", 8, post("/api/heads", half), refused(415, "whole picture")),
        Kind("too many bytes", 4, announced("/api/heads", 25_000_001), refused(413, "at most 25 MB")),
        Kind("too many pixels", 4, post("/api/heads", bomb()), refused(413, "million pixels")),
        Kind("GLB", 6, post("/api/glb", parameters), lambda a: a.body == glb),
        Kind("no parameters", 6, post("/api/glb", b"[" * 50_000), refused(400, "expected")),
        Kind("broken parameters", 4, post("/api/glb", b'{"shape": [1e400]}'), refused(400, "expected")),
        Kind("slow sender", 4, slow("/api/glb", parameters), lambda a: a.body == glb),
        Kind("sender that stops", 4, stopping("/api/heads", photograph), lambda a: a.status == 0),
        Kind("of another page", 4, post("/api/heads", photograph, origin="http://a.example"), refused(403, "own page")),
        Kind("no such path", 4, get("/%2e%2e/server.py"), lambda a: a.status == 404 and b"/" not in a.body),
    ]


def post(path: str, body: bytes, **headers: str) -> Callable[[Address], Answer]:
    """A whole request."""
    return lambda address: _request(address, "POST", path, body, headers)


def get(path: str) -> Callable[[Address], Answer]:
    """A request without a body."""
    return lambda address: _request(address, "GET", path, None, {})


def announced(path: str, size: int) -> Callable[[Address], Answer]:
    """A request that announces so many bytes and waits for what is said to that."""
    return lambda address: _request(address, "POST", path, b"", {"content-length": str(size)})


def stopping(path: str, body: bytes) -> Callable[[Address], Answer]:
    """A sender that goes after half of the body: nobody is there for an answer, of status 0 then."""

    def send(address: Address) -> Answer:
        with socket.create_connection((address.host, address.port), PATIENCE) as connection:
            connection.sendall(_head(address, path, len(body)) + body[: len(body) // 2])
            time.sleep(0.2)
        return Answer(0, b"")

    return send


def slow(path: str, body: bytes) -> Callable[[Address], Answer]:
    """A sender that takes two seconds for the body."""

    def send(address: Address) -> Answer:
        with socket.create_connection((address.host, address.port), PATIENCE) as connection:
            connection.sendall(_head(address, path, len(body)))
            for start in range(0, len(body), len(body) // 10 + 1):
                time.sleep(0.2)
                connection.sendall(body[start : start + len(body) // 10 + 1])
            response = http.client.HTTPResponse(connection)
            response.begin()
            return Answer(response.status, response.read())

    return send


def _head(address: Address, path: str, size: int) -> bytes:
    return f"POST {path} HTTP/1.1\r\nhost: {address.host}\r\ncontent-length: {size}\r\n\r\n".encode()


def bomb() -> bytes:
    """A PNG file that says that it has 60,000 × 60,000 pixels."""
    picture = bytearray(encode_png(np.zeros((8, 8, 3), np.uint8)))
    picture[16:24] = (60_000).to_bytes(4, "big") * 2
    picture[29:33] = zlib.crc32(bytes(picture[12:29])).to_bytes(4, "big")
    return bytes(picture)


def _request(address: Address, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
    connection = http.client.HTTPConnection(address.host, address.port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.read())
    finally:
        connection.close()


# What is told


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
    console.print(f"{found['clients']} clients, {found['seconds']:.0f} seconds; memory: {megabytes}")
    for row in found["rows"]:
        for example in row["examples"]:
            console.print(f"wrong: {row['kind']}: {example}", markup=False)


if __name__ == "__main__":
    main()
