"""Sheets of figures: a row a head, a column for each thing that is shown of it, drawn over the photograph."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trans3dhead.evaluation.figures import GREY, INK, as_words, headed, new_figure
from trans3dhead.evaluation.paper_figures.heads import PicturedHead
from trans3dhead.geometry.crops import Crop

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL = 320  # pixels of a panel's side
_MARGIN = 0.2
_INCHES = 1.85  # of a panel's side
_HEADING, _CAPTION = (0.28, 0.45), 0.13  # inches above the first row for one line and two; below a panel


@dataclass(frozen=True, eq=False)
class Panel:
    """A head in its frame, ready to be drawn on in pixels of the panel."""

    axes: "Axes"
    crop: Crop  # photograph -> panel
    picture: np.ndarray  # (PANEL, PANEL, 3) uint8 RGB, the photograph in this frame; already drawn
    head: PicturedHead

    def show(self, picture: np.ndarray) -> None:
        """Lay a square picture, (S, S, 3 or 4) uint8, over the whole panel."""
        self.axes.imshow(picture, extent=(0, PANEL, PANEL, 0), interpolation="antialiased")

    def caption(self, words: str) -> None:
        """Write a line below the panel."""
        self.axes.set_xlabel(as_words(words), fontsize=7.5, color=INK, labelpad=2)

    def nothing(self, words: str) -> None:
        """Say in the panel why there is nothing to draw; the photograph fades."""
        self.show(faded(self.picture, 0.75))
        middle = PANEL / 2
        self.axes.text(middle, middle, as_words(words), fontsize=8, color=INK, ha="center", va="center", wrap=True)


@dataclass(frozen=True)
class Column:
    """What a column shows of each head."""

    title: str
    draw: Callable[[Panel], None]
    group: str = ""  # written in bold over the first of neighbouring columns of the same group


def draw_nothing(panel: Panel) -> None:
    """The photograph as it is."""


def sheet(
    heads: Sequence[PicturedHead], columns: Sequence[Column], margin: float = _MARGIN, captions: bool = False
) -> "Figure":
    """A row for each head, a column for each `Column`.

    margin: of the head box's longer side, about the head; captions: whether panels have a line below.
    """
    if not heads or not columns:
        raise ValueError(f"figure: expected heads and systems, got {len(heads)} heads and {len(columns)} columns")
    two_lines = any(column.title for column in columns)
    height = _INCHES + (_CAPTION if captions else 0.0)
    figure = new_figure((_INCHES * len(columns), _HEADING[two_lines] + height * len(heads)))
    layout = figure.get_layout_engine()
    assert layout is not None
    layout.set(w_pad=0.02, h_pad=0.02, wspace=0.0, hspace=0.0)  # type: ignore[call-arg]
    grid = figure.subplots(len(heads), len(columns), squeeze=False)
    for head, row in zip(heads, grid, strict=True):
        crop = Crop.around(head.box, PANEL, margin)
        picture = _on_white(crop, head.photograph)
        for column, axes in zip(columns, row, strict=True):
            panel = Panel(_bare(axes), crop, picture, head)
            panel.show(picture)
            column.draw(panel)
    _write_headings(columns, grid[0], two_lines)
    return figure


def _write_headings(columns: Sequence[Column], row: "Sequence[Axes]", two_lines: bool) -> None:
    for index, (column, axes) in enumerate(zip(columns, row, strict=True)):
        again = index > 0 and columns[index - 1].group == column.group
        group = " " if again else column.group or " "
        if two_lines:
            headed(axes, group, column.title)
        else:
            axes.set_title(as_words(group), loc="left", fontsize=12, fontweight="bold", color=INK)


def faded(picture: np.ndarray, share: float) -> np.ndarray:
    """(H, W, 3) uint8 -> the same, so much of the way to white."""
    return np.round(picture * (1.0 - share) + 255.0 * share).astype(np.uint8)


def _on_white(crop: Crop, photograph: np.ndarray) -> np.ndarray:
    """What the crop shows of a photograph, with white where that ends."""
    return crop.cut(photograph) + (255 - crop.cut(np.full_like(photograph, 255)))


def _bare(axes: "Axes") -> "Axes":
    axes.set(xlim=(0, PANEL), ylim=(PANEL, 0), aspect="equal", autoscale_on=False)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color(GREY)
    axes.spines[:].set_linewidth(0.4)
    return axes
