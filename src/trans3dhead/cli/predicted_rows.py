"""The table of `trans3dhead predict`, which grows by a row with every head."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from trans3dhead.cli.errors import printable

if TYPE_CHECKING:
    from trans3dhead.inference import Head

_WIDEST = 40  # letters of a photograph's name; a longer one has a line of its own
_ROW = "{:>5} {:>11} {:>7} {:>7} {:>7} {:>7} {:>7}"
_DOUBTFUL = "?"  # behind the score
_CAPTION = "degrees; pitch > 0 looks up, yaw > 0 turns the face to the image's left, roll > 0 is clockwise"


@dataclass(frozen=True)
class HeadRow:
    """What the table says of a head."""

    size: tuple[float, float]  # of its box, pixels
    score: float
    doubtful: bool
    angles: tuple[float, float, float]  # pitch, yaw and roll, degrees

    @classmethod
    def of(cls, head: "Head") -> "HeadRow":
        """The row of a result."""
        width, height = (float(side) for side in head.box[2:])
        return cls((width, height), head.score, head.doubtful, (head.pose.pitch, head.pose.yaw, head.pose.roll))


class PredictedRows:
    """Rows of fixed columns, printed as they come, and what they add up to."""

    def __init__(self, console: Console, names: Sequence[str]) -> None:
        """names: of the photographs that are to come, for the width of their column."""
        self._console = console
        self._width = min(max((len(name) for name in ("photograph", *names)), default=0), _WIDEST)
        self._heads = self.photographs = self._empty = self._doubtful = self._failed = 0
        self._print("photograph", "bold", "head", "size", "score ", "pitch", "yaw", "roll", "ms")

    def add(self, name: str, heads: Sequence[HeadRow], milliseconds: float) -> None:
        """A row for each head, the time in the first, or one that says that there is none."""
        self.photographs += 1
        self._heads += len(heads)
        self._empty += not heads
        self._doubtful += sum(head.doubtful for head in heads)
        time = f"{milliseconds:.0f}"
        if not heads:
            self._print(name, "yellow", "-", "no head", "", "", "", "", time)
        for number, head in enumerate(heads):
            size = f"{head.size[0]:.0f} × {head.size[1]:.0f}"
            angles = (f"{angle:+.1f}" for angle in head.angles)
            score = f"{head.score:.2f}{_DOUBTFUL if head.doubtful else ' '}"
            row = (str(number), size, score, *angles, "" if number else time)
            self._print("" if number else name, "yellow" if head.doubtful else "none", *row)

    def failed(self, name: str) -> None:
        """A row for a photograph that could not be read."""
        self._failed += 1
        self._print(name, "red", "-", "failed", "", "", "", "", "")

    def end(self, where: str) -> None:
        """The caption, and how many photographs and heads there were."""
        caption = f"{_CAPTION}; {_DOUBTFUL}: doubtful" if self._doubtful else _CAPTION
        self._console.print(f"[dim]{caption}[/dim]", highlight=False, soft_wrap=True)
        counts = f"{_count(self.photographs, 'photograph')}, {_count(self._heads, 'head')}"
        failed = f", {self._failed} failed" if self._failed else ""
        summary = f"{counts}, {self._empty} without a head{failed}; {where}"
        self._console.print(escape(printable(summary)), highlight=False, soft_wrap=True)

    def _print(self, name: str, style: str, *cells: str) -> None:
        name = printable(name)
        if len(name) > self._width:
            self._console.print(escape(name), style=style, highlight=False, soft_wrap=True)
            name = ""
        line = f"{name:<{self._width}}{_ROW.format(*cells)}".rstrip()
        self._console.print(escape(line), style=style, highlight=False, soft_wrap=True)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
