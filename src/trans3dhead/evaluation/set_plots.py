"""The distributions of a synthetic set as plots."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trans3dhead.evaluation.figures import BLUE, GREY, INK, VERMILLION, as_words, encoded, headed, new_figure, titled
from trans3dhead.evaluation.set_description import SetDescription
from trans3dhead.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_POSE = ("yaw (°)", "pitch (°)", "roll (°)")
_CAMERA = ("focal length (sides of the picture)", "distance (m)", "head (sides of the picture)")
_RATIOS = {"focal length (sides of the picture)", "distance (m)"}  # whose steps are equal factors
_BINS = 60
_CELLS = (36, 18)  # of the sphere, around and up
_ACTIVE = 0.1
_COLUMNS = 3


def save_description(description: SetDescription, folder: Path, kind: str = "png") -> list[Path]:
    """Write description.json and the plots as files of a kind, png or svg; their paths."""
    plots = {"pose": pose, "sphere": sphere, "camera": camera, "expressions": expressions}
    if description.attributes:
        plots["attributes"] = attributes
    text = json.dumps(description.to_json(), indent=1, allow_nan=False) + "\n"
    write_atomically(folder / "description.json", text.encode())
    written = [folder / "description.json"]
    for name, draw in plots.items():
        path = folder / f"{name}.{kind}"
        write_atomically(path, encoded(draw(description), kind))
        written.append(path)
    return written


def pose(description: SetDescription) -> "Figure":
    """Histograms of yaw, pitch and roll."""
    return _histograms(description, _POSE)


def camera(description: SetDescription) -> "Figure":
    """Histograms of focal length, distance and size of the head, and of attributes that are numbers."""
    named = {*_POSE, *_CAMERA, "head (pixels)"}
    return _histograms(description, (*_CAMERA, *(name for name in description.numbers if name not in named)))


def sphere(description: SetDescription) -> "Figure":
    """How many heads for each solid angle of yaw (across) and pitch (up), of an even spread over the sphere."""
    figure = new_figure((7.2, 4.4))
    axes = figure.add_subplot(projection="mollweide")
    yaw, pitch = (np.deg2rad(description.numbers[name]) for name in ("yaw (°)", "pitch (°)"))
    around, up = (np.linspace(-half, half, cells + 1) for half, cells in zip((np.pi, np.pi / 2), _CELLS, strict=True))
    counts = np.histogram2d(yaw, pitch, (around, up))[0]
    even = len(yaw) * np.diff(np.sin(up))[None] / (2 * _CELLS[0])
    density = np.where(counts > 0, counts / even, np.nan)
    mesh = axes.pcolormesh(around, up, density.T, cmap="cividis", norm="log", shading="flat", rasterized=True)
    headed(axes, "Yaw and pitch on the sphere", _under(description))
    axes.tick_params(labelsize=8, colors=GREY)
    axes.set_xticks(np.deg2rad(np.arange(-120, 121, 60)), [f"{angle}°" for angle in range(-120, 121, 60)])
    bar = figure.colorbar(mesh, ax=axes, orientation="horizontal", shrink=0.6, pad=0.06)
    bar.set_label("density, 1 = even over the sphere; white: no head", color=INK, fontsize=9)
    bar.ax.xaxis.set_major_formatter("{x:g}")
    bar.ax.xaxis.set_minor_formatter("{x:g}")
    bar.ax.tick_params(which="both", labelsize=8, colors=INK)
    bar.outline.set_visible(False)
    return figure


def expressions(description: SetDescription) -> "Figure":
    """For each blendshape the share of heads that show it, and its mean weight where they do."""
    names = list(description.expressions)
    figure = new_figure((7.2, 1.5 + 0.17 * len(names)))
    axes = figure.add_subplot()
    titled(axes, "Expression weights", _under(description))
    weights = np.array([description.expressions[name] for name in names])
    active = weights > _ACTIVE
    means = (weights * active).sum(axis=1) / np.maximum(active.sum(axis=1), 1)
    rows = -np.arange(len(names))
    axes.barh(rows, 100 * active.mean(axis=1), height=0.62, color=BLUE, alpha=0.75, label="share of heads (%)")
    shown = active.any(axis=1)
    axes.scatter(
        100 * means[shown], rows[shown], s=14, color=VERMILLION, zorder=4, label="mean weight of these (× 100)"
    )
    _row_names(axes, rows, names)
    axes.set_xlim(0, 102)
    axes.set_xlabel(f"heads whose weight is above {_ACTIVE}", color=INK)
    axes.legend(fontsize=9, frameon=False, labelcolor=INK, loc="lower right")
    return figure


def attributes(description: SetDescription) -> "Figure":
    """The share of each value of each attribute."""
    columns = _balanced({name: description.shares(name) for name in description.attributes})
    most = max(sum(len(shares) + 1.4 for shares in column.values()) for column in columns)
    figure = new_figure((4.2 * len(columns), 1.2 + 0.22 * most))
    for number, column in enumerate(columns):
        axes = figure.add_subplot(1, len(columns), number + 1)
        titled(axes, "Attributes" if number == 0 else " ", _under(description) if number == 0 else "")
        _attribute_bars(axes, column, most)
    return figure


def _attribute_bars(axes: "Axes", groups: dict[str, dict[str, float]], most: float) -> None:
    rows, names, shares, y = [], [], [], 0.0
    for attribute, values in groups.items():
        axes.text(0.0, y, as_words(attribute.replace("_", " ")), color=INK, fontsize=9, fontweight="bold", va="center")
        for value, share in values.items():
            y -= 1
            rows.append(y)
            names.append(value.replace("_", " ") or "-")
            shares.append(100 * share)
            axes.text(100 * share + 1.0, y, f"{100 * share:.1f} %", fontsize=8, color=GREY, va="center")
        y -= 1.4
    axes.barh(rows, shares, height=0.62, color=BLUE, alpha=0.75)
    _row_names(axes, np.array(rows), names)
    axes.set_xlim(0, 115)
    axes.set_ylim(-most, 1.0)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _row_names(axes: "Axes", rows: np.ndarray, names: list[str]) -> None:
    axes.set_yticks(rows, [as_words(name) for name in names], fontsize=8)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(rows.min() - 0.8, rows.max() + 0.8)


def _balanced(groups: dict[str, dict[str, float]]) -> list[dict[str, dict[str, float]]]:
    """The groups in columns of about the same height, their order kept."""
    total = sum(len(shares) + 1.4 for shares in groups.values())
    columns: list[dict[str, dict[str, float]]] = [{}]
    height = 0.0
    for name, shares in groups.items():
        own = len(shares) + 1.4
        if columns[-1] and height + own / 2 > total * len(columns) / _COLUMNS:
            columns.append({})
        columns[-1][name] = shares
        height += own
    return columns


def _histograms(description: SetDescription, names: tuple[str, ...]) -> "Figure":
    from matplotlib.ticker import LogLocator

    figure = new_figure((7.2, 2.5 * len(names)))
    for row, name in enumerate(names):
        axes = figure.add_subplot(len(names), 1, row + 1)
        titled(axes, name[:1].upper() + name[1:], _under(description) if row == 0 else "")
        values = description.numbers[name]
        as_ratios = name in _RATIOS and values.min() > 0 and values.max() > values.min()
        edges = np.geomspace(values.min(), values.max(), _BINS + 1) if as_ratios else _BINS
        counts, edges = np.histogram(values, edges)
        axes.stairs(100 * counts / len(values), edges, fill=True, color=BLUE, alpha=0.75)
        middle = float(np.median(values))
        axes.axvline(middle, color=VERMILLION, linewidth=1.4, label=f"median {middle:.2f}")
        if as_ratios:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_locator(LogLocator(subs=(2, 3, 5)))  # all nine run into one another
            axes.xaxis.set_minor_formatter("{x:g}")
            axes.tick_params(axis="x", which="both", labelsize=9, labelcolor=INK)
        axes.set_ylabel("heads (%)", color=INK)
        axes.legend(fontsize=9, frameon=False, labelcolor=INK)
    return figure


def _under(description: SetDescription) -> str:
    return f"{description.title}: {description.count:,} heads"
