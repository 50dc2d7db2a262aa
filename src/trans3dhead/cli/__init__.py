"""The command line: each file parses the options of one command group, calls the package and prints."""

from typing import Annotated

import typer

from trans3dhead import __version__
from trans3dhead.cli import (
    ablate,
    benchmark,
    convert,
    demo,
    describe,
    evaluate,
    export,
    figures,
    gallery,
    models,
    predict,
    predictions,
    submit,
    synth,
    train,
)

app = typer.Typer(
    name="trans3dhead",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"trans3dhead {__version__}")
        raise typer.Exit


@app.callback()
def trans3dhead(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """3D head alignment: one photograph in; landmarks, the full 3D head, pose, expression and camera out."""


app.command("predict")(predict.predict)
app.command("demo")(demo.demo)
app.command("gallery")(gallery.gallery)
app.command("models")(models.models)
app.command("synth")(synth.synth)
app.command("describe")(describe.describe)
app.command("train")(train.train)
app.command("ablate")(ablate.ablate)
app.command("export")(export.export)
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(submit.app, name="submit")
app.add_typer(figures.app, name="figures")
app.add_typer(predictions.app, name="predictions")
app.add_typer(benchmark.app, name="benchmark")
app.add_typer(convert.app, name="convert")
