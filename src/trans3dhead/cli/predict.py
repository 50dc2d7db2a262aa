"""`trans3dhead predict`: photographs to overlays, meshes and JSON."""

import json
import time
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trans3dhead.cli.errors import print_error, reported
from trans3dhead.defaults import DEFAULT_DETECTOR

if TYPE_CHECKING:
    import numpy as np

    from trans3dhead.inference import Head, Predictor

_BOXES_FORM = '{"photo.jpg": [[x, y, w, h], ...]}'


class Runtime(str, Enum):
    """What runs the network that aligns."""

    auto = "auto"
    onnx = "onnx"
    torch = "torch"


@dataclass(frozen=True)
class _Options:
    """What to write and where."""

    output: Path
    formats: tuple[str, ...]
    overlay: bool
    boxes: "dict[str, np.ndarray]"  # by the photograph's file name; empty: the detector's


@reported
def predict(
    inputs: Annotated[list[Path], typer.Argument(help="Photographs, and folders of photographs.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")] = Path("out"),
    model: Annotated[
        str, typer.Option(help="A shipped network's name (see `trans3dhead models`) or a path.")
    ] = "small",
    detector: Annotated[
        str, typer.Option(help="heads or heads:PATH, cascade, or yunet:PATH with your YuNet .onnx file.")
    ] = DEFAULT_DETECTOR,
    boxes: Annotated[
        Path | None,
        typer.Option(help=f"Head boxes instead of the detector's, pixels: JSON {escape(_BOXES_FORM)}."),
    ] = None,
    formats: Annotated[str, typer.Option("--format", help="Mesh files: glb, obj, ply, npz, comma-separated.")] = "glb",
    overlay: Annotated[bool, typer.Option(help="Write the picture with mesh, landmarks and axes.")] = True,
    head_model: Annotated[
        Path | None, typer.Option(help="Head model file of a checkpoint whose head model does not ship.")
    ] = None,
    flip: Annotated[bool, typer.Option("--flip", help="Average with the mirrored photograph; twice the time.")] = False,
    runtime: Annotated[
        Runtime, typer.Option(help="What runs the network; auto: torch for checkpoints, onnx for all else.")
    ] = Runtime.auto,
    device: Annotated[str, typer.Option(help="Of the network that aligns: cpu or cuda.")] = "cpu",
) -> None:
    """Find and align every head: an overlay picture and a JSON for each photograph, a mesh for each head.

    A photograph without a head is no error: its JSON says so. One that cannot be read is reported, the others are
    done, and the exit code is 1.
    """
    from trans3dhead.inference import Predictor, find_photographs

    photographs = find_photographs(inputs)
    options = _Options(output, _formats(formats), overlay, _read_boxes(boxes, photographs))
    predictor = Predictor(
        model, detector=detector, head_model=head_model, flip=flip, runtime=runtime.value, device=device
    )
    console = Console()
    heads, empty, failures = _predict_all(predictor, photographs, options, console)
    done = len(photographs) - len(failures)
    summary = f"{_count(done, 'photograph')}, {_count(heads, 'head')}, {empty} without a head"
    console.print(f"{summary}; results in {escape(str(output))}", highlight=False, soft_wrap=True)
    if failures:
        for failure in failures:
            print_error(failure)
        raise typer.Exit(1)


def _predict_all(
    predictor: "Predictor", photographs: list[Path], options: _Options, console: Console
) -> tuple[int, int, list[str]]:
    """Write every photograph's results -> heads found, photographs without a head, what went wrong."""
    table = _table()
    heads, empty, failures = 0, 0, []
    for path, name in zip(photographs, _names(photographs), strict=True):
        with console.status(f"{escape(path.name)}"):
            try:
                found, milliseconds = _predict_one(predictor, path, name, options)
            except (ValueError, OSError) as error:
                failures.append(str(error))
                table.add_row(escape(path.name), "[red]failed[/red]")
                continue
        heads += len(found)
        empty += not found
        _add_rows(table, path.name, found, milliseconds)
    console.print(table)
    return heads, empty, failures


def _predict_one(predictor: "Predictor", path: Path, name: str, options: _Options) -> "tuple[list[Head], float]":
    """Write one photograph's results under `name` -> its heads, milliseconds of reading it, finding and aligning them."""
    from trans3dhead.files import write_atomically
    from trans3dhead.inference.photograph import Photograph

    begun = time.perf_counter()
    photograph = Photograph(path)
    if options.overlay:
        photograph.pixels()  # whole, as it is drawn on
    heads = predictor(photograph, boxes=options.boxes.get(path.name))
    milliseconds = 1e3 * (time.perf_counter() - begun)
    content = {"image": path.name, "size": photograph.size, "heads": [head.to_json() for head in heads]}
    write_atomically(options.output / f"{name}.json", json.dumps(content, indent=1).encode())
    for number, head in enumerate(heads):
        stem = name if len(heads) == 1 else f"{name}-{number}"
        for suffix in options.formats:
            head.save(options.output / f"{stem}.{suffix}")
    if options.overlay:
        from trans3dhead.images import OVERLAY_SUFFIX, encode_png
        from trans3dhead.inference.output import draw_overlay

        write_atomically(options.output / f"{name}{OVERLAY_SUFFIX}", encode_png(draw_overlay(photograph.pixels()[0], heads)))
    return heads, milliseconds


def _names(photographs: list[Path]) -> list[str]:
    """A name for the results of each photograph: its stem, with the suffix where it is not its own, then a number.

    Another photograph may have the same stem, or heads whose meshes are called so: `a-1.glb` of a.jpg and a-1.jpg.
    """
    stems = Counter(path.stem for path in photographs)
    names, used = [], set()
    for path in photographs:
        other, _, number_of_head = path.stem.rpartition("-")
        own = stems[path.stem] == 1 and not (other in stems and number_of_head.isdecimal())
        name = base = path.stem if own else path.name
        number = 1
        while name in used:
            number += 1
            name = f"{base}.{number}"
        used.add(name)
        names.append(name)
    return names


def _formats(given: str) -> tuple[str, ...]:
    from trans3dhead.inference.output import FORMATS

    formats = tuple(dict.fromkeys(part.strip().lower() for part in given.split(",") if part.strip()))
    if unknown := [name for name in formats if name not in FORMATS]:
        raise ValueError(f"--format: expected {', '.join(FORMATS)}, comma-separated, got {', '.join(unknown)}")
    return formats


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


def _table() -> Table:
    table = Table(
        caption="degrees; pitch > 0 looks up, yaw > 0 turns the face to the image's left, roll > 0 is clockwise"
    )
    table.add_column("photograph", overflow="fold")
    for column in ("head", "size", "score", "pitch", "yaw", "roll", "ms"):
        table.add_column(column, justify="right")
    return table


def _add_rows(table: Table, name: str, heads: "list[Head]", milliseconds: float) -> None:
    if not heads:
        table.add_row(escape(name), "[yellow]no head[/yellow]", "", "", "", "", "", f"{milliseconds:.0f}")
    for number, head in enumerate(heads):
        angles = (f"{angle:+.1f}" for angle in (head.pose.pitch, head.pose.yaw, head.pose.roll))
        size = f"{head.box[2]:.0f} × {head.box[3]:.0f}"
        first = number == 0
        shown = (escape(name) if first else "", str(number), size, f"{head.score:.2f}", *angles)
        table.add_row(*shown, f"{milliseconds:.0f}" if first else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
