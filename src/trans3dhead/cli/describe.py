"""`trans3dhead describe`: what a synthetic set holds."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trans3dhead.cli.errors import reported


class PlotFormat(str, Enum):
    """The file format in which the plots are written."""

    png = "png"
    svg = "svg"


@reported
def describe(
    folder: Annotated[Path, typer.Argument(help="A set of `trans3dhead synth`, whole or not.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for description.json and the plots.")
    ] = None,
    plots: Annotated[PlotFormat, typer.Option("--format", help="Format of the plots.")] = PlotFormat.png,
) -> None:
    """Print how a synthetic set is distributed, poses, cameras and attributes; with -o as plots and JSON as well."""
    from trans3dhead.evaluation.output import check_output
    from trans3dhead.evaluation.set_description import describe_set, description_tables
    from trans3dhead.evaluation.set_plots import save_description
    from trans3dhead.terminal import print_whole

    if output is not None:
        check_output(output)
    description = describe_set(folder)
    console = Console()
    for table in description_tables(description):
        print_whole(table, console)
    if output is not None:
        written = save_description(description, output, plots.value)
        console.print(f"{output}: {len(written)} files", highlight=False, markup=False, soft_wrap=True)
