"""Errors by how far a head is turned: the bins of AFLW2000-3D, all heads, and the mean of the bins."""

from collections.abc import Callable, Mapping

import numpy as np

from trans3dhead.evaluation.report import SetFigures

YAW_BINS = {
    "0-30": 30.0,
    "30-60": 60.0,
    "60-90": float("inf"),
}  # largest |yaw|; the last takes all beyond, as 3DDFA does

_COLUMNS = dict.fromkeys((*YAW_BINS, "all", "mean of the bins"), 2)
_NOTE = "60-90 has all beyond 60°: of NME all heads, of the angles those that count in the mean."


def bin_of_yaw(yaw: float) -> str:
    """The first bin that reaches so far, by the yaw in degrees; "" where it is not known."""
    return next((name for name, largest in YAW_BINS.items() if abs(yaw) <= largest), "")


def by_true_yaw(rows: Mapping[str, np.ndarray], medians: Mapping[str, np.ndarray], yaw: np.ndarray) -> SetFigures:
    """The table. rows: (N,) errors of which the mean is told, medians: of which the median is; yaw: (N,) degrees."""
    figures = {name: figures_by_yaw(errors, yaw) for name, errors in rows.items()}
    figures |= {name: figures_by_yaw(errors, yaw, np.median) for name, errors in medians.items()}
    return SetFigures("by_true_yaw", "by true yaw", _COLUMNS, figures, _NOTE)


def figures_by_yaw(
    errors: np.ndarray, yaw: np.ndarray, middle: Callable[[np.ndarray], np.floating] = np.mean
) -> dict[str, float]:
    """(N,) errors, NaN where there is none, and (N,) true yaw, degrees -> the mean of each bin, of all, of the bins.

    middle: what is told of a bin's errors, the mean or the median. NaN where a bin is empty.
    """
    bins, known = np.array([bin_of_yaw(angle) for angle in yaw]), ~np.isnan(errors)
    masks = {name: known & (bins == name) for name in YAW_BINS} | {"all": known}
    figures = {name: float(middle(errors[rows])) if rows.any() else float("nan") for name, rows in masks.items()}
    return figures | {"mean of the bins": float(np.mean([figures[name] for name in YAW_BINS]))}
