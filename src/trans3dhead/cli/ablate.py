"""`trans3dhead ablate`: the paper's ablation tables, trained and scored row by row."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trans3dhead.cli.errors import reported
from trans3dhead.cli.held import hold

_ALL = "all"


@reported
def ablate(
    table: Annotated[str, typer.Argument(help="table3, table3-layers, table4, table5, table6, table7, table8 or all.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value for every row's recipe.")] = None,
    budget: Annotated[str, typer.Option(help="smoke, small or paper; docs/ablations.md.")] = "small",
    seeds: Annotated[int, typer.Option(help="Trainings a row; with two or more the table shows their spread.")] = 1,
    recipes: Annotated[Path, typer.Option(help="The folder with the budgets' recipes.")] = Path("recipes"),
    runs: Annotated[Path, typer.Option(help="A folder for each budget is made here.")] = Path("runs/ablations"),
) -> None:
    """Train and score the rows of one table of the paper, or of all; the same command goes on after an interruption."""
    from trans3dhead.evaluation.ablations import (
        TABLES,
        read_budget,
        results_markdown,
        results_table,
        run_tables,
        to_json,
    )
    from trans3dhead.files import locked, write_atomically
    from trans3dhead.terminal import print_whole

    if table not in (*TABLES, _ALL):
        raise ValueError(f"table: expected one of {', '.join(TABLES)}, or {_ALL}, got {table!r}")
    chosen = TABLES if table == _ALL else {table: TABLES[table]}
    folder, console = runs / budget, Console()
    hold(locked(folder))
    systems = {row.system for each in chosen.values() for row in each.rows}
    read = read_budget(budget, systems, recipes, overrides or [])
    settings = {"budget": budget, "overrides": list(overrides or [])}
    for key, results in run_tables(chosen, read, folder, seeds, console):
        write_atomically(folder / f"{key}.json", to_json(results, settings).encode())
        write_atomically(folder / f"{key}.md", results_markdown(results).encode())
        print_whole(results_table(results), console)
        console.print(f"{folder / key}.md, {key}.json", highlight=False, markup=False, soft_wrap=True)
