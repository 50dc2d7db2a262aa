"""How the command line tells of bad input and of signals: one red line and an exit code, no traceback."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from unicodedata import category

import typer
from rich.console import Console
from rich.markup import escape

from trans3dhead.cli.held import holding
from trans3dhead.cli.interruption import ended_by_signals
from trans3dhead.extras import install_line

P = ParamSpec("P")
R = TypeVar("R")

# The extra of pyproject.toml that brings each package which the base install lacks.
_EXTRAS = {
    "torch": "torch",
    "lightning": "train",
    "yaml": "train",
    "embreex": "synth",
    "ray": "scale",
    "anny": "convert",
    "matplotlib": "evaluate",
    "onnx": "export",
    "onnxscript": "export",
    "starlette": "demo",
    "uvicorn": "demo",
    "anyio": "demo",
    "PIL": "demo",
    "scipy": "evaluate",  # convert has it too, but misses anny first
}
_NOT_PRINTED = ("Cc", "Cs", "Zl", "Zp")  # controls, halves of letters (a name that is no UTF-8), ends of lines
# PyTorch is the first that these miss, and not the last: their module's extra brings all of it at once.
_MORE_THAN_TORCH = {
    "ablate": "train",
    "convert": "convert",
    "evaluate": "evaluate",
    "figures": "evaluate",
    "train": "train",
}


def reported(command: Callable[P, R]) -> Callable[P, R]:
    """Print bad values, what the system refuses, missing extras and interrupts as what they say; other exceptions are
    ours and stay loud.
    """

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with ended_by_signals(print_error), holding():
                return command(*args, **kwargs)
        except ModuleNotFoundError as error:
            package = (error.name or "").partition(".")[0]
            if package not in _EXTRAS:
                raise
            of_module = _MORE_THAN_TORCH.get(command.__module__.rpartition(".")[2])
            extra = of_module if package == "torch" and of_module else _EXTRAS[package]
            print_error(f"this command needs the package {package}; {install_line(extra)}")
            raise typer.Exit(1) from error
        except BrokenPipeError:  # whoever read the output has gone; typer ends without a word
            raise
        except (ValueError, OSError) as error:
            print_error(_words(error))
            raise typer.Exit(getattr(error, "exit_code", 1)) from error  # a benchmark's ScoringError has its own

    # typer keeps the line breaks of all paragraphs but the first, and wraps what is left once more.
    wrapper.__doc__ = "\n\n".join(" ".join(part.split()) for part in (command.__doc__ or "").split("\n\n"))
    return wrapper


def _words(error: ValueError | OSError) -> str:
    """What an error says; of the system's own the file and the reason, without its number."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror[:1].lower()}{error.strerror[1:]}"
    return str(error)


def print_error(message: str) -> None:
    """One red line on stderr. The words are printed as they are: brackets are no markup, long lines are not cut."""
    Console(stderr=True).print(f"[red]error:[/red] {escape(printable(message))}", highlight=False, soft_wrap=True)


def printable(text: str) -> str:
    """One line for a terminal: what is none of its letters, such as a line break in a file's name, as its escape."""
    return "".join(letter if category(letter) not in _NOT_PRINTED else ascii(letter)[1:-1] for letter in text)
