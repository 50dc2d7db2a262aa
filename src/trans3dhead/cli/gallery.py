"""`trans3dhead gallery`: a folder with the heads of photographs, to be opened in a browser without a server."""

from pathlib import Path
from typing import Annotated

import typer

from trans3dhead.cli.errors import print_error, printable, reported
from trans3dhead.cli.predictor_options import CloserLook, DetectorName, Device, Model, Threads
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
    closer_look: CloserLook = "auto",
) -> None:
    """Write a page that shows the heads of photographs in 3D, and that a browser opens from the disk.

    Whoever has the folder sees the photographs in it. One that cannot be read is reported, the page goes without it,
    and the exit code is 1.
    """
    from trans3dhead.demo.gallery import write_gallery
    from trans3dhead.files import locked
    from trans3dhead.inference import Predictor, find_photographs
    from trans3dhead.inference.video import is_video

    if videos := [str(path) for path in photographs if is_video(path)]:
        raise ValueError(f"expected photographs, got videos, {', '.join(videos)}; `trans3dhead predict` takes them")
    found = find_photographs(photographs)
    predictor = Predictor(model, detector=detector, device=device, threads=threads, closer_look=closer_look)
    failures = []
    with locked(output):
        for path, told in write_gallery(predictor, found, output):
            if isinstance(told, Exception):
                failures.append(str(told))
                continue
            typer.echo(f"{printable(str(path))}: {told} {'head' if told == 1 else 'heads'}")
    if len(failures) < len(found):
        typer.echo(f"{output / 'index.html'} (open it in a browser)")
    for failure in failures:
        print_error(failure)
    if failures:
        raise typer.Exit(1)
