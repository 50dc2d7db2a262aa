"""Processes that do one thing and say what it took: `python -m trans3dhead.benchmarks.fresh_process CASE ARGUMENTS`.

Called by `measured_in_process`; what the case needs is imported inside of it, and nothing before.
"""

import json
import runpy
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Taken:
    """What one process took."""

    load_seconds: float  # imports, and opening what is needed
    call_seconds: float  # the first call
    call_mb: float  # by how much the call raised the resident memory at its peak; 1 MB is 1e6 bytes
    peak_mb: float  # resident memory of the whole process at its peak


def measured_in_process(case: str, arguments: Mapping[str, Any]) -> Taken:
    """Run a case of `CASES` in a fresh interpreter. Raises ValueError with the process's last words if it fails."""
    command = ("-m", __name__, case, json.dumps(arguments, default=str))
    said = run_python(command, f"the process that measures {case!r}")
    return Taken(**json.loads(said.splitlines()[-1]))


def run_python(arguments: Sequence[str], what: str | None = None) -> str:
    """What a process of this interpreter prints. Raises ValueError with its last words if it fails.

    what: how the error calls it; None: by its arguments.
    """
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise ValueError(f"{what or ' '.join(('python', *arguments))} failed: {words}")
    return done.stdout


def peak_memory() -> int:
    """Bytes of resident memory at this process's peak so far.

    Linux's getrusage answers the peak of the process that started this one where that was larger, so the kernel's own
    account is read there.
    """
    if (peak := _from_status("VmHWM")) is not None:
        return peak
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def _resident_memory() -> int:
    """Bytes of resident memory now; where the system does not say, at the peak so far."""
    now = _from_status("VmRSS")
    return peak_memory() if now is None else now


def _forget_peak() -> None:
    """Let the peak begin anew at what is resident now; only Linux can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def _from_status(name: str) -> int | None:
    """Bytes of a line of Linux's /proc/self/status."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    found = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return 1024 * int(found[0]) if found else None


Case = Callable[[], object]


def _import(predictor: bool) -> Case:
    """The package alone, or what predicting needs with it."""
    import trans3dhead

    if predictor:
        _ = trans3dhead.Predictor  # imported on first use
    return lambda: None


def _command(arguments: list[str]) -> Case:
    """`trans3dhead` with these arguments."""

    def call() -> None:
        sys.argv = ["trans3dhead", *arguments]
        try:
            runpy.run_module("trans3dhead", run_name="__main__", alter_sys=True)
        except SystemExit as end:
            if end.code:
                raise

    return call


def _predict(
    photograph: str,
    model: str,
    runtime: str,
    threads: int,
    head_model: str | None,
    heads: int | None,
    closer_look: str = "none",
) -> Case:
    """A photograph from its file to its heads; heads: so many boxes in one call in place of the detector's."""
    import cv2
    import numpy as np

    from trans3dhead.benchmarks.runtimes import as_option
    from trans3dhead.images import read_photograph
    from trans3dhead.inference import Predictor
    from trans3dhead.inference.detectors import HeadDetector

    of_ours = as_option(runtime)
    cv2.setNumThreads(threads)
    if runtime == "torch":
        import torch

        torch.set_num_threads(threads)
    detector = HeadDetector(runtime=of_ours, threads=threads)
    predictor = Predictor(
        model, detector, head_model=head_model, runtime=of_ours, threads=threads, closer_look=closer_look
    )
    if heads is None:
        return lambda: predictor(photograph)

    def call() -> object:
        image = read_photograph(photograph)
        side = min(image.shape[:2]) / 4
        corners = np.random.default_rng(0).uniform(0, (image.shape[1] - side, image.shape[0] - side), (heads, 2))
        return predictor(image, boxes=np.concatenate((corners, np.full((heads, 2), side)), axis=1))

    return call


def _query_memory(form: str, batch: int, queries: int, cells: int, width: int, threads: int) -> Case:
    """QAMem in one of its two forms."""
    import torch

    from trans3dhead.benchmarks.query_memory import query_memory

    torch.set_num_threads(threads)
    query_memory(form, 1, 2, 2, 4)()  # what the first call of all loads is not the form's
    return query_memory(form, batch, queries, cells, width)


CASES: dict[str, Callable[..., Case]] = {
    "import": _import,
    "command": _command,
    "predict": _predict,
    "query memory": _query_memory,
}


def _main(case: str, arguments: str) -> None:
    start = time.perf_counter()
    call = CASES[case](**json.loads(arguments))
    loaded = time.perf_counter()
    peak_of_loading, before = peak_memory(), _resident_memory()
    _forget_peak()
    called = time.perf_counter()
    call()
    done = time.perf_counter()
    peak = peak_memory()
    taken = Taken(loaded - start, done - called, (peak - before) / 1e6, max(peak, peak_of_loading) / 1e6)
    print(json.dumps(asdict(taken)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
