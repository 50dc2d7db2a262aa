"""One target's run: a process that reads, started again when an input ends it or holds it up."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from fuzz.worker import HANG, PROGRESS

ROOT = Path(__file__).resolve().parents[1]
_LONGEST_START = 1800  # seconds; PyTorch alone takes ten on a slow machine, minutes where every core is wanted
_MEMORY = "/dev/shm"  # a folder in memory, as Linux has it; on a disk most of the time would be spent waiting for it
_LOOK = 0.1  # seconds between two looks at the process


@dataclass(frozen=True)
class Limits:
    """What an input may take."""

    seconds: float = 20.0  # of the processor; more is a hang, however busy the machine is
    megabytes: int = 1000  # of memory
    longest_wait: float = 1800.0  # seconds by the clock, for what waits and computes nothing


@dataclass
class Outcome:
    """What came of a target's inputs."""

    target: str
    tried: int = 0
    refused: int = 0
    accepted: int = 0
    at_fault: int = 0
    coverage: bool = False  # guided by it
    faults: dict[str, str] = field(default_factory=dict)  # by what went wrong, the file with the shortest such input

    def row(self) -> dict[str, object]:
        """For the JSON."""
        return dict(vars(self))


def run(target: str, seconds: float, seed: int, keep: Path, limits: Limits, plain: bool = False) -> Outcome:
    """Fuzz one target for so long. keep: where the inputs at fault are put. Raises RuntimeError if it cannot begin."""
    outcome = Outcome(target)
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{target}-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None))
    (folder / "progress").write_bytes(PROGRESS.pack(*[0.0] * 5))
    try:
        left = seconds
        while left > 0:
            left -= _one_process(outcome, left, seed, folder, keep, limits, plain)
            seed += 1
    finally:
        _move_faults(outcome, folder / "faults", keep / target)
        outcome.tried, outcome.refused, outcome.accepted, outcome.at_fault = (int(n) for n in _progress(folder)[:4])
        shutil.rmtree(folder, ignore_errors=True)
    return outcome


def _one_process(
    outcome: Outcome, seconds: float, seed: int, folder: Path, keep: Path, limits: Limits, plain: bool
) -> float:
    """Seconds that a process ran, by itself to the end of `seconds` or until an input was too much for it."""
    (folder / "ready").unlink(missing_ok=True)
    command = [sys.executable, "-m", "fuzz.worker", "--target", outcome.target, "--folder", str(folder)]
    command += ["--seconds", str(seconds), "--seed", str(seed), "--megabytes", str(limits.megabytes)]
    command += ["--hang", str(limits.seconds)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command + ["--plain"] * plain, cwd=ROOT, stdout=log, stderr=log, env=_environment(), start_new_session=True
        )
        try:
            _await_start(process, folder)
            outcome.coverage = json.loads((folder / "ready").read_text())["coverage"]
            begun = time.time()
            ended = _watched(process, folder, limits)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if ended:
        _keep_current(outcome, ended, folder, keep)
    return max(time.time() - begun, 0.01)


def _environment() -> dict[str, str]:
    """One thread, and the sources of this checkout."""
    paths = [str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1"}


def _await_start(process: subprocess.Popen, folder: Path) -> None:
    latest = time.time() + _LONGEST_START
    while not (folder / "ready").exists() or not (folder / "ready").read_text():
        if process.poll() is not None or time.time() > latest:
            raise RuntimeError(f"the process did not begin:\n{_log(folder)[-3000:]}")
        time.sleep(_LOOK)


def _watched(process: subprocess.Popen, folder: Path, limits: Limits) -> str:
    """Look on until the process ends -> what was wrong with its last input, nothing if all is well."""
    while process.poll() is None:
        begun = _progress(folder)[4]
        if begun and time.time() - begun > limits.longest_wait and _progress(folder)[4] == begun:
            return f"hang, over {limits.longest_wait:g} s by the clock"
        time.sleep(_LOOK)
    if process.returncode == -HANG:
        return f"hang, over {limits.seconds:g} s of the processor"
    if process.returncode < 0:
        return f"signal {-process.returncode}"
    return "" if process.returncode == 0 else f"exit code {process.returncode}: {_log(folder)[-1000:]}"


def _progress(folder: Path) -> tuple[float, ...]:
    return PROGRESS.unpack((folder / "progress").read_bytes())


def _log(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")


def _keep_current(outcome: Outcome, wrong: str, folder: Path, keep: Path) -> None:
    """The input that a process was reading when it ended counts as one at fault."""
    counts = list(_progress(folder))
    counts[3], counts[4] = counts[3] + 1, 0.0
    (folder / "progress").write_bytes(PROGRESS.pack(*counts))
    data = (folder / "current").read_bytes()
    name = f"{hashlib.sha256(data).hexdigest()[:12]}.bin"
    (keep / outcome.target).mkdir(parents=True, exist_ok=True)
    (keep / outcome.target / name).write_bytes(data)
    outcome.faults[f"{wrong} ({name})"] = str(keep / outcome.target / name)


def _move_faults(outcome: Outcome, found: Path, keep: Path) -> None:
    for words in sorted(found.glob("*.txt")):
        keep.mkdir(parents=True, exist_ok=True)
        signature = words.read_text(errors="replace").partition("\n")[0]
        for path in (words, words.with_suffix(".bin")):
            shutil.copy(path, keep / path.name)
        outcome.faults[signature] = str(keep / f"{words.stem}.bin")
