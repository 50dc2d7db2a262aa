"""`trans3dhead demo`: the page in a browser."""

import webbrowser
from typing import Annotated

import typer

from trans3dhead.cli.errors import reported
from trans3dhead.cli.predictor_options import DetectorName, Device, Model, Threads
from trans3dhead.defaults import DEFAULT_DETECTOR


@reported
def demo(
    host: Annotated[str, typer.Option(help="Where to listen; anything but this machine's own opens it to others.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8000,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    model: Model = "small",
    detector: DetectorName = DEFAULT_DETECTOR,
    device: Device = "cpu",
    threads: Threads = None,
) -> None:
    """Serve a web page on this machine: photographs, clips and the camera, with the head in 3D.

    Nothing leaves the machine, and no photograph is kept.
    """
    from trans3dhead.demo import serve
    from trans3dhead.inference import Predictor

    def ready(address: str) -> None:
        typer.echo(f"{address} (Ctrl-C ends it)")
        if open_browser:
            webbrowser.open(address)

    serve(Predictor(model, detector=detector, device=device, threads=threads), host, port, ready)
