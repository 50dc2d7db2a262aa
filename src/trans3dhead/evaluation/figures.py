"""How our plots look. matplotlib is imported only when one is drawn, without pyplot: no window, no global state.

The colours are Okabe and Ito's, which people with any kind of colour vision tell apart.
"""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trans3dhead.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILLION, GREY, INK = "#0072B2", "#D55E00", "#8A8F98", "#22262C"
KINDS = ("png", "svg", "pdf", "jpg")  # of files
_DPI = 160
_JPEG_QUALITY = 88


def new_figure(size: tuple[float, float]) -> "Figure":
    """An empty figure on the Agg canvas; size: inches, width and height."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=_DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def titled(axes: "Axes", title: str, under: str = "") -> None:
    """A bold title at the left and a grey line under it; no more axes than needed."""
    headed(axes, title, under)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=9, color=GREY)
    axes.grid(color="#E6E8EB", linewidth=0.8)
    axes.set_axisbelow(True)


def headed(axes: "Axes", title: str, under: str = "") -> None:
    """Write a bold title at the left and a grey line under it, and leave the axes as they are."""
    axes.set_title(as_words(title), loc="left", fontsize=12, fontweight="bold", color=INK, pad=22)
    axes.annotate(
        as_words(under), (0, 1), (0, 7), xycoords="axes fraction", textcoords="offset points", fontsize=9, color=GREY
    )


def as_words(text: str) -> str:
    """The text with its dollar signs escaped, so that matplotlib does not read it as a formula."""
    return text.replace("$", r"\$")


def encoded(figure: "Figure", kind: str = "png") -> bytes:
    """The bytes of a file of a kind, one of `KINDS`; equal figures give equal bytes."""
    import matplotlib

    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    options: dict[str, Any] = {"pil_kwargs": {"quality": _JPEG_QUALITY}} if kind == "jpg" else {}
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "trans3dhead"}):
        figure.savefig(buffer, format=kind, metadata=undated.get(kind), **options)
    return buffer.getvalue()


def check_figure(path: Path) -> None:
    """Raise ValueError for a file that `save_figure` cannot write, before hours are spent on what it holds."""
    if _kind(path) not in KINDS:
        raise ValueError(f"{path}: expected a figure's name to end with .{', .'.join(KINDS)}")


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure in the format of the suffix, whole or not at all."""
    check_figure(path)
    write_atomically(path, encoded(figure, _kind(path)))


def _kind(path: Path) -> str:
    return path.suffix.lower().removeprefix(".").replace("jpeg", "jpg")
