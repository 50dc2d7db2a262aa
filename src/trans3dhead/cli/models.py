"""`trans3dhead models`: what ships with the package."""

from rich.console import Console
from rich.markup import escape

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
        if file.eight_bits:
            rows |= {"in eight bits": file.eight_bits.stem}
        width = max(map(len, rows))
        for name, value in rows.items():  # paths stay in one piece, so that they can be copied
            console.print(f"  [dim]{name:{width}}[/dim]  {escape(value)}", highlight=False, soft_wrap=True)
    console.print(
        "`trans3dhead predict --model NAME` takes a network's name, `--closer-look NAME` a face reader's.",
        highlight=False,
        soft_wrap=True,
    )
