"""`trans3dhead predict`: photographs and videos to overlays, meshes and JSON."""

import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from trans3dhead.cli.errors import print_error, reported
from trans3dhead.cli.predict_video import VideoOptions, named, predict_videos, split_videos
from trans3dhead.cli.predicted_rows import PredictedRows
from trans3dhead.cli.predictor_options import DetectorName, Device, FieldOfView, FocalLength, Model, Threads
from trans3dhead.cli.result_names import STANDARD_INPUT, result_names
from trans3dhead.defaults import DEFAULT_DETECTOR

if TYPE_CHECKING:
    import numpy as np

    from trans3dhead.inference import Head, Predictor
    from trans3dhead.inference.photograph import Photograph

_BOXES_FORM = '{"photo.jpg": [[x, y, w, h], ...]}'


class Runtime(str, Enum):
    """What runs the network that aligns."""

    auto = "auto"
    onnx = "onnx"
    torch = "torch"


class Texture(str, Enum):
    """The skin of a .glb and of an .obj."""

    plain = "plain"
    photograph = "photograph"


@dataclass(frozen=True)
class _Options:
    """What to write and where."""

    output: Path
    formats: tuple[str, ...]
    overlay: tuple[str, ...]  # what its picture shows; nothing: no picture
    boxes: "dict[str, np.ndarray]"  # by the photograph's file name; empty: the detector's
    lines: bool  # JSON to standard output, a line for each photograph, in place of files and table
    texture: Texture = Texture.plain
    posed: bool = False  # .glb files with pose and camera


@reported
def predict(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            help="Photographs, folders of photographs, videos, a camera's number; - reads one from standard input."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")] = Path("out"),
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Also the folders inside of folders.")] = False,
    lines: Annotated[
        bool, typer.Option("--json", help="Print JSON, a line for each photograph, and write no files.")
    ] = False,
    model: Model = "small",
    detector: DetectorName = DEFAULT_DETECTOR,
    boxes: Annotated[
        Path | None,
        typer.Option(help=f"Head boxes instead of the detector's, pixels: JSON {escape(_BOXES_FORM)}."),
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
        typer.Option(min=0.0, max=1.0, help="Least score of a head; by default 0.5 of our head detector."),
    ] = None,
    head_model: Annotated[
        Path | None, typer.Option(help="Head model file of a checkpoint whose head model does not ship.")
    ] = None,
    flip: Annotated[bool, typer.Option("--flip", help="Average with the mirrored photograph; twice the time.")] = False,
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
    frame_rate: Annotated[
        float | None, typer.Option(help="Of folders of frames, frames a second; by default 30.")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Videos: show the overlay in a window; Q ends it.")] = False,
) -> None:
    """Find and align every head: an overlay picture and a JSON for each photograph, a mesh for each head.

    Of a video or a camera: an overlay video, JSON lines, and for each head its motion as an animated GLB and as a CSV
    of the app Live Link Face. Ctrl-C ends it with what is done so far.

    A photograph without a head is no error: its JSON says so. One that cannot be read is reported, the others are
    done, and the exit code is 1.
    """
    from trans3dhead.inference import Predictor, find_photographs
    from trans3dhead.inference.output import FORMATS, OVERLAY_PARTS

    if threads is not None:
        import cv2

        cv2.setNumThreads(threads)
    if frame_rate is not None and not frames:
        raise ValueError(f"--frame-rate: expected --frames beside it, got {frame_rate} alone; videos have their own")
    videos, inputs = split_videos(inputs, frames)
    if videos and boxes is not None:
        raise ValueError(f"--boxes: expected photographs alone, since a video's heads are tracked; got {videos[0]}")
    if show and not videos:
        raise ValueError("--show: expected a video, a camera's number or, with --frames, a folder; got photographs")
    photographs = find_photographs(inputs, recursive)
    parts = _listed("--overlay", overlay, OVERLAY_PARTS)
    drawn = bool(parts) and not (no_overlay or lines)
    shown = parts if drawn else ()
    boxes_by_name = _read_boxes(boxes, photographs)
    options = _Options(output, _listed("--format", formats, FORMATS), shown, boxes_by_name, lines, texture, posed)
    predictor = Predictor(
        model,
        detector=detector,
        head_model=head_model,
        flip=flip,
        runtime=runtime.value,
        device=device,
        threads=threads,
        min_score=min_score,
        focal_length=focal_length,
        field_of_view=field_of_view,
    )
    names = result_names([*photographs, *map(named, videos)], [path for path in inputs if path.is_dir()])
    failures = _predict_all(predictor, photographs, names[: len(photographs)], options) if photographs else []
    if videos:
        following = VideoOptions(
            output,
            glb="glb" in options.formats,
            parts=parts,
            overlay=drawn,
            show=show,
            lines=lines,
            smooth=not no_smooth,
            every=every,
            frame_rate=frame_rate,
        )
        failures += predict_videos(predictor, videos, names[len(photographs) :], following)
    if failures:
        for failure in failures:
            print_error(failure)
        raise typer.Exit(1)


def _predict_all(predictor: "Predictor", photographs: list[Path], names: list[str], options: _Options) -> list[str]:
    """Write or print every photograph's results, with a row of the table for each -> what went wrong."""
    console = Console(quiet=options.lines)
    rows = PredictedRows(console, [path.name for path in photographs])
    failures = []
    for path, name in zip(photographs, names, strict=True):
        with console.status(escape(path.name)):
            try:
                found, milliseconds = _predict_one(predictor, path, name, options)
            except (ValueError, OSError) as error:
                failures.append(str(error))
                rows.failed(path.name)
                continue
        rows.add(path.name, found, milliseconds)
    rows.end(f"results in {options.output}")
    return failures


def _predict_one(predictor: "Predictor", path: Path, name: str, options: _Options) -> "tuple[list[Head], float]":
    """One photograph's results under `name` -> its heads, milliseconds of reading it, finding and aligning them."""
    begun = time.perf_counter()
    photograph = _opened(path)
    if options.overlay:
        photograph.pixels()  # whole
    heads = predictor(photograph, boxes=options.boxes.get(path.name))
    milliseconds = 1e3 * (time.perf_counter() - begun)
    content = {"image": path.name, "size": photograph.size, "heads": [head.to_json() for head in heads]}
    if options.lines:
        print(json.dumps(content), flush=True)
        return heads, milliseconds
    _write(content, photograph, heads, name, options)
    return heads, milliseconds


def _opened(path: Path) -> "Photograph":
    from trans3dhead.images import decode_photograph
    from trans3dhead.inference.photograph import Photograph

    if path != STANDARD_INPUT:
        return Photograph(path)
    try:
        return Photograph(decode_photograph(sys.stdin.buffer.read()))
    except ValueError as error:
        raise ValueError(f"standard input: {error}") from error


def _write(
    content: dict[str, Any], photograph: "Photograph", heads: "Sequence[Head]", name: str, options: _Options
) -> None:
    """The JSON of a photograph, the mesh files of its heads and the overlay, as far as they are asked for."""
    from trans3dhead.files import write_atomically
    from trans3dhead.images import OVERLAY_SUFFIX, encode_png
    from trans3dhead.inference.output import OVERLAY_PARTS, draw_overlay, json_text

    write_atomically(options.output / f"{name}.json", json_text(content).encode())
    for number, head in enumerate(heads):
        stem = name if len(heads) == 1 else f"{name}-{number}"
        for suffix in options.formats:
            textured = options.texture is Texture.photograph and suffix in ("glb", "obj")
            skin = photograph.pixels()[0] if textured else None
            size = photograph.size if options.posed and suffix == "glb" else None
            head.save(options.output / f"{stem}.{suffix}", skin, size)
    if options.overlay:
        shown: dict[str, Any] = {part: part in options.overlay for part in OVERLAY_PARTS}
        picture = encode_png(draw_overlay(photograph.pixels()[0], heads, **shown))
        write_atomically(options.output / f"{name}{OVERLAY_SUFFIX}", picture)


def _listed(option: str, given: str, known: Iterable[str]) -> tuple[str, ...]:
    """The comma-separated names of an option, each of them known and there once."""
    names = tuple(dict.fromkeys(part.strip().lower() for part in given.split(",") if part.strip()))
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"{option}: expected {', '.join(known)}, comma-separated, got {', '.join(unknown)}")
    return names


def _read_boxes(path: Path | None, photographs: list[Path]) -> "dict[str, np.ndarray]":
    import numpy as np

    if path is None:
        return {}
    wanted = f"{_BOXES_FORM}, with every photograph that is given"
    try:
        content = json.loads(path.read_text())
        boxes = {name: np.array(rows, dtype=np.float64) for name, rows in content.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: expected JSON {wanted}, got {error}") from error
    for name, given in boxes.items():
        if given.size and (given.ndim != 2 or given.shape[1] != 4):
            raise ValueError(f"{path}: expected JSON {wanted}, got an array of shape {given.shape} for {name}")
    if missing := [photo.name for photo in photographs if photo.name not in boxes]:
        raise ValueError(f"{path}: expected {wanted}; it lacks {', '.join(missing)}")
    return boxes
