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
    for column in ("photograph", "pitch", "yaw", "roll", "pose", "NME68", "found"):
        table.add_column(column, justify="left" if column == "photograph" else "right")
    for head in report.heads:
        angles = (head.pitch, head.yaw, head.roll, head.pose)
        cells = ["-" if angle is None else f"{angle:.2f}" for angle in angles]
        table.add_row(escape(head.file), *cells, f"{head.nme:.2f}", "yes" if head.found else "[red]no[/red]")
    table.add_section()
    means = [_cell(mean) for mean in (report.pitch, report.yaw, report.roll, report.pose, report.nme)]
    table.add_row("mean (95 % bootstrap)", *means, f"{report.found} of {len(report.heads)}")
    table.caption = (
        f"degrees; percent of the landmark box. {report.false_boxes} detected boxes match no annotated head."
    )
    return table


def _cell(mean: "Mean | None") -> str:
    return "-" if mean is None else f"{mean.value:.2f}\n({mean.low:.2f} to {mean.high:.2f})"
