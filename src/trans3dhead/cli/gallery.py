"""`trans3dhead gallery`: a folder with the heads of photographs, to be opened in a browser without a server."""

from pathlib import Path
from typing import Annotated

import typer

from trans3dhead.cli.errors import reported
from trans3dhead.cli.predictor_options import DetectorName, Device, Model, Threads
from trans3dhead.defaults import DEFAULT_DETECTOR


@reported
def gallery(
    photographs: Annotated[list[Path], typer.Argument(help="Photographs, or folders of photographs.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the page and its files.")] = Path(
        "gallery"
    ),
    model: Model = "small",
    detector: DetectorName = DEFAULT_DETECTOR,
    device: Device = "cpu",
    threads: Threads = None,
) -> None:
    """Write a page that shows the heads of photographs in 3D, and that a browser opens from the disk.

    Whoever has the folder sees the photographs in it.
    """
    from trans3dhead.demo.gallery import write_gallery
    from trans3dhead.inference import Predictor, find_photographs

    found = find_photographs(photographs)
    predictor = Predictor(model, detector=detector, device=device, threads=threads)
    for path, heads in write_gallery(predictor, found, output):
        typer.echo(f"{path}: {heads} {'head' if heads == 1 else 'heads'}")
    typer.echo(f"{output / 'index.html'} (open it in a browser)")
