"""`trans3dhead predictions`: other systems' outputs in the format that `evaluate` scores."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from trans3dhead.cli.errors import reported

if TYPE_CHECKING:
    from trans3dhead.evaluation.predictions import PredictedHead

app = typer.Typer(
    name="predictions",
    help="Convert other systems' outputs to predictions that `evaluate` scores.",
    no_args_is_help=True,
)

Output = Annotated[Path, typer.Option("--output", "-o", help="The predictions, .json.")]
OriginName = Annotated[
    str,
    typer.Option("--origin", help="The first pixel's centre is (1, 1): one-based; (0, 0): zero-based; (½, ½): corner."),
]


@app.callback()
def _group() -> None:
    """Convert other systems' outputs to predictions that `evaluate` scores."""


@app.command("from-pts")
@reported
def from_pts(
    folder: Annotated[Path, typer.Argument(help="One .pts file of 68 points a head, named by its id.")],
    output: Output,
    origin: OriginName = "one-based",
) -> None:
    """Landmarks in iBUG's .pts files. Those of Dlib and FAN are zero-based unless you added one."""
    from trans3dhead.evaluation import converters

    _write(output, converters.from_pts(folder, converters.Origin(origin)))


@app.command("from-landmarks")
@reported
def from_landmarks(
    arrays: Annotated[Path, typer.Argument(help="An .npz of (68, 2) or (68, 3) pixel coordinates by id.")],
    output: Output,
    origin: OriginName = "zero-based",
) -> None:
    """Landmarks in numpy arrays, such as those of Dlib and FAN."""
    from trans3dhead.evaluation import converters

    _write(output, converters.from_landmarks(arrays, converters.Origin(origin)))


@app.command("from-csv")
@reported
def from_csv(
    table: Annotated[Path, typer.Argument(help="A CSV file with the columns id, pitch, yaw and roll.")],
    output: Output,
    negate: Annotated[
        list[str] | None, typer.Option(help="Turn the sign of pitch, yaw or roll; may be repeated.")
    ] = None,
    order: Annotated[
        str, typer.Option(help="Of the angles' matrices in the rotation, left to right; AFLW2000-3D's is xyz.")
    ] = "xyz",
    radians: Annotated[bool, typer.Option("--radians", help="The angles are radians, not degrees.")] = False,
) -> None:
    """Angles in a table, such as HopeNet's; pitch > 0 looks up, yaw > 0 to the image's left, roll > 0 clockwise."""
    from trans3dhead.evaluation.converters import from_csv

    _write(output, from_csv(table, negate or (), order, radians))


@app.command("from-3ddfa")
@reported
def from_3ddfa(
    parameters: Annotated[Path, typer.Argument(help="An .npz of the 62 de-whitened parameters by id.")],
    output: Output,
    landmarks: Annotated[Path | None, typer.Option(help="An .npz of (3, 68) points by id.")] = None,
    vertices: Annotated[Path | None, typer.Option(help="An .npz of (3, N) vertices by id.")] = None,
    origin: OriginName = "zero-based",
) -> None:
    """3DDFA, 3DDFA-V2 and SynergyNet. The origin is that of landmarks and vertices; 3DDFA-V2's is zero-based."""
    from trans3dhead.evaluation import converters

    _write(output, converters.from_3ddfa(parameters, landmarks, vertices, converters.Origin(origin)))


@app.command("from-img2pose")
@reported
def from_img2pose(
    poses: Annotated[Path, typer.Argument(help="An .npz of (6,) poses by id: rotation vector, translation.")],
    output: Output,
) -> None:
    """The `dofs` of img2pose."""
    from trans3dhead.evaluation import converters

    _write(output, converters.from_img2pose(poses))


@app.command("from-mediapipe")
@reported
def from_mediapipe(
    matrices: Annotated[Path, typer.Argument(help="An .npz of (4, 4) facial transformation matrices by id.")],
    output: Output,
) -> None:
    """The facial transformation matrices of MediaPipe's face landmarker."""
    from trans3dhead.evaluation import converters

    _write(output, converters.from_mediapipe(matrices))


def _write(output: Path, heads: "Mapping[str, PredictedHead]") -> None:
    from trans3dhead.evaluation.write_predictions import write_predictions

    write_predictions(output, heads)
    counts = {name: sum(getattr(head, name) is not None for head in heads.values()) for name in _TITLES}
    what = ", ".join(f"{_TITLES[name]} of {count}" for name, count in counts.items() if count)
    Console().print(f"{escape(str(output))}: {len(heads)} heads; {what}", soft_wrap=True, highlight=False)


_TITLES = {"euler": "pose", "landmarks": "landmarks", "seven_landmarks": "seven 3D landmarks", "vertices": "mesh"}
