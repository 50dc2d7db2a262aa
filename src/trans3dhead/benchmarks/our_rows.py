"""Our own rows of `speed`: detector, aligner, photograph to heads and tracked frame, under each runtime."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from trans3dhead.benchmarks.candidates import ALIGNER, DETECTOR, PHOTOGRAPH, TRACKED, Candidate, Entry, Label
from trans3dhead.benchmarks.pictures import random_crops
from trans3dhead.benchmarks.results import LeftOut
from trans3dhead.benchmarks.rounds import Turn
from trans3dhead.benchmarks.runtimes import (
    ONNX,
    OPENVINO,
    RUNTIMES,
    TORCH,
    OpenVinoGraph,
    as_option,
    missing_exporter,
    not_installed,
)
from trans3dhead.defaults import reader_of
from trans3dhead.inference import Predictor
from trans3dhead.inference.aligners import Aligner, open_aligner
from trans3dhead.inference.aligners.onnx_aligner import OnnxAligner
from trans3dhead.inference.detectors import HeadDetector
from trans3dhead.weights.shipped import network_path, shipped_folder

ONE_LOOK = ", one look"  # after the name of a network whose faces nobody looks at closer


def our_rows(
    models: Sequence[str],
    works: Sequence[str],
    image: np.ndarray,
    threads: int,
    batches: Sequence[int],
    head_model: Path | None,
    folder: Path,
) -> Iterator[Entry]:
    """Yield what is to be measured of each work, and what is left out, runtime by runtime.

    models: names of networks that ship, checkpoints, .onnx files; image: (H, W, 3) uint8 RGB with a head in it;
    batches: crops; head_model: of networks whose own does not ship; folder: for exported files.
    """
    for runtime in RUNTIMES:
        if (why := not_installed(runtime)) is not None:
            yield LeftOut(runtime, why)
            continue
        if DETECTOR in works and runtime != OPENVINO:
            label = Label(DETECTOR, "heads", runtime, threads, 1)
            yield Candidate(label, Turn(partial(_detector(runtime, threads), image), threads))
        for model in models:
            file = file_for(model, runtime, head_model, folder)
            if isinstance(file, LeftOut):
                yield file
                continue
            aligner = _aligner(file, runtime, threads, head_model)
            if ALIGNER in works:
                yield from _aligner_rows(model, aligner, runtime, threads, batches)
            if aligner.framing == "face":
                yield LeftOut(f"photographs by {model}", "it reads faces that another network found")
                continue
            if runtime == OPENVINO:
                if others := [work for work in works if work != ALIGNER]:
                    yield LeftOut(f"{', '.join(others)} under {runtime}", "the aligner alone runs there")
            elif PHOTOGRAPH in works or TRACKED in works:
                for name, reader in _with_and_without_closer_look(model).items():
                    predictor = _predictor(file, reader, runtime, threads, head_model)
                    rows = _photograph_rows(name, predictor, image, runtime, threads)
                    yield from (row for row in rows if row.label.work in works)


def _with_and_without_closer_look(model: str) -> dict[str, str]:
    """What a row is called -> the network that looks closer in it, or "none"."""
    reader = reader_of(model, "auto")
    return {model: "none"} if reader is None else {model: str(reader), f"{model}{ONE_LOOK}": "none"}


def file_for(model: str, runtime: str, head_model: Path | None, folder: Path) -> Path | LeftOut:
    """The file that a runtime runs; a checkpoint is exported into `folder` once. Raises ValueError for no network."""
    path = network_path(model)
    if path.suffix == ".onnx":
        return LeftOut(f"{model} under {TORCH}", "PyTorch cannot run an .onnx file") if runtime == TORCH else path
    if runtime == TORCH:
        return path
    if path.parent == shipped_folder():
        return path.with_suffix(".onnx")
    if missing := missing_exporter():
        return LeftOut(f"{model} under {runtime}", f"a checkpoint is exported for it, which needs {', '.join(missing)}")
    from trans3dhead.export import export_onnx

    exported = folder / f"{abs(hash(path.resolve()))}.onnx"
    if not exported.is_file():
        export_onnx(path, exported, head_model)
    return exported


def _aligner(file: Path, runtime: str, threads: int, head_model: Path | None) -> Aligner:
    if runtime == OPENVINO:
        own = open_aligner(file, head_model, as_option(ONNX), threads=1).head_model
        return OnnxAligner(OpenVinoGraph(file, threads), own)
    return open_aligner(file, head_model, as_option(runtime), threads=threads)


def _detector(runtime: str, threads: int) -> HeadDetector:
    return HeadDetector(runtime=as_option(runtime), threads=threads)


def _predictor(file: Path, reader: str, runtime: str, threads: int, head_model: Path | None) -> Predictor:
    detector, option = _detector(runtime, threads), as_option(runtime)
    return Predictor(file, detector, head_model=head_model, runtime=option, threads=threads, closer_look=reader)


def _aligner_rows(
    model: str, aligner: Aligner, runtime: str, threads: int, batches: Sequence[int]
) -> Iterator[Candidate]:
    for batch in batches:
        crops = random_crops(batch, aligner.crop_size)
        label = Label(ALIGNER, model, runtime, threads, batch)
        yield Candidate(label, Turn(partial(aligner, crops), threads))


def _photograph_rows(
    model: str, predictor: Predictor, image: np.ndarray, runtime: str, threads: int
) -> Iterator[Candidate]:
    """A frame is tracked as `HeadTracker` does between detections: at a box that is known, without the detector."""
    box = predictor.detector(image).boxes[:1]
    if not len(box):
        raise ValueError("photograph: expected one with a head that our detector finds, found none; give another")
    label = Label(PHOTOGRAPH, model, runtime, threads, 1)
    yield Candidate(label, Turn(partial(predictor, image), threads))
    label = Label(TRACKED, model, runtime, threads, 1)
    yield Candidate(label, Turn(partial(predictor, image, boxes=box), threads))
