"""`trans3dhead evaluate`: scores against annotated photographs."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trans3dhead.cli.errors import reported

if TYPE_CHECKING:
    from trans3dhead.evaluation.photographs import Mean, PhotographsReport

app = typer.Typer(help="Score a model against annotations.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Score a model against annotations."""


@app.command()
@reported
def photographs(
    folder: Annotated[Path, typer.Argument(help="Photographs and their annotations.json.")],
    model: Annotated[str, typer.Option(help="A shipped model's name or a checkpoint's path.")] = "small",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the report as JSON.")] = None,
) -> None:
    """Pose and landmark errors with boxes from the true landmarks, and how many heads the detector finds."""
    from trans3dhead.evaluation.photographs import evaluate_photographs
    from trans3dhead.inference import Predictor

    report = evaluate_photographs(folder, Predictor(model))
    Console().print(_table(report, folder))
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps({"folder": folder.name, "model": model} | report.to_json(), indent=1))


def _table(report: "PhotographsReport", folder: Path) -> Table:
    table = Table(title=f"{escape(folder.name)}: {len(report.heads)} annotated heads")
    table.add_column("photograph", no_wrap=True)
    for column in ("pitch", "yaw", "roll", "pose", "NME68", "found"):
        table.add_column(column, justify="right")
    for head in report.heads:
        angles = (head.pitch, head.yaw, head.roll, head.pose)
        cells = ["-" if angle is None else f"{angle:.2f}" for angle in angles]
        table.add_row(escape(head.file), *cells, f"{head.nme:.2f}", "yes" if head.found else "[red]no[/red]")
    table.add_section()
    means = (report.pitch, report.yaw, report.roll, report.pose, report.nme)
    table.add_row("mean", *(_mean(mean) for mean in means), f"{report.found} of {len(report.heads)}")
    table.add_row("95 % interval", *(_interval(mean) for mean in means))
    table.caption = (
        "pose in degrees, its mean over the three angles; NME68 in percent of the root of the landmark box's area; "
        f"intervals by bootstrap. {report.false_boxes} detected boxes match no annotated head."
    )
    return table


def _mean(mean: "Mean | None") -> str:
    return "-" if mean is None else f"{mean.value:.2f}"


def _interval(mean: "Mean | None") -> str:
    return "-" if mean is None else f"{mean.low:.1f}–{mean.high:.1f}"
