"""The plots of a report: cumulative errors, errors against yaw, and means by attribute."""

from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import numpy as np

from trans3dhead.evaluation.figures import BLUE, GREY, INK, VERMILLION, as_words, encoded, new_figure, titled
from trans3dhead.evaluation.report import Mean, Metric, Report, bootstrap_mean
from trans3dhead.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHOWN = 95  # percentile of the errors at which a cumulative curve ends
_BIN = 15.0  # degrees of yaw
_FEWEST = 3  # samples that a bin needs to have a mean drawn
_NO_MEAN = Mean(float("nan"), float("nan"), float("nan"), 0)


def save_plots(report: Report, folder: Path) -> list[Path]:
    """Write the plots that apply to each metric as PNG files, such as cumulative_nme.png; their paths.

    A curve of errors says nothing of a metric where more is better, nor a plot against yaw of samples without it.
    Plots of these names that do not apply any more are removed.
    """
    written = []
    for metric in report.metrics:
        known = ~np.isnan(report.values[metric.key])
        plots = {
            "cumulative": (cumulative_error, known.any() and not metric.higher_is_better),
            "yaw": (error_against_yaw, _has_yaw(report, known)),
            "attributes": (error_by_attribute, _has_attributes(report, known)),
        }
        for name, (draw, applies) in plots.items():
            path = folder / f"{name}_{metric.key}.png"
            path.unlink(missing_ok=True)
            if applies:
                write_atomically(path, encoded(draw(report, metric)))
                written.append(path)
    return written


def cumulative_error(report: Report, metric: Metric) -> "Figure":
    """The share of samples whose error is at most x, for x up to the 95th percentile."""
    if metric.higher_is_better:
        raise ValueError(f"{metric.title}: expected an error, less being better; a cumulative curve does not show it")
    errors = np.sort(_known(report, metric))
    limit = float(np.percentile(errors, _SHOWN)) or float(errors[-1]) or 1.0
    shares = 100 * np.arange(1, len(errors) + 1) / len(errors)
    area = float(np.clip(1 - errors / limit, 0, None).mean())  # exact: of the steps, from 0 to the limit
    figure, axes = _figure(metric, "cumulative", report, (6.4, 4.4))
    words = f"samples with at most this error; area {area:.3f}"
    axes.step([0, *errors], [0, *shares], where="post", color=BLUE, linewidth=2.2, label=words)
    for name, style, value in (("median", "-", float(np.median(errors))), ("mean", ":", float(errors.mean()))):
        words = f"{name} {_written(metric, value)}"
        axes.axvline(value, color=VERMILLION, linewidth=1.4, linestyle=style, label=words)
    axes.set(xlim=(0, limit), ylim=(0, 100))
    axes.set_xlabel(_label(metric), color=INK)
    axes.set_ylabel("share of samples (%)", color=INK)
    _legend(figure, axes)
    return figure


def error_against_yaw(report: Report, metric: Metric) -> "Figure":
    """Each sample's value against its true yaw, and the means of bins of 15 degrees with their 95 % intervals."""
    known = ~np.isnan(report.values[metric.key])
    if not _has_yaw(report, known):
        raise ValueError(f"{metric.title}: no sample has both a value and the covariate yaw")
    yaw = report.covariates["true_yaw"]
    known &= ~np.isnan(yaw)
    yaw, values = yaw[known], report.values[metric.key][known]
    figure, axes = _figure(metric, "against true yaw", report, (7.2, 4.6))
    low, high = _value_limits(metric, values)
    inside = (values >= low) & (values <= high)
    opacity = float(np.clip(120 / len(values), 0.12, 0.6))
    axes.scatter(yaw[inside], values[inside], s=11, color=BLUE, alpha=opacity, linewidths=0, label="sample")
    if not inside.all():
        edge = np.where(values > high, high, low)[~inside]
        marker = "v" if metric.higher_is_better else "^"
        words = f"{(~inside).sum()} beyond the plot"
        axes.scatter(
            yaw[~inside], edge, s=20, marker=marker, color=GREY, linewidths=0, label=words, clip_on=False, zorder=4
        )
    _binned_means(axes, yaw, values)
    reach = min(180.0, _BIN * np.ceil(max(45.0, float(np.abs(yaw).max())) / _BIN))
    axes.set(xlim=(-reach - 4, reach + 4), ylim=(low, high))
    axes.set_xticks(np.arange(-reach, reach + 1, 15 if reach <= 90 else 30))
    axes.set_xlabel("true yaw (°)", color=INK)
    axes.set_ylabel(_label(metric), color=INK)
    _legend(figure, axes)
    return figure


def error_by_attribute(report: Report, metric: Metric) -> "Figure":
    """The mean and its 95 % interval over the samples of each value of each attribute, beside the mean over all."""
    known = ~np.isnan(report.values[metric.key])
    groups = {name: _group_means(report, metric, name) for name in report.attributes}
    groups = {name: means for name, means in groups.items() if means}
    overall = report.mean(metric.key)
    if not groups or overall is None:
        raise ValueError(f"{metric.title}: none of the {int(known.sum())} samples with a value has an attribute")
    rows = sum(len(means) for means in groups.values()) + len(groups)
    figure, axes = _figure(metric, "by attribute", report, (7.2, 1.3 + 0.27 * rows))
    _attribute_rows(axes, groups, as_bars=not metric.higher_is_better)
    axes.axvspan(overall.low, overall.high, color=VERMILLION, alpha=0.12, linewidth=0, zorder=0)
    words = f"all samples: {_written(metric, overall.value)}, its 95 % interval shaded"
    axes.axvline(overall.value, color=VERMILLION, linewidth=1.3, label=words, zorder=3)
    if not metric.higher_is_better:
        axes.set_xlim(left=0)
    axes.set_xlabel(_label(metric), color=INK)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    _legend(figure, axes)
    return figure


def _has_yaw(report: Report, known: np.ndarray) -> bool:
    return "true_yaw" in report.covariates and bool((known & ~np.isnan(report.covariates["true_yaw"])).any())


def _has_attributes(report: Report, known: np.ndarray) -> bool:
    return any((known & rows).any() for name in report.attributes for rows in report.groups(name).values())


def _known(report: Report, metric: Metric) -> np.ndarray:
    values = report.values[metric.key]
    values = values[~np.isnan(values)]
    if not len(values):
        raise ValueError(f"{metric.title}: no sample has a value")
    return values


def _group_means(report: Report, metric: Metric, attribute: str) -> dict[str, Mean]:
    means = {label: report.mean(metric.key, rows) for label, rows in report.groups(attribute).items()}
    return {label: mean for label, mean in means.items() if mean is not None}


def _value_limits(metric: Metric, values: np.ndarray) -> tuple[float, float]:
    """The range of a plot's axis: errors from 0 up, others as they lie; the worst hundredth may fall outside."""
    if metric.higher_is_better:
        low, high = float(np.percentile(values, 1)), float(values.max())
        return low - 0.05 * (high - low or 1.0), high + 0.05 * (high - low or 1.0)
    return 0.0, 1.05 * (float(np.percentile(values, 99)) or float(values.max()) or 1.0)


def _binned_means(axes: "Axes", yaw: np.ndarray, values: np.ndarray) -> None:
    """The line is broken where a bin has too few samples."""
    bins = np.floor(yaw / _BIN)
    numbers = np.arange(bins.min(), bins.max() + 1)
    means = [
        bootstrap_mean(values[bins == number]) if (bins == number).sum() >= _FEWEST else None for number in numbers
    ]
    drawn = [of_bin or _NO_MEAN for of_bin in means]
    if any(means):
        words = "mean of each 15°, 95 % interval"
        style: dict[str, Any] = {"color": VERMILLION, "marker": "o", "markersize": 5, "linewidth": 1.6, "capsize": 3}
        middle = [of_bin.value for of_bin in drawn]
        axes.errorbar((numbers + 0.5) * _BIN, middle, yerr=_whiskers(drawn), label=words, zorder=5, **style)


def _attribute_rows(axes: "Axes", groups: dict[str, dict[str, Mean]], as_bars: bool) -> None:
    """The groups from top to bottom, each under its attribute's name, with the number of samples at the right."""
    heading: dict[str, Any] = {
        "transform": axes.get_yaxis_transform(),
        "va": "center",
        "fontsize": 9,
        "fontweight": "bold",
    }
    small: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": 8, "color": GREY}
    whisker: dict[str, Any] = {"linewidth": 1.2, "capsize": 2.5, "zorder": 4}
    whisker |= {"fmt": "none", "color": INK} if as_bars else {"fmt": "o", "color": BLUE, "markersize": 5}
    axes.text(1.01, 0.0, "samples", **small)
    ticks, labels, y = [], [], 0.0
    for name, means in groups.items():
        axes.text(0.01, y, as_words(name.replace("_", " ")), color=INK, **heading)
        for label, of_group in means.items():
            y -= 1
            ticks.append(y)
            labels.append(as_words(label.replace("_", " ")))
            if as_bars:
                axes.barh(y, of_group.value, height=0.62, color=BLUE, alpha=0.75, linewidth=0, zorder=1)
            axes.errorbar(of_group.value, y, xerr=_whiskers([of_group]), **whisker)
            axes.text(1.01, y, f"{of_group.count:,}", **small)
        y -= 1.25
    axes.set_yticks(ticks, labels)
    axes.set_ylim(y + 0.6, 0.7)


def _whiskers(means: list[Mean]) -> np.ndarray:
    """M means -> (2, M) how far the intervals reach below and above them."""
    reach = np.array([(of.value - of.low, of.high - of.value) for of in means]).T
    return np.clip(reach, 0, None)  # rounding of the last digit


def _figure(metric: Metric, title: str, report: Report, size: tuple[float, float]) -> tuple["Figure", "Axes"]:
    """An empty plot on the Agg canvas. title: what follows the metric's name; size: inches, width and height."""
    figure = new_figure(size)
    axes = figure.add_subplot()
    count = int((~np.isnan(report.values[metric.key])).sum())
    under = f"{shorten(report.title, 80, placeholder=' …')}: {count:,} sample{'' if count == 1 else 's'}"
    titled(axes, f"{_title(metric)}, {title}", under)
    return figure, axes


def _legend(figure: "Figure", axes: "Axes") -> None:
    """Below the plot, where it hides nothing."""
    handles, labels = axes.get_legend_handles_labels()
    place: dict[str, Any] = {
        "loc": "outside lower center",
        "ncols": len(labels),
        "columnspacing": 1.6,
        "handlelength": 1.6,
    }
    legend = figure.legend(handles, labels, fontsize=9, frameon=False, labelcolor=INK, **place)
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(1.0)


def _title(metric: Metric) -> str:
    unit = f" ({metric.unit})" if metric.unit else ""
    return metric.title[:1].upper() + metric.title[1:] + unit


def _label(metric: Metric) -> str:
    """An axis' words: the metric, its unit, and which way is better where that is not plain."""
    return as_words(_title(metric)) + (", higher is better" if metric.higher_is_better else "")


def _written(metric: Metric, value: float) -> str:
    gap = "" if metric.unit in {"°", "%", ""} else " "
    return f"{value:.{metric.decimals}f}{gap}{metric.unit}"
