"""The process that reads mutated files: `python -m fuzz.worker`, started and watched by `campaign.py`.

A fault that raises is kept here. One that ends the process or waits for ever is found by what watches it, in the file
`current`, which has each input before it is read. An input that takes too long of the processor ends the process by a
signal: unlike the clock, that says the same on a machine that is busy with something else.
"""

import argparse
import hashlib
import json
import mmap
import random
import resource
import shutil
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from fuzz import targets
from fuzz.mutations import mutate

PROGRESS = struct.Struct("<5d")  # inputs begun, refused, accepted, at fault; since when one is read, or 0
HANG = signal.SIGPROF  # ends the process
_FREE_PAGES = 1 << 30  # bytes of addresses over the limit of memory: what is reserved and never touched


class Reader:
    """Reads inputs with one target, counts what comes of them, and keeps those at fault."""

    def __init__(self, target: ModuleType, folder: Path, megabytes: int, seconds: float) -> None:
        """folder: for files; megabytes, seconds: of memory and of the processor, that reading one input may take."""
        self.target, self.scratch, self.folder = target, folder / "scratch", folder
        self.faults = folder / "faults"
        self.faults.mkdir(parents=True, exist_ok=True)
        self.megabytes, self.seconds = megabytes, seconds
        with (folder / "progress").open("r+b") as file:
            self.progress = mmap.mmap(file.fileno(), PROGRESS.size)
        self.counts = list(PROGRESS.unpack(self.progress[:]))

    def __call__(self, data: bytes) -> None:
        """Read one input."""
        (self.folder / "current").write_bytes(data)
        self.counts[0] += 1
        self.counts[4] = time.time()
        self._tell()
        with _limited(self.seconds):
            outcome = self._outcome(data)
        self.counts[outcome] += 1
        self.counts[4] = 0.0
        self._tell()

    def _tell(self) -> None:
        self.progress[:] = PROGRESS.pack(*self.counts)

    def _outcome(self, data: bytes) -> int:
        """The place in `counts` of what comes of it."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()
        _forget_peak()
        before = _peak_megabytes()
        try:
            self.target.read(data, self.scratch)
            place = 2
        except (ValueError, OSError):
            place = 1
        except (Exception, SystemExit) as error:
            self._keep(data, _signature(error), "".join(traceback.format_exception(error)))
            return 3
        if (taken := _peak_megabytes() - before) > self.megabytes:
            self._keep(data, "memory", f"{taken:,.0f} MB for {len(data):,} bytes\n")
            return 3
        return place

    def _keep(self, data: bytes, signature: str, words: str) -> None:
        """One input for each fault: the shortest."""
        name = hashlib.sha256(signature.encode()).hexdigest()[:12]
        kept = self.faults / f"{name}.bin"
        if not kept.exists() or len(data) < kept.stat().st_size:
            kept.write_bytes(data)
            kept.with_suffix(".txt").write_text(f"{signature}\n\n{words}", errors="replace")


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """What takes longer in here, of the processor and in all threads together, is ended by `HANG`."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)


def _signature(error: BaseException) -> str:
    """The kind of an exception, and where in this package it came through last: the same for the same fault."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/src/" in frame.filename] or list(frames)
    return f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno}"


def _forget_peak() -> None:
    """Let the peak of memory be what there is now, where the system can; else an earlier one hides all below it."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_megabytes() -> float:
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1e3
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _limit_addresses(megabytes: int) -> None:
    """More than the limit of memory, and a gigabyte, are not to be had: nothing of the machine is at risk."""
    try:
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:  # no Linux
        return
    most = taken + megabytes * 1_000_000 + _FREE_PAGES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _plainly(read: Reader, seeds: list[bytes], rng: random.Random, until: float) -> None:
    """Mutations of the seeds alone."""
    while time.time() < until:
        read(mutate(rng.choice(seeds), rng, seeds))


def _by_coverage(read: Reader, seeds: list[bytes], arguments: argparse.Namespace, atheris: Any) -> None:
    """Mutations, its own and ours, of inputs that reached new code, as libFuzzer chooses them. It exits."""
    corpus = arguments.folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"{number:03}").write_bytes(seed)

    def changed(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.4:  # what libFuzzer gathers are mostly refused files, which lead no further into a reader
            data = rng.choice(seeds)
        return (mutate(data, rng, seeds) if rng.random() < 0.7 else atheris.Mutate(data, len(data) + 64))[:most]

    signals = [f"-handle_{name}=0" for name in ("abrt", "bus", "fpe", "ill", "int", "segv", "term", "xfsz")]
    limits = [
        f"-max_total_time={max(round(arguments.seconds), 1)}",
        "-rss_limit_mb=0",
        "-timeout=1000000",
        "-max_len=1048576",
    ]
    options = [
        f"-seed={arguments.seed + 1}",
        f"-artifact_prefix={arguments.folder}/",
        "-verbosity=0",
        "-len_control=0",
        "-detect_leaks=0",
    ]
    atheris.Setup(["fuzz", *signals, *limits, *options, str(corpus)], _checked(read), custom_mutator=changed)
    atheris.Fuzz()


def _checked(read: Reader) -> Callable[[bytes], None]:
    return lambda data: read(bytes(data))


def main() -> None:
    """Read seeds, kept inputs and mutations of both until the time is over."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--megabytes", type=int, required=True)
    parser.add_argument("--hang", type=float, required=True)
    parser.add_argument("--plain", action="store_true")
    arguments = parser.parse_args()
    atheris = None if arguments.plain else _atheris()
    target, seeds = _loaded(arguments.target, arguments.folder, atheris)
    kept = [path.read_bytes() for path in targets.corpus(arguments.target)]
    read = Reader(target, arguments.folder, arguments.megabytes, arguments.hang)
    _limit_addresses(arguments.megabytes)
    (arguments.folder / "ready").write_text(json.dumps({"coverage": atheris is not None}))
    until = time.time() + arguments.seconds
    for data in (*seeds, *kept):
        read(data)
    if atheris is None:
        _plainly(read, [*seeds, *kept], random.Random(arguments.seed), until)
    else:
        _by_coverage(read, [*seeds, *kept], arguments, atheris)


def _atheris() -> Any:
    try:
        import atheris
    except ImportError:
        return None
    return atheris


def _loaded(name: str, folder: Path, atheris: Any) -> tuple[ModuleType, list[bytes]]:
    """The target and its seeds. Each must be read, or nothing beyond a reader's first check would be reached.

    What is imported for it is instrumented by atheris, if there is one.
    """
    instrumented = atheris.instrument_imports(include=["trans3dhead", "headsynth"]) if atheris else nullcontext()
    with instrumented:
        target = targets.load(name)
        seeds = target.seeds()
        for seed in seeds:
            shutil.rmtree(folder / "scratch", ignore_errors=True)
            (folder / "scratch").mkdir()
            target.read(seed, folder / "scratch")
    return target, seeds


if __name__ == "__main__":
    main()
