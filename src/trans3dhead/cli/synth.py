"""`trans3dhead synth`: render a set of annotated synthetic photographs."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trans3dhead.cli.errors import reported


@reported
def synth(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the set; finished shards in it are kept.")],
    count: Annotated[int, typer.Option(min=1, help="Photographs in the whole set.")] = 20_000,
    assets: Annotated[
        Path | None, typer.Option(help="Skins, hair, eyes, clothes and HDRIs. Without it: plain procedural heads.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Photograph i of a seed is the same for any count and workers.")] = 0,
    size: Annotated[int, typer.Option(min=32, help="Side of the square photographs, pixels.")] = 256,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; all cores unless given.")] = None,
    without: Annotated[
        str, typer.Option(help="Ingredients to leave out, such as hair,occlusion; a wrong name lists them.")
    ] = "",
    sheet: Annotated[Path | None, typer.Option(help="Also write a contact sheet, .jpg or .png, to this file.")] = None,
) -> None:
    """Render synthetic photographs with exact labels. Run it again after an interruption: it goes on."""
    from trans3dhead.synth import generate

    names = [name.strip() for name in without.split(",") if name.strip()]
    generate(output, count=count, assets=assets, seed=seed, size=size, workers=workers, sheet=sheet, without=names)
    Console().print(f"{output}: {count} photographs", highlight=False, markup=False, soft_wrap=True)
