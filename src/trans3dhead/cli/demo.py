"""`trans3dhead demo`: the page in a browser."""

import webbrowser
from typing import Annotated

import typer

from trans3dhead.cli.errors import reported
from trans3dhead.defaults import DEFAULT_DETECTOR


@reported
def demo(
    host: Annotated[str, typer.Option(help="Where to listen; anything but this machine's own opens it to others.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8000,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    model: Annotated[
        str, typer.Option(help="A shipped network's name (see `trans3dhead models`) or a path.")
    ] = "small",
    detector: Annotated[
        str, typer.Option(help="heads or heads:PATH, cascade, or yunet:PATH with your YuNet .onnx file.")
    ] = DEFAULT_DETECTOR,
    device: Annotated[str, typer.Option(help="Of the network that aligns: cpu or cuda.")] = "cpu",
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of the processor; by default as many as it has cores, four at most.")
    ] = None,
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
