"""Progress bars for long commands."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn, track

T = TypeVar("T")


def with_progress(items: Iterable[T], total: int | None = None) -> Iterable[T]:
    """Yield the items one by one, with a progress bar on stderr where that is a terminal."""
    console = Console(stderr=True)
    return track(items, "heads", total=total, console=console, disable=not console.is_terminal)


def with_frames_left(frames: Iterable[T], total: int | None, name: str) -> Iterator[T]:
    """Yield a video's frames, with how many are done and the time that is left on stderr where that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("frames"))
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        yield from progress.track(frames, total=total, description=escape(name))
