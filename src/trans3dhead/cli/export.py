"""`trans3dhead export`: a network as an ONNX file."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from trans3dhead.cli.errors import reported


class Precision(str, Enum):
    """The data type in which the file stores the weights."""

    float32 = "float32"
    float16 = "float16"
    int8 = "int8"


@reported
def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file, .onnx.")],
    model: Annotated[
        str, typer.Option(help="A shipped network's name (see `trans3dhead models`) or a path.")
    ] = "small",
    head_model: Annotated[
        Path | None, typer.Option(help="The network's head model, where it does not ship; the mesh needs it.")
    ] = None,
    precision: Annotated[
        Precision, typer.Option(help="What weights are stored in; int8 computes convolutions in eight bits.")
    ] = Precision.float32,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Fix the number of crops, for engines that want it fixed.")
    ] = None,
    mesh: Annotated[
        bool, typer.Option(help="Put the head model inside: rotations, angles, vertices and their projection.")
    ] = True,
    apart: Annotated[
        bool, typer.Option("--apart", help="Leave the weights in their .safetensors files, beside which it then lies.")
    ] = False,
    calibration: Annotated[
        Path | None, typer.Option(help="A synthetic set, by whose first 256 heads int8 is calibrated.")
    ] = None,
) -> None:
    """Write a network as ONNX, for programs without PyTorch, and compare the file with PyTorch.

    It is compared on random crops, in eight bits on those of the calibration.

    It takes crops, (N, S, S, 3) uint8 RGB, and answers landmarks, parameters, pose and mesh; see its metadata.
    A head detector takes a picture, (1, H, W, 3) with sides that are multiples of 32, and answers the heads in it.
    """
    from trans3dhead.export import export_onnx

    console = Console()
    with console.status("exporting"):
        done = export_onnx(model, output, head_model, precision.value, batch, mesh, apart, calibration)
    kind = "mean" if precision is Precision.int8 else "largest"
    outputs = ", ".join(f"{name} ({', '.join(map(str, shape))})" for name, shape in done.outputs.items())
    lines = [
        f"{done.path}: {done.size / 1e6:.1f} MB",
        f"outputs: {outputs}",
        f"{kind} difference from PyTorch: {done.difference:.1e}, allowed {done.tolerance:.0e}",
    ]
    if not done.named:
        lines.append("without mesh and names of expressions: the head model does not ship; --head-model FILE adds them")
    for line in lines:
        console.print(escape(line), highlight=False, soft_wrap=True)
