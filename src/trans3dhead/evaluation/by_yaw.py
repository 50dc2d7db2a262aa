"""Errors by how far a head is turned: the bins of AFLW2000-3D, all heads, and the mean of the bins."""

from collections.abc import Callable, Collection, Mapping

import numpy as np

from trans3dhead.evaluation.report import SetFigures

YAW_BINS = {"0-30": 30.0, "30-60": 60.0, "60-90": float("inf")}  # largest |yaw|; the last has all beyond, as 3DDFA's
ATTRIBUTE = "yaw bin"  # of the report

_COLUMNS = dict.fromkeys((*YAW_BINS, "all", "mean of the bins"), 2)


def bins_of_yaw(yaw: np.ndarray) -> np.ndarray:
    """(N,) degrees -> (N,) str, the first bin that reaches so far; "" where the yaw is not known."""
    names = [next((name for name, most in YAW_BINS.items() if abs(angle) <= most), "") for angle in yaw]
    return np.array(names)


def by_true_yaw(errors: Mapping[str, np.ndarray], medians: Collection[str], yaw: np.ndarray) -> SetFigures:
    """The table of means. errors: (N,) by name; medians: of these the medians are told too; yaw: (N,) degrees."""
    rows = {}
    for name, values in errors.items():
        rows[name] = figures_by_yaw(values, yaw)
        if name in medians:
            rows[f"{name}, median"] = figures_by_yaw(values, yaw, np.median)
    bins = bins_of_yaw(yaw)
    counts = ", ".join(f"{int((bins == name).sum()):,}" for name in YAW_BINS)
    note = f"{counts} heads. 60-90 has all beyond 60°: of NME every head, of the angles those that are not left out."
    if unknown := int((bins == "").sum()):
        note += f" {unknown:,} more without a true yaw are in the column of all alone."
    return SetFigures("by_true_yaw", "by true yaw", _COLUMNS, rows, note, ATTRIBUTE)


def figures_by_yaw(
    errors: np.ndarray, yaw: np.ndarray, middle: Callable[[np.ndarray], np.floating] = np.mean
) -> dict[str, float]:
    """(N,) errors, NaN where there is none, and (N,) true yaw, degrees -> one for each bin, for all, and their mean.

    middle: what is told of a bin's errors, their mean or median. NaN where a bin is empty.
    """
    bins, known = bins_of_yaw(yaw), ~np.isnan(errors)
    masks = {name: known & (bins == name) for name in YAW_BINS} | {"all": known}
    figures = {name: float(middle(errors[rows])) if rows.any() else float("nan") for name, rows in masks.items()}
    return figures | {"mean of the bins": float(np.mean([figures[name] for name in YAW_BINS]))}
