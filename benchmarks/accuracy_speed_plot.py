r"""Accuracy against milliseconds, ours and others': `python benchmarks/accuracy_speed_plot.py --help`.

    trans3dhead benchmark speed --compare -o out/speed.json
    python benchmarks/accuracy_speed_plot.py accuracies.csv --speed out/speed.json -o out/accuracy_speed.svg \
        --accuracy "mean angle error on AFLW2000-3D (degrees)"

The table is a CSV file with the columns `network` and `accuracy`, and perhaps `milliseconds` and `runtime`. Where it
has no milliseconds there is a row of the JSON under that name, for the chosen work, threads and batch; of several
runtimes the fastest counts. Systems with milliseconds and no runtime were timed elsewhere, and are drawn hollow; names
that begin with that of a network that ships are in the colour of ours. Less is better on both axes. The end of the
output's name says whether it is an SVG, PNG, PDF or JPEG file. Needs `evaluate`.
"""

import argparse
import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trans3dhead.evaluation.figures import (
    BLUE,
    INK,
    VERMILLION,
    as_words,
    check_figure,
    new_figure,
    save_figure,
    titled,
)
from trans3dhead.weights.shipped import shipped_files

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Point:
    """One system."""

    name: str
    accuracy: float  # an error: less is better
    milliseconds: float
    ours: bool
    runtime: str  # "" where it was timed elsewhere


def main() -> None:
    """Read, draw, write."""
    options = parse()
    speed = json.loads(options.speed.read_text()) if options.speed else {"rows": []}
    with options.table.open(newline="") as file:
        table = list(csv.DictReader(file))
    points = points_of(speed, table, options.work, options.threads, options.batch)
    threads = "one thread" if options.threads == 1 else f"{options.threads} threads"
    machine = options.machine or speed.get("machine", {}).get("processor")
    under = ", ".join(part for part in (options.work, threads, machine) if part)
    save_figure(drawn(points, options.accuracy, under), options.output)
    print(f"written: {options.output}")


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, help="CSV: network, accuracy, perhaps milliseconds, runtime")
    parser.add_argument("--speed", type=Path, help="JSON of `trans3dhead benchmark speed`")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("accuracy_speed.svg"), help=".svg, .png, .pdf or .jpg"
    )
    parser.add_argument("--accuracy", default="error", help="what the accuracies are, with their unit")
    parser.add_argument("--work", default="photograph", help="detector, aligner, photograph, tracked or network")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--machine", help="as the title has it; without it the one of the JSON")
    options = parser.parse_args()
    try:
        check_figure(options.output)
    except ValueError as error:
        parser.error(str(error))
    return options


def points_of(
    speed: Mapping[str, Any], table: Sequence[Mapping[str, str]], work: str, threads: int, batch: int
) -> list[Point]:
    """The JSON of `speed` and the rows of the CSV -> a point for each row of the CSV.

    Raises ValueError for a row without an accuracy, and for a system that nobody timed.
    """
    fastest: dict[str, tuple[float, str]] = {}
    for row in speed["rows"]:
        label = row["label"]
        if (label["work"], label["batch"]) == (work, batch) and label["threads"] in (threads, None):
            timed = (row["milliseconds"]["median"], label["runtime"])
            fastest[label["name"]] = min(timed, fastest.get(label["name"], timed))
    points, ours = [], {name for file in shipped_files() if file.kind == "network" for name in file.names}
    for given in table:
        name = given.get("network", "")
        accuracy = _number(given, "accuracy")
        if accuracy is None:
            raise ValueError(f"{name or given}: expected columns network and accuracy, a finite number")
        milliseconds = _number(given, "milliseconds")
        if milliseconds is None and name not in fastest:
            raise ValueError(
                f"{name}: no row for {work}, {threads} threads, batch {batch}, and no milliseconds in the table; timed "
                f"are {', '.join(fastest) or 'none'}"
            )
        timed = fastest[name] if milliseconds is None else (milliseconds, given.get("runtime") or "")
        points.append(Point(name, accuracy, timed[0], name.replace(",", " ").split()[0] in ours, timed[1]))
    return points


def _number(row: Mapping[str, str], column: str) -> float | None:
    """A positive number of a CSV row; None where the cell is empty or missing."""
    text = (row.get(column) or "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{row.get('network')}: expected a positive number as {column}, got {text!r}")
    return value


def drawn(points: Sequence[Point], accuracy: str, under: str) -> "Figure":
    """The figure, with a logarithmic axis of times. accuracy: the other axis's label; under: a line below the title."""
    if not points:
        raise ValueError("accuracies: expected one row or more, got none")
    from matplotlib.ticker import LogLocator, NullLocator

    figure = new_figure((7.2, 4.6))
    axes = figure.subplots()
    titled(axes, "accuracy against time", under)
    for number, point in enumerate(sorted(points, key=lambda point: point.milliseconds)):
        colour = BLUE if point.ours else VERMILLION
        face = colour if point.runtime else "white"
        axes.scatter(
            point.milliseconds, point.accuracy, s=48, facecolor=face, edgecolor=colour, linewidth=1.6, zorder=3
        )
        words = f"{point.name} ({point.runtime})" if point.runtime else f"{point.name} (timed elsewhere)"
        axes.annotate(
            as_words(words),
            (point.milliseconds, point.accuracy),
            (0, -17 if number % 2 else 9),  # neighbours' words above and below
            textcoords="offset points",
            ha="center",
            fontsize=9,
            color=INK,
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(x=0.25)
    axes.set_ylim(0, 1.2 * max(point.accuracy for point in points))
    axes.set_xlabel("milliseconds (less is better)", color=INK)
    axes.set_ylabel(as_words(accuracy), color=INK)
    return figure


if __name__ == "__main__":
    main()
