"""`trans3dhead benchmark memory`: peak resident memory and time of fresh processes."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trans3dhead.benchmarks.fresh_process import Taken, measured_in_process
from trans3dhead.benchmarks.our_rows import file_for
from trans3dhead.benchmarks.pictures import LARGE, scaled_to
from trans3dhead.benchmarks.results import LeftOut
from trans3dhead.benchmarks.rounds import Spread, spread_of
from trans3dhead.benchmarks.runtimes import ONNX, TORCH, not_installed
from trans3dhead.defaults import reader_of
from trans3dhead.files import write_atomically
from trans3dhead.images import encode_jpeg, read_photograph


@dataclass(frozen=True)
class MemorySettings:
    """What to measure."""

    photograph: Path
    model: str = "small"  # the name of a network that ships, a checkpoint, an .onnx file
    heads: int = 200  # in one call
    threads: int = 2
    rounds: int = 3
    head_model: Path | None = None  # of a network whose own does not ship

    def __post_init__(self) -> None:
        if min(self.heads, self.threads, self.rounds) < 1:
            raise ValueError(
                f"heads, threads, rounds: expected 1 or more, got {self.heads}, {self.threads}, {self.rounds}"
            )


@dataclass(frozen=True)
class MemoryRow:
    """One row of the table; each round is a process of its own."""

    what: str
    runtime: str
    peak_mb: Spread  # of the process; 1 MB is 1e6 bytes
    call_mb: Spread  # by how much the call raised what was resident
    load_seconds: Spread  # imports, and opening the networks; of a command this is a part of the call
    call_seconds: Spread  # the first call, reading the photograph included
    taken: list[Taken]  # of each round


@dataclass(frozen=True)
class _Case:
    what: str
    runtime: str
    case: str
    arguments: dict[str, Any]


def measure_memory(settings: MemorySettings) -> tuple[list[MemoryRow], list[LeftOut]]:
    """All rows, and what could not be measured."""
    image = read_photograph(settings.photograph)
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large.jpg"
        write_atomically(large, encode_jpeg(scaled_to(image, LARGE)))
        entries = list(_cases(settings, large, Path(folder)))
        cases = [entry for entry in entries if isinstance(entry, _Case)]
        taken: list[list[Taken]] = [[] for _ in cases]
        for _ in range(settings.rounds):
            for case, into in zip(cases, taken, strict=True):
                into.append(measured_in_process(case.case, case.arguments))
    rows = [_row(case, of_case) for case, of_case in zip(cases, taken, strict=True)]
    return rows, [entry for entry in entries if isinstance(entry, LeftOut)]


def _cases(settings: MemorySettings, large: Path, folder: Path) -> Iterator[_Case | LeftOut]:
    yield _Case("import trans3dhead", "", "import", {"predictor": False})
    yield _Case("from trans3dhead import Predictor", "", "import", {"predictor": True})
    megapixels = LARGE[0] * LARGE[1] // 10**6
    for runtime in (ONNX, TORCH):
        if (why := not_installed(runtime)) is not None:
            yield LeftOut(runtime, why)
            continue
        file = file_for(settings.model, runtime, settings.head_model, folder)
        if isinstance(file, LeftOut):
            yield file
            continue
        yield _Case(
            "trans3dhead predict, overlay and GLB", runtime, "command", _predict_command(settings, file, folder)
        )
        common = {
            "model": file.resolve(),
            "runtime": runtime,
            "threads": settings.threads,
            "head_model": settings.head_model,
            "closer_look": _closer_look(settings),
        }
        for what, photograph, heads in (
            ("the photograph", settings.photograph, None),
            (f"{megapixels} megapixels", large, None),
            (f"{settings.heads} heads in one call", settings.photograph, settings.heads),
        ):
            yield _Case(what, runtime, "predict", {"photograph": photograph, "heads": heads, **common})


def _predict_command(settings: MemorySettings, file: Path, folder: Path) -> dict[str, Any]:
    """As a user types it; it takes as many threads as it chooses."""
    runtime = ONNX if file.suffix == ".onnx" else TORCH
    head_model = [] if settings.head_model is None else ["--head-model", settings.head_model]
    options = ["--model", file.resolve(), "--runtime", runtime, "-o", folder / "results", *head_model]
    options += ["--closer-look", _closer_look(settings)]
    return {"arguments": ["predict", settings.photograph, *options]}


def _closer_look(settings: MemorySettings) -> str:
    """What a user of the model has by its name, for rows that give its file."""
    return str(reader_of(settings.model, "auto") or "none")


def _row(case: _Case, taken: list[Taken]) -> MemoryRow:
    def over(value: Callable[[Taken], float]) -> Spread:
        return spread_of([value(one) for one in taken])

    return MemoryRow(
        case.what,
        case.runtime,
        peak_mb=over(lambda one: one.peak_mb),
        call_mb=over(lambda one: one.call_mb),
        load_seconds=over(lambda one: one.load_seconds),
        call_seconds=over(lambda one: one.call_seconds),
        taken=taken,
    )
