"""A progress bar for long commands."""

from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")


def with_progress(items: Iterable[T], total: int | None = None) -> Iterable[T]:
    """Yield the items one by one, with a progress bar on stderr where that is a terminal."""
    console = Console(stderr=True)
    return track(items, "heads", total=total, console=console, disable=not console.is_terminal)
