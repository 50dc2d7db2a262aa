"""The options of commands that hold a `Predictor`."""

from typing import Annotated

import typer

Model = Annotated[str, typer.Option(help="A shipped network's name (see `trans3dhead models`) or a path.")]
DetectorName = Annotated[
    str, typer.Option("--detector", help="heads or heads:PATH, cascade, or yunet:PATH with your YuNet .onnx file.")
]
Device = Annotated[str, typer.Option(help="Of the network that aligns: cpu or cuda.")]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Of the processor; by default as many as it has cores, four at most.")
]
FocalLength = Annotated[
    float | None, typer.Option(help="Of the camera, pixels; by default as EXIF says, or the photograph's diagonal.")
]
FieldOfView = Annotated[float | None, typer.Option(help="Degrees across the photograph, in place of a focal length.")]
