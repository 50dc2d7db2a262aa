"""`trans3dhead submit`: a model's predictions in the form that a benchmark takes."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trans3dhead.cli.errors import reported
from trans3dhead.cli.held import hold
from trans3dhead.cli.predictor_options import CloserLook
from trans3dhead.cli.progress import with_progress

app = typer.Typer(help="Write a model's predictions as a benchmark takes them.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Write a model's predictions as a benchmark takes them."""


@app.command()
@reported
def dad(
    root: Annotated[Path, typer.Argument(help="The folder DAD-3DHeadsDataset, or the one that holds it.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The submission, a .json file.")],
    split: Annotated[str, typer.Option(help="train, val or test.")] = "val",
    model: Annotated[str, typer.Option(help="A shipped model's name or a checkpoint's path.")] = "small",
    head_model: Annotated[
        Path | None, typer.Option(help="Head model file of a checkpoint whose head model does not ship.")
    ] = None,
    flip: Annotated[
        bool, typer.Option("--flip", help="Average with the mirror image of each crop; twice the time.")
    ] = False,
    closer_look: CloserLook = "auto",
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Go on past damaged files; they are listed.")] = False,
) -> None:
    """DAD-3DHeads: 68 landmarks, the mesh, its seven points and the rotation of every head of a split."""
    from trans3dhead.data.dad3dheads import read_split
    from trans3dhead.evaluation.predict import HeadToFind, predict_heads
    from trans3dhead.evaluation.write_predictions import write_submission
    from trans3dhead.files import locked_file
    from trans3dhead.inference import Predictor

    console = Console(stderr=True)
    hold(locked_file(output))
    heads, unreadable = read_split(root, split, skip_bad)
    predictor = Predictor(model, head_model=head_model, flip=flip, closer_look=closer_look)
    found = predict_heads(predictor, (HeadToFind(head.id, head.photograph, head.box) for head in with_progress(heads)))
    write_submission(output, found.heads)
    for bad in unreadable:
        console.print(f"left out: {bad.message}", highlight=False, markup=False, soft_wrap=True)
    message = f"{output}: {len(found.heads)} heads" + (f", {len(unreadable)} left out" if unreadable else "")
    Console().print(message, highlight=False, markup=False, soft_wrap=True)
