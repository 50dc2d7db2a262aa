"""`trans3dhead figures`: the paper's figures of results, of any network, any photographs and anybody's predictions."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from trans3dhead.cli.errors import reported
from trans3dhead.cli.progress import with_progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from trans3dhead.evaluation.paper_figures import PicturedHead, System
    from trans3dhead.head_model import NumpyHeadModel

app = typer.Typer(
    help="The paper's figures, as .png, .pdf, .svg or .jpg; docs/paper.md shows each.", no_args_is_help=True
)

Sources = Annotated[
    list[Path],
    typer.Argument(help="Photographs, folders of them, or sets: synthetic, AFLW2000-3D, DAD-3DHeads' val, one's own."),
]
Output = Annotated[Path, typer.Option("--output", "-o", help="The figure.")]
Count = Annotated[int, typer.Option(min=1, help="How many heads, the first ones.")]
Ids = Annotated[list[str] | None, typer.Option("--head", help="The id of a head, in place of --count; repeatable.")]
Model = Annotated[str, typer.Option(help="A shipped network's name or a checkpoint.")]
Systems = Annotated[
    list[str] | None,
    typer.Option(
        "--system",
        help="A network's name or checkpoint, or a .json of predictions, or NAME=one of these; repeatable. "
        "Default: small.",
    ),
]
Truth = Annotated[bool, typer.Option("--truth/--no-truth", help="Show what the set says, where it says anything.")]
OwnHeadModel = Annotated[
    Path | None, typer.Option("--head-model", help="Head model file of meshes, checkpoints or sets, such as FLAME's.")
]


@app.command()
@reported
def layers(
    sources: Sources,
    output: Output,
    model: Model = "small",
    count: Count = 4,
    head: Ids = None,
    head_model: OwnHeadModel = None,
) -> None:
    """Figure 7: the average face, and the landmarks after each decoder layer."""
    from trans3dhead.evaluation.paper_figures import landmarks_by_layer, landmarks_of_layers

    found = landmarks_of_layers(model, _heads(sources, output, count, head, head_model))
    _save(landmarks_by_layer(found, Path(model).stem), output)


@app.command()
@reported
def residuals(
    sources: Sources,
    output: Output,
    model: Model = "small",
    count: Count = 1000,
    head: Ids = None,
    head_model: OwnHeadModel = None,
) -> None:
    """Figure 8: histograms of what each decoder layer adds, over the head's size."""
    from trans3dhead.evaluation.paper_figures import landmarks_of_layers, residuals_by_layer

    heads = _heads(sources, output, count, head, head_model)
    found = landmarks_of_layers(model, with_progress(heads, len(head) if head else count))
    _save(residuals_by_layer(found, Path(model).stem), output)


@app.command()
@reported
def dense(
    sources: Sources,
    output: Output,
    system: Systems = None,
    count: Count = 4,
    head: Ids = None,
    head_model: OwnHeadModel = None,
) -> None:
    """Figure 9: 68 landmarks, and 191 and 445 points of the mesh."""
    from trans3dhead.evaluation.paper_figures import dense_landmarks

    heads, systems = _heads_and_systems(sources, output, system, count, head, head_model, truth=False)
    _save(dense_landmarks(heads, systems, _head_models(head_model)), output)


@app.command()
@reported
def meshes(
    sources: Sources,
    output: Output,
    system: Systems = None,
    count: Count = 4,
    head: Ids = None,
    head_model: OwnHeadModel = None,
    truth: Truth = False,
) -> None:
    """Figure 10: the meshes of the face and of the whole head beside the photograph."""
    from trans3dhead.evaluation import paper_figures

    heads, systems = _heads_and_systems(sources, output, system, count, head, head_model, truth)
    _save(paper_figures.meshes(heads, systems, _head_models(head_model)), output)


@app.command()
@reported
def poses(
    sources: Sources,
    output: Output,
    system: Systems = None,
    count: Count = 4,
    head: Ids = None,
    head_model: OwnHeadModel = None,
    truth: Truth = True,
) -> None:
    """Figure 11: the axes of the pose by several systems, side by side."""
    from trans3dhead.evaluation.paper_figures import pose_axes

    _save(pose_axes(*_heads_and_systems(sources, output, system, count, head, head_model, truth)), output)


@app.command()
@reported
def landmarks(
    sources: Sources,
    output: Output,
    system: Systems = None,
    count: Count = 4,
    head: Ids = None,
    head_model: OwnHeadModel = None,
    truth: Truth = True,
) -> None:
    """Figure 12, and 5 and 6: the 68 landmarks by several systems, side by side."""
    from trans3dhead.evaluation import paper_figures

    heads, systems = _heads_and_systems(sources, output, system, count, head, head_model, truth)
    _save(paper_figures.landmarks(heads, systems), output)


def _heads(
    sources: list[Path], output: Path, count: int, ids: list[str] | None, head_model: Path | None
) -> "Iterator[PicturedHead]":
    """The heads one by one, after checks of what would keep the figure from being written."""
    from trans3dhead.cli.held import hold
    from trans3dhead.evaluation.paper_figures import check_figure, read_heads
    from trans3dhead.files import locked_file
    from trans3dhead.head_model import HeadModel

    check_figure(output)
    hold(locked_file(output))
    return read_heads(sources, count, ids or (), None if head_model is None else HeadModel.load(head_model))


def _heads_and_systems(
    sources: list[Path],
    output: Path,
    system: list[str] | None,
    count: int,
    ids: list[str] | None,
    head_model: Path | None,
    truth: bool,
) -> "tuple[list[PicturedHead], list[System]]":
    from trans3dhead.evaluation.paper_figures import open_systems

    heads = list(_heads(sources, output, count, ids, head_model))
    return heads, open_systems(system or ["small"], heads, head_model, truth)


def _head_models(own: Path | None) -> "list[NumpyHeadModel]":
    from trans3dhead.head_model import NumpyHeadModel

    return [NumpyHeadModel.shipped(), *([] if own is None else [NumpyHeadModel.load(own)])]


def _save(figure: "Figure", output: Path) -> None:
    from trans3dhead.evaluation.paper_figures import save_figure

    save_figure(figure, output)
    Console().print(f"written: {escape(str(output))}", highlight=False, soft_wrap=True)
