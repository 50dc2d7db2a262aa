"""How far a long command is."""

from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")


def shown(items: Iterable[T], total: int | None = None) -> Iterable[T]:
    """The same heads one by one; a bar on stderr shows how far they are, on a terminal alone."""
    console = Console(stderr=True)
    return track(items, "heads", total=total, console=console, disable=not console.is_terminal)
