"""`trans3dhead models`: what ships with the package."""

from rich.console import Console
from rich.table import Table

from trans3dhead.cli.errors import reported


@reported
def models() -> None:
    """List the networks and head models that ship: size, licence, hash, model card."""
    from trans3dhead.inference import shipped_files

    table = Table(caption="`predict --model NAME` takes a network's name. sha256: of the file, first 16 digits.")
    for column in ("name", "kind", "size", "licence", "head model", "sha256", "model card"):
        table.add_column(column, justify="right" if column == "size" else "left", overflow="fold")
    for file in shipped_files():
        size = f"{file.size / 1e6:.1f} MB"
        card = str(file.card) if file.card else "-"
        table.add_row(file.name, file.kind, size, file.licence, file.head_model, file.sha256[:16], card)
    Console().print(table)
