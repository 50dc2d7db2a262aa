"""The part of `trans3dhead predict` that aligns photographs, here or in several processes."""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from trans3dhead.cli.errors import printable
from trans3dhead.cli.predict_journal import Journal
from trans3dhead.cli.predicted_rows import HeadRow, PredictedRows
from trans3dhead.cli.predictor_options import PredictorSettings
from trans3dhead.cli.result_names import STANDARD_INPUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    import numpy as np

    from trans3dhead.inference import Head, Predictor
    from trans3dhead.inference.photograph import Photograph

_AHEAD = 3  # photographs a worker that are done or wait while the oldest is awaited


@dataclass(frozen=True)
class PhotographOptions:
    """What to write and where."""

    output: Path
    formats: tuple[str, ...]
    overlay: tuple[str, ...]  # what its picture shows; nothing: no picture
    lines: bool  # JSON to standard output, a line for each photograph, in place of files and table
    texture: str = "plain"  # the skin of .glb and .obj files: plain or photograph
    posed: bool = False  # .glb files with pose and camera


@dataclass(frozen=True, eq=False)
class ToPredict:
    """A photograph."""

    path: Path
    name: str  # of its results
    boxes: "np.ndarray | None"  # in place of the detector's


@dataclass(frozen=True)
class Outcome:
    """What became of a photograph: of one that could not be read, what is wrong with it."""

    heads: tuple[HeadRow, ...] = ()
    milliseconds: float = 0.0  # of reading it, finding and aligning its heads
    files: tuple[Path, ...] = ()
    line: str = ""  # JSON, where lines are asked for
    failure: str | None = None


def predict_photographs(
    predictor: "Predictor | None",
    settings: PredictorSettings,
    photographs: Sequence[ToPredict],
    options: PhotographOptions,
    journal: Journal | None,
    failures: list[str],
    workers: int = 1,
) -> None:
    """Write or print every photograph's results, with a row of the table for each; what goes wrong joins `failures`.

    What is done already by the journal is left as it is, and what is done is added to it. With several workers each is
    a process with a predictor of its own, and none is needed here.
    """
    left = [one for one in photographs if journal is None or not journal.has(one.path, one.name)]
    console = Console(quiet=options.lines)
    if len(left) < len(photographs):
        console.print(f"{len(photographs) - len(left)} of {len(photographs)} were done before", highlight=False)
    if not left:
        return
    rows = PredictedRows(console, [one.path.name for one in left])
    with (
        _told_how_to_go_on(rows, len(left), journal),
        _outcomes(predictor, settings, left, options, workers) as outcomes,
    ):
        for one in left:
            with console.status(escape(printable(one.path.name))):
                outcome = next(outcomes)
            if outcome.failure is not None:
                failures.append(outcome.failure)
                rows.failed(one.path.name)
                continue
            if options.lines:
                print(outcome.line, flush=True)
            if journal is not None:
                journal.add(one.path, one.name, outcome.files)
            rows.add(one.path.name, outcome.heads, outcome.milliseconds)
    rows.end(f"results in {options.output}")


@contextmanager
def _told_how_to_go_on(rows: PredictedRows, count: int, journal: Journal | None) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as interrupt:
        words = f"stopped; {rows.photographs} of {count} photographs are done"
        more = "" if journal is None else ", the same command with --resume goes on from there"
        raise type(interrupt)(words + more) from interrupt


@contextmanager
def _outcomes(
    predictor: "Predictor | None",
    settings: PredictorSettings,
    photographs: Sequence[ToPredict],
    options: PhotographOptions,
    workers: int,
) -> "Iterator[Iterator[Outcome]]":
    """Yield what becomes of the photographs, in their order."""
    if workers == 1:
        here = predictor or settings.open()
        yield (predict_one(here, one, options) for one in photographs)
        return
    from trans3dhead.workers import worker_pool

    workers = min(workers, len(photographs))
    of_worker = replace(settings, threads=settings.threads or max(1, (os.cpu_count() or 1) // workers))
    with worker_pool(workers) as pool:

        def submit(one: ToPredict) -> "Future[Outcome]":
            return pool.submit(_predict_there, of_worker, options, one)

        yield _from_workers(submit, photographs, _AHEAD * workers)


def _from_workers(
    submit: "Callable[[ToPredict], Future[Outcome]]", photographs: Sequence[ToPredict], ahead: int
) -> Iterator[Outcome]:
    from concurrent.futures.process import BrokenProcessPool

    from trans3dhead.workers import results_in_order

    try:
        yield from results_in_order(submit, photographs, ahead)
    except BrokenProcessPool as error:
        raise ValueError(
            "a worker process was killed, most often because memory ran out; start again with --resume and fewer "
            "--workers"
        ) from error


def _predict_there(settings: PredictorSettings, options: PhotographOptions, one: ToPredict) -> Outcome:
    return predict_one(_opened(settings), one, options)


@lru_cache(maxsize=1)
def _opened(settings: PredictorSettings) -> "Predictor":
    """The one predictor of this process."""
    return settings.open()


def predict_one(predictor: "Predictor", one: ToPredict, options: PhotographOptions) -> Outcome:
    """One photograph's results, written unless lines are asked for."""
    try:
        begun = time.perf_counter()
        photograph = _photograph(one.path)
        if options.overlay:
            photograph.pixels()  # whole
        heads = predictor(photograph, boxes=one.boxes)
        milliseconds = 1e3 * (time.perf_counter() - begun)
        content = {"image": one.path.name, "size": photograph.size, "heads": [head.to_json() for head in heads]}
        rows = tuple(HeadRow.of(head) for head in heads)
        if options.lines:
            return Outcome(rows, milliseconds, line=json.dumps(content))
        return Outcome(rows, milliseconds, tuple(_write(content, photograph, heads, one.name, options)))
    except (ValueError, OSError) as error:
        return Outcome(failure=str(error))


def _photograph(path: Path) -> "Photograph":
    from trans3dhead.images import decode_photograph
    from trans3dhead.inference.photograph import Photograph

    if path != STANDARD_INPUT:
        return Photograph(path)
    try:
        return Photograph(decode_photograph(sys.stdin.buffer.read()))
    except ValueError as error:
        raise ValueError(f"standard input: {error}") from error


def _write(
    content: dict[str, Any], photograph: "Photograph", heads: "Sequence[Head]", name: str, options: PhotographOptions
) -> list[Path]:
    """The JSON of a photograph, the mesh files of its heads and the overlay, as far as they are asked for."""
    from trans3dhead.files import write_atomically
    from trans3dhead.images import OVERLAY_SUFFIX, encode_png
    from trans3dhead.inference.output import OVERLAY_PARTS, draw_overlay, json_text

    written = [options.output / f"{name}.json"]
    write_atomically(written[0], json_text(content).encode())
    for number, head in enumerate(heads):
        stem = name if len(heads) == 1 else f"{name}-{number}"
        for suffix in options.formats:
            textured = options.texture == "photograph" and suffix in ("glb", "obj")
            skin = photograph.pixels()[0] if textured else None
            size = photograph.size if options.posed and suffix == "glb" else None
            written += head.save(options.output / f"{stem}.{suffix}", skin, size)
    if options.overlay:
        shown: dict[str, Any] = {part: part in options.overlay for part in OVERLAY_PARTS}
        picture = encode_png(draw_overlay(photograph.pixels()[0], heads, **shown))
        written.append(options.output / f"{name}{OVERLAY_SUFFIX}")
        write_atomically(written[-1], picture)
    return written
