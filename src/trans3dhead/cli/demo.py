"""`trans3dhead demo`: the page in a browser."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from trans3dhead.cli.errors import reported
from trans3dhead.cli.predictor_options import CloserLook, DetectorName, Device, Threads
from trans3dhead.defaults import DEFAULT_DETECTOR


@reported
def demo(
    host: Annotated[str, typer.Option(help="Where to listen; anything but this machine's own opens it to others.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8000,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    static: Annotated[
        Path | None,
        typer.Option(help="Serve nothing: write the page with its networks into this folder, for any host of files."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="A shipped network's name (see `trans3dhead models`) or a path.",
            show_default="small, with --static tiny",
        ),
    ] = None,
    detector: DetectorName = DEFAULT_DETECTOR,
    device: Device = "cpu",
    threads: Threads = None,
    closer_look: CloserLook = "auto",
) -> None:
    """Serve a web page on this machine: photographs, clips and the camera, with the head in 3D.

    Nothing leaves the machine, and no photograph is kept. With --static the networks run in the browser.
    """
    if static is not None:
        if (detector, device, threads, open_browser) != (DEFAULT_DETECTOR, "cpu", None, False):
            raise ValueError("--static: expected no --detector, --device, --threads or --open; the browser does all")
        _write(static, model or "tiny", closer_look)
        return
    from trans3dhead.demo import serve
    from trans3dhead.inference import Predictor

    def ready(address: str) -> None:
        typer.echo(f"{address} (Ctrl-C ends it)")
        if open_browser:
            webbrowser.open(address)

    predictor = Predictor(model or "small", detector=detector, device=device, threads=threads, closer_look=closer_look)
    serve(predictor, host, port, ready)


def _write(folder: Path, model: str, closer_look: str) -> None:
    from trans3dhead.demo.static_page import write_static_page
    from trans3dhead.files import locked

    with locked(folder):
        written = write_static_page(folder, model, closer_look)
    size = sum(path.stat().st_size for path in written)
    typer.echo(f"{folder}: {len(written)} files, {size / 1e6:.0f} MB, to be put on any host of files")
    typer.echo(f"to see it here: python -m http.server --directory {folder}")
