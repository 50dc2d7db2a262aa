"""`trans3dhead predict`: photographs and videos to overlays, meshes and JSON."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from trans3dhead.cli.errors import print_error, reported
from trans3dhead.cli.predict_boxes import BOXES_FORM, read_boxes
from trans3dhead.cli.predict_journal import Journal
from trans3dhead.cli.predict_photographs import PhotographOptions, ToPredict, predict_photographs
from trans3dhead.cli.predict_request import Request
from trans3dhead.cli.predict_video import VideoOptions, named, predict_videos, split_videos
from trans3dhead.cli.predictor_options import (
    CloserLook,
    DetectorName,
    Device,
    FieldOfView,
    FocalLength,
    Model,
    PredictorSettings,
    Threads,
)
from trans3dhead.cli.result_names import STANDARD_INPUT, result_names
from trans3dhead.defaults import DEFAULT_DETECTOR


class Runtime(str, Enum):
    """What runs the network that aligns."""

    auto = "auto"
    onnx = "onnx"
    torch = "torch"


class Texture(str, Enum):
    """The skin of a .glb and of an .obj."""

    plain = "plain"
    photograph = "photograph"


@reported
def predict(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            help="Photographs, folders of photographs, videos, a camera's number; - reads one from standard input."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")] = Path("out"),
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Also the photographs in subfolders.")] = False,
    lines: Annotated[
        bool, typer.Option("--json", help="Print JSON, a line for each photograph, and write no files.")
    ] = False,
    model: Model = "small",
    detector: DetectorName = DEFAULT_DETECTOR,
    boxes: Annotated[
        Path | None,
        typer.Option(help=f"Head boxes instead of the detector's, pixels: JSON {escape(BOXES_FORM)}."),
    ] = None,
    formats: Annotated[str, typer.Option("--format", help="Mesh files: glb, obj, ply, npz, comma-separated.")] = "glb",
    texture: Annotated[
        Texture, typer.Option(help="Skin of .glb and .obj files: painted, or as the photograph shows it.")
    ] = Texture.plain,
    posed: Annotated[
        bool, typer.Option("--posed", help="Give .glb files the pose and a camera that sees what the photograph shows.")
    ] = False,
    overlay: Annotated[
        str,
        typer.Option(help="What the picture shows: wireframe, mesh, dense, landmarks, axes, box, comma-separated."),
    ] = "wireframe,landmarks,axes,box",
    no_overlay: Annotated[bool, typer.Option("--no-overlay", help="Write no picture.")] = False,
    min_score: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="Least score of a head; by default 0.5 with our own detector, 0 with others."
        ),
    ] = None,
    head_model: Annotated[
        Path | None, typer.Option(help="Head model file of a checkpoint whose head model does not ship.")
    ] = None,
    flip: Annotated[
        bool, typer.Option("--flip", help="Average with the mirror image of each crop; twice the time.")
    ] = False,
    closer_look: CloserLook = "auto",
    any_roll: Annotated[
        bool,
        typer.Option("--any-roll", help="Also heads on their side or upside down; more time and more false heads."),
    ] = False,
    runtime: Annotated[
        Runtime, typer.Option(help="What runs the network; auto: torch for checkpoints, onnx for all else.")
    ] = Runtime.auto,
    device: Device = "cpu",
    threads: Threads = None,
    focal_length: FocalLength = None,
    field_of_view: FieldOfView = None,
    no_smooth: Annotated[bool, typer.Option("--no-smooth", help="Videos: each frame as the network sees it.")] = False,
    every: Annotated[int, typer.Option(min=1, help="Videos: frames from one detection to the next.")] = 10,
    frames: Annotated[bool, typer.Option("--frames", help="Folders hold the frames of videos.")] = False,
    frame_rate: Annotated[float | None, typer.Option(help="Frames a second of such folders; by default 30.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Videos: show the overlay in a window; Q ends it.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Leave what the same command has done in the folder, and do the rest.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the photographs.")] = 1,
) -> None:
    """Find and align every head: an overlay picture and a JSON for each photograph, a mesh for each head.

    Of a video or a camera: an overlay video, JSON lines, and for each head its motion as an animated GLB and as a CSV
    of the app Live Link Face. Ctrl-C ends it with what is done so far.

    A photograph without a head is no error: its JSON says so. One that cannot be read is reported, the others are
    done, and the exit code is 1.
    """
    from trans3dhead.inference import find_photographs
    from trans3dhead.inference.output import FORMATS, OVERLAY_PARTS

    _check_output_options(lines, resume, frames, frame_rate)
    videos, others = split_videos(inputs, frames)
    _check_video_options(videos, boxes, show)
    photographs = find_photographs(others, recursive)
    _check_workers(workers, photographs)
    parts = _listed("--overlay", overlay, OVERLAY_PARTS)
    drawn = bool(parts) and not (no_overlay or lines)
    given_boxes = {} if boxes is None else read_boxes(boxes, photographs)
    meshes = _listed("--format", formats, FORMATS)
    request = Request(
        PredictorSettings(
            model,
            detector,
            head_model,
            flip,
            runtime.value,
            device,
            threads,
            min_score,
            focal_length,
            field_of_view,
            any_roll,
            closer_look,
        ),
        PhotographOptions(output, meshes, parts if drawn else (), lines, texture.value, posed),
        VideoOptions(output, "glb" in meshes, parts, drawn, show, lines, not no_smooth, every, frame_rate),
        boxes,
    )
    names = result_names([*photographs, *map(named, videos)], [path for path in others if path.is_dir()])
    photograph_names, video_names = names[: len(photographs)], names[len(photographs) :]
    wanted = [
        ToPredict(path, name, given_boxes.get(path.name))
        for path, name in zip(photographs, photograph_names, strict=True)
    ]
    _write_results(request, wanted, list(zip(videos, video_names, strict=True)), resume, workers)


def _check_output_options(lines: bool, resume: bool, frames: bool, frame_rate: float | None) -> None:
    if resume and lines:
        raise ValueError("--resume: expected it with files to go on with, got --json, which writes none")
    if frame_rate is not None and not frames:
        raise ValueError(f"--frame-rate: expected --frames beside it, got {frame_rate} alone; videos have their own")


def _check_video_options(videos: Sequence[Path], boxes: Path | None, show: bool) -> None:
    if videos and boxes is not None:
        raise ValueError(f"--boxes: expected photographs alone, since a video's heads are tracked; got {videos[0]}")
    if show and not videos:
        raise ValueError("--show: expected a video, a camera's number or, with --frames, a folder; got photographs")


def _check_workers(workers: int, photographs: Sequence[Path]) -> None:
    if STANDARD_INPUT in photographs and workers > 1:
        raise ValueError(f"--workers: expected 1 with a photograph from standard input, got {workers}")


def _write_results(
    request: Request, photographs: Sequence[ToPredict], videos: Sequence[tuple[Path, str]], resume: bool, workers: int
) -> None:
    """Predict all, photographs first; failures are told in the end, and the exit code is then 1.

    videos: each with the name of its results.
    """
    from trans3dhead.files import locked, sweep

    output, lines = request.photographs.output, request.photographs.lines
    predictor = request.predictor.open() if workers == 1 or videos else None
    names = [*(one.name for one in photographs), *(name for _, name in videos)]
    with nullcontext() if lines else locked(output):
        for folder in {(output / name).parent for name in names} - {output}:
            sweep(folder)
        journal = None if lines else Journal(output, request.recorded(), resume)
        with _told_in_the_end() as failures:
            if photographs:
                predict_photographs(
                    predictor, request.predictor, photographs, request.photographs, journal, failures, workers
                )
            if predictor is not None:
                predict_videos(predictor, videos, request.videos, failures, journal)
    if failures:
        raise typer.Exit(1)


@contextmanager
def _told_in_the_end() -> Iterator[list[str]]:
    """Yield a list of failures, which are printed whatever ends it."""
    failures: list[str] = []
    try:
        yield failures
    finally:
        for failure in failures:
            print_error(failure)


def _listed(option: str, given: str, known: Iterable[str]) -> tuple[str, ...]:
    """The comma-separated names of an option, each of them known and there once."""
    names = tuple(dict.fromkeys(part.strip().lower() for part in given.split(",") if part.strip()))
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"{option}: expected {', '.join(known)}, comma-separated, got {', '.join(unknown)}")
    return names
