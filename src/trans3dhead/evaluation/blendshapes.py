"""How much of people's expressions a system sees: for each blendshape, the share of its variance that is explained."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from trans3dhead.evaluation.predictions import Predictions
from trans3dhead.evaluation.report import Report

FACING = 60.0  # degrees of yaw to either side within which a face shows its expression

_FEWEST = 2  # heads that have a variance
_LISTED = 5  # blendshapes that the note names; the report's figures have all of them


def explained_variance(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """(N, E), (N, E) -> (E,) R² = 1 - Σ (true - predicted)² / Σ (true - mean)²: 1 of all, 0 of what the mean tells.

    NaN where the true values do not vary.
    """
    varied = ((true - true.mean(axis=0)) ** 2).sum(axis=0)
    missed = ((true - predicted) ** 2).sum(axis=0)
    return np.where(varied > 0, 1.0 - missed / np.where(varied > 0, varied, 1.0), np.nan)


def with_blendshapes(
    report: Report, true: Mapping[str, np.ndarray], names: Sequence[str], predictions: Predictions
) -> Report:
    """The report with R² of each blendshape, over all heads and over those that face the camera; `FACING`.

    true: id -> (E,) weights, named by `names`. Heads whose prediction has no blendshapes do not count, and of the
    blendshapes only those count that all other predictions have. Without any the report stays as it is.
    """
    weights_of_heads = {
        name: head.blendshapes for name, head in predictions.heads.items() if head.blendshapes and name in true
    }
    shared = [name for name in names if all(name in weights for weights in weights_of_heads.values())]
    if len(weights_of_heads) < _FEWEST or not shared:
        return report
    columns = [list(names).index(name) for name in shared]
    wanted = np.array([true[head][columns] for head in weights_of_heads], dtype=np.float64)
    predicted = np.array(
        [[weights[name] for name in shared] for weights in weights_of_heads.values()], dtype=np.float64
    )
    yaw = dict(zip(report.samples, report.covariates["true_yaw"], strict=True))
    facing = np.array([abs(yaw[head]) < FACING for head in weights_of_heads])
    figures = {"all": _figures(shared, wanted, predicted)}
    if facing.sum() >= _FEWEST:
        figures["facing"] = _figures(shared, wanted[facing], predicted[facing])
    extra = {**report.extra, "blendshapes": {"explained_variance": figures, "heads": len(weights_of_heads)}}
    return replace(report, extra=extra, notes=(*report.notes, _note(figures)))


def _figures(names: Sequence[str], true: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    return dict(zip(names, explained_variance(true, predicted).tolist(), strict=True))


def _note(figures: Mapping[str, Mapping[str, float]]) -> str:
    """One sentence that names the best explained blendshapes, and the median of all."""
    where, of = ("facing", f"yaw within {FACING:.0f}°") if "facing" in figures else ("all", "all heads")
    known = {name: share for name, share in figures[where].items() if np.isfinite(share)}
    if not known:
        return f"Blendshapes: none of them varies ({of})."
    best = sorted(known, key=lambda name: -known[name])[:_LISTED]
    told = ", ".join(f"{name} {known[name]:.2f}" for name in best)
    return (
        f"Blendshapes, share of the variance explained ({of}): {told}; median of {len(known)}: "
        f"{np.median(list(known.values())):.2f}. All are in report.json."
    )
