"""`trans3dhead models`: what ships with the package."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trans3dhead.cli.errors import reported


@reported
def models() -> None:
    """List what ships, networks first: size, licence, hash, model card."""
    from headsynth.weights import generator_folder
    from trans3dhead.weights.shipped import shipped_files

    console = Console()
    for file in (*shipped_files(), *shipped_files(generator_folder())):
        console.print(f"[bold]{file.name}[/bold]  {file.kind}, {file.size / 1e6:.1f} MB", highlight=False)
        rows = {
            "licence": file.licence,
            "used as" if file.kind == "head model" else "head model": file.head_model,
            "sha256": file.sha256,
            "model card": str(file.card) if file.card else "none",
            "file": str(file.path),
        }
        if file.network:
            rows = {"network": file.network, **rows}
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        for name, value in rows.items():
            table.add_row(f"  {name}", escape(value))
        console.print(table, highlight=False)
    console.print("`trans3dhead predict --model NAME` takes a network's name.", highlight=False)
