"""How the commands of `trans3dhead evaluate` begin and end: is there a place for the report, and there it is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from trans3dhead.cli.held import hold

if TYPE_CHECKING:
    import numpy as np

    from trans3dhead.data.annotated_photographs import Unreadable
    from trans3dhead.evaluation.report import Report
    from trans3dhead.evaluation.worst_cases import Draw


def check_place(folder: Path | None) -> None:
    """Refuse a folder that the report could not be written to, before hours are spent, and have it until the command
    ends; None is no folder.
    """
    from trans3dhead.evaluation.output import check_output
    from trans3dhead.files import locked

    if folder is not None:
        check_output(folder)
        hold(locked(folder))


def finish(
    report: "Report",
    output: Path | None,
    draw: "Draw",
    pictures: "Mapping[str, np.ndarray | None] | None" = None,
    *,
    strict: bool = False,
    flip: bool = False,
    closer_look: str | Path | None = None,
    unreadable: "Sequence[Unreadable]" = (),
) -> None:
    """Add what the report does not know: the flip, the network of the closer look, if any, and the files that were
    left out; then refuse, or print and write.
    """
    from trans3dhead.evaluation.output import print_report, write_report
    from trans3dhead.evaluation.report import Problem
    from trans3dhead.evaluation.strictness import refuse_problems

    known = {
        "Each prediction is the mean of the crop's and of its mirror image's.": flip,
        f"Faces were looked at once more, upright and close, by {closer_look}.": closer_look is not None,
    }
    problems = tuple(Problem(bad.sample, "unreadable", bad.message) for bad in unreadable)
    notes = (*report.notes, *(note for note, applies in known.items() if applies))
    report = replace(report, notes=notes, problems=problems + report.problems)
    if strict:
        refuse_problems(report)
    print_report(report, Console())
    if output is not None:
        written = write_report(report, output, draw, pictures)
        print_count(output, len(written), "files")


def print_count(path: Path, count: int, noun: str) -> None:
    """Say what was written where, on one line however long the path."""
    Console().print(f"{path}: {count} {noun}", highlight=False, markup=False, soft_wrap=True)
