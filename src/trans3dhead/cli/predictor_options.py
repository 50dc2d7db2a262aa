"""The options of commands that hold a `Predictor`."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from trans3dhead.inference import Predictor

Model = Annotated[str, typer.Option(help="A shipped network's name (see `trans3dhead models`) or a path.")]
DetectorName = Annotated[
    str, typer.Option("--detector", help="heads or heads:PATH, cascade, or yunet:PATH with your YuNet .onnx file.")
]
Device = Annotated[str, typer.Option(help="Where the networks that align run: cpu or cuda.")]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Threads; by default as many as the processor has cores, four at most.")
]
FocalLength = Annotated[
    float | None,
    typer.Option(help="The camera's, pixels; by default what EXIF says, else the length of the photograph's diagonal."),
]
FieldOfView = Annotated[
    float | None, typer.Option(help="The camera's, degrees from left to right, in place of a focal length.")
]

CloserLook = Annotated[
    str,
    typer.Option(help="What reads faces close up: auto (what ships for the model), none, or a name or path."),
]


@dataclass(frozen=True)
class PredictorSettings:
    """What a `Predictor` is made of; each process that helps makes its own."""

    model: str
    detector: str
    head_model: Path | None
    flip: bool
    runtime: Literal["auto", "onnx", "torch"]
    device: str
    threads: int | None
    min_score: float | None
    focal_length: float | None = None
    field_of_view: float | None = None
    any_roll: bool = False
    closer_look: str = "auto"

    def open(self) -> "Predictor":
        """The predictor; OpenCV in this process has as many threads. Raises what `Predictor` raises."""
        from trans3dhead.inference import Predictor

        if self.threads is not None:
            import cv2

            cv2.setNumThreads(self.threads)
        return Predictor(**asdict(self))
