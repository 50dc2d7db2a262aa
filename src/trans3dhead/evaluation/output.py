"""What a benchmark run leaves behind: tables on the terminal; figures, plots and sheets of worst cases in a folder."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from rich.console import Console

from trans3dhead.evaluation.plots import save_plots
from trans3dhead.evaluation.report import Report
from trans3dhead.evaluation.tables import attribute_tables, breakdown_tables, problem_table, report_table, set_tables
from trans3dhead.evaluation.worst_cases import Draw, worst_cases
from trans3dhead.files import write_atomically
from trans3dhead.images import encode_jpeg
from trans3dhead.terminal import print_whole

_JPEG_QUALITY = 92  # of the sheets


def check_output(folder: Path) -> None:
    """Say what would keep `write_report` from its work, before hours are spent on what it writes.

    Raises ValueError where the folder is a file, ModuleNotFoundError where matplotlib is not installed.
    """
    for path in (folder, *folder.parents):
        if path.exists() and not path.is_dir():
            raise ValueError(f"{folder}: expected a folder for the report, but {path} is a file; give another name")
    if importlib.util.find_spec("matplotlib") is None:
        raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")


def write_report(
    report: Report, folder: Path, sheet: Draw | None = None, pictures: Mapping[str, np.ndarray | None] | None = None
) -> list[Path]:
    """Write report.json, samples.csv, the plots and, where `sheet` draws a sample, worst_<metric>.jpg; their paths.

    pictures: (H, W, 3) uint8 RGB by the name of their file, or None for nothing to show. Files of these names
    from an earlier run are replaced; where this run has nothing to show, they are removed.
    """
    check_output(folder)
    report.save(folder)
    written = [folder / "report.json", folder / "samples.csv", *save_plots(report, folder)]
    sheets = {
        f"worst_{metric.key}.jpg": None if sheet is None else worst_cases(report, metric, sheet)
        for metric in report.metrics
    }
    for name, picture in {**sheets, **(pictures or {})}.items():
        path = folder / name
        path.unlink(missing_ok=True)
        if picture is not None:
            write_atomically(path, encode_jpeg(picture, _JPEG_QUALITY))
            written.append(path)
    return written


def print_report(report: Report, console: Console) -> None:
    """Tables: against the published systems, by attribute, the breakdowns, figures of the whole set, the problems."""
    of_means = (report_table(report), *attribute_tables(report), *breakdown_tables(report))
    for table in (*of_means, *set_tables(report), problem_table(report)):
        if table is not None:
            print_whole(table, console)
            console.print()
