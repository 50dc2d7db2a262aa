"""`trans3dhead benchmark`: what the package costs in time and memory on this machine."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from trans3dhead.cli.errors import reported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from trans3dhead.benchmarks.results import LeftOut

_EXAMPLE = Path("examples/astronaut.jpg")

app = typer.Typer(
    help="Time and memory on this machine: tables, and JSON with every round; docs/speed.md.", no_args_is_help=True
)

Output = Annotated[Path | None, typer.Option("--output", "-o", help="JSON with every round.")]
Photograph = Annotated[Path, typer.Option(help="A photograph with one head; ours is in the repository.")]
OfOneModel = Annotated[str, typer.Option(help="A shipped network's name or a checkpoint's path.")]
Rounds = Annotated[int, typer.Option(help="How many rounds; in each every row has a turn.")]
Calls = Annotated[int, typer.Option(help="Calls in each turn; their median counts.")]
OfHeadModel = Annotated[Path | None, typer.Option(help="Head model file of networks whose own does not ship.")]


@app.command()
@reported
def speed(
    output: Output = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="A shipped network's name (default: small), a checkpoint, an .onnx file; a recipe: its network alone."
        ),
    ] = None,
    works: Annotated[str, typer.Option("--work", help="Which rows, comma-separated.")] = (
        "detector,aligner,photograph,tracked"
    ),
    threads: Annotated[str, typer.Option(help="How many threads, comma-separated.")] = "1,2",
    batches: Annotated[str, typer.Option("--batch", help="Crops in one call, comma-separated.")] = "1,32",
    compare: Annotated[
        bool, typer.Option("--compare", help="With DAD-3DNet, the bare backbone, and MediaPipe's mesh if installed.")
    ] = False,
    photograph: Photograph = _EXAMPLE,
    head_model: OfHeadModel = None,
    rounds: Rounds = 15,
    calls: Calls = 3,
) -> None:
    """Milliseconds of detector, aligner, photograph to heads and tracked frame, under every runtime installed."""
    from trans3dhead.benchmarks.speed import SpeedSettings, measure_speed
    from trans3dhead.benchmarks.tables import speed_table

    settings = SpeedSettings(
        photograph,
        models=tuple(model or ["small"]),
        works=tuple(part.strip() for part in works.split(",") if part.strip()),
        threads=_numbers(threads, "--threads"),
        batches=_numbers(batches, "--batch"),
        rounds=rounds,
        calls=calls,
        compare=compare,
        head_model=head_model,
    )
    with Console(stderr=True).status("measuring"):
        rows, left_out = measure_speed(settings)
    _finish("speed", speed_table(rows), asdict(settings), rows, left_out, output)


@app.command()
@reported
def scaling(
    output: Output = None,
    model: OfOneModel = "small",
    heads: Annotated[str, typer.Option(help="Crops in one call.")] = "1,2,4,8,16,32,64",
    queries: Annotated[str, typer.Option(help="Of a branch, and of query-aware memory.")] = "17,68,190,413",
    layers: Annotated[str, typer.Option(help="Of each decoder, 1 to 3.")] = "1,2,3",
    pixels: Annotated[str, typer.Option(help="Sides of crops, multiples of 32.")] = "64,128,192,256",
    threads: Annotated[int, typer.Option()] = 2,
    rounds: Rounds = 15,
    calls: Calls = 3,
) -> None:
    """Milliseconds of the network under PyTorch against heads, queries, layers and pixels, and QAMem's two forms."""
    from trans3dhead.benchmarks.scaling import ScalingSettings, measure_scaling
    from trans3dhead.benchmarks.tables import scaling_table

    settings = ScalingSettings(
        model,
        heads=_numbers(heads, "--heads"),
        queries=_numbers(queries, "--queries"),
        layers=_numbers(layers, "--layers"),
        pixels=_numbers(pixels, "--pixels"),
        threads=threads,
        rounds=rounds,
        calls=calls,
    )
    with Console(stderr=True).status("measuring"):
        rows = measure_scaling(settings)
    _finish("scaling", scaling_table(rows), asdict(settings), rows, (), output)


@app.command()
@reported
def memory(
    output: Output = None,
    model: OfOneModel = "small",
    photograph: Photograph = _EXAMPLE,
    head_model: OfHeadModel = None,
    heads: Annotated[int, typer.Option(help="In one call.")] = 200,
    threads: Annotated[int, typer.Option()] = 2,
    rounds: Annotated[int, typer.Option(help="Each a process for every row.")] = 3,
) -> None:
    """Peak memory and time of fresh processes: the import, a photograph, 12 megapixels, many heads, by runtime."""
    from trans3dhead.benchmarks.memory import MemorySettings, measure_memory
    from trans3dhead.benchmarks.tables import memory_table

    settings = MemorySettings(photograph, model, heads, threads, rounds, head_model)
    with Console(stderr=True).status("measuring"):
        rows, left_out = measure_memory(settings)
    _finish("memory", memory_table(rows), asdict(settings), rows, left_out, output)


@app.command()
@reported
def start(
    output: Output = None,
    model: OfOneModel = "small",
    photograph: Photograph = _EXAMPLE,
    rounds: Rounds = 7,
) -> None:
    """Seconds of whole processes: the import, `predict --help`, `predict` with overlay and GLB."""
    from trans3dhead.benchmarks.start import StartSettings, measure_start
    from trans3dhead.benchmarks.tables import start_table

    settings = StartSettings(photograph, model, rounds)
    with Console(stderr=True).status("measuring"):
        rows = measure_start(settings)
    _finish("start", start_table(rows), asdict(settings), rows, (), output)


def _finish(
    name: str,
    table: "Table",
    settings: dict[str, Any],
    rows: "Sequence[Any]",
    left_out: "Sequence[LeftOut]",
    output: Path | None,
) -> None:
    """Print the table and what was left out, and write the JSON where that is asked for."""
    from trans3dhead.benchmarks.results import machine, write_results
    from trans3dhead.terminal import print_whole

    here = machine()
    table.title = escape(f"{name}: {here['processor']}, {here['cores']} cores")
    console = Console()
    print_whole(table, console)
    for entry in left_out:
        console.print(f"left out: {escape(entry.what)}: {escape(entry.why)}", highlight=False, soft_wrap=True)
    if output is not None:
        write_results(output, name, settings, rows, left_out)
        console.print(f"written: {escape(str(output))}", highlight=False, soft_wrap=True)


def _numbers(given: str, option: str) -> tuple[int, ...]:
    """Comma-separated whole numbers."""
    try:
        return tuple(int(part) for part in given.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"{option}: expected whole numbers, comma-separated, got {given!r}") from error
