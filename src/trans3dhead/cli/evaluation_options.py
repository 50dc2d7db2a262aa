"""The options that several commands of `trans3dhead evaluate` share."""

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[str, typer.Option(help="A shipped model's name or a checkpoint's path.")]
Given = Annotated[
    Path | None, typer.Option("--predictions", help="Score these instead of a model; docs/predictions-format.md.")
]
OwnHeadModel = Annotated[
    Path | None, typer.Option("--head-model", help="Head model file of a checkpoint whose head model does not ship.")
]
OfCheckpointOrSet = Annotated[
    Path | None,
    typer.Option("--head-model", help="Head model file, where the checkpoint's or the set's does not ship."),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Folder for report.json, samples.csv, plots and worst cases.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse to score unless every head has a sound prediction.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Go on past damaged files; they are counted and listed.")]
Detect = Annotated[bool, typer.Option("--detect", help="Find the heads with the detector, not by their true boxes.")]
Flip = Annotated[bool, typer.Option("--flip", help="Average with the mirror image of each crop; twice the time.")]
Reannotated = Annotated[
    Path | None,
    typer.Option(help="Other points to measure by as well: an .npz with ids and landmarks; docs/benchmarks.md."),
]
MediapipeTask = Annotated[
    Path | None,
    typer.Option(help="MediaPipe's face_landmarker.task: rank blendshapes against its own; needs mediapipe."),
]
