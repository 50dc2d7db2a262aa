"""The real command line, in this process."""

from pathlib import Path

from typer.testing import CliRunner, Result

from trans3dhead.cli import app
from trans3dhead.cli.predict_journal import JOURNAL


def run(*arguments: object, columns: int = 160) -> Result:
    """What `trans3dhead` with these arguments answers; columns: how many letters are in a line of tables."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": str(columns)})


def done(*arguments: object) -> str:
    """What a command that must succeed prints, in one line."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def failed(*arguments: object) -> str:
    """What a command that must fail says, in one line."""
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    return " ".join(result.stderr.split())


def results_in(folder: Path) -> set[str]:
    """The names of what `predict` left in a folder, beside its journal."""
    names = {path.name for path in folder.iterdir()}
    assert JOURNAL in names
    return names - {JOURNAL}
