import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from trans3dhead.evaluation.plots import cumulative_error, error_against_yaw, error_by_attribute, save_plots
from trans3dhead.evaluation.report import Metric, Report

NME, Z5 = Metric("nme", "NME", 3, "%"), Metric("z5", "Z5", 3, higher_is_better=True)


def report(count: int = 40, **changes) -> Report:
    rng = np.random.default_rng(0)
    given = {
        "title": "Bench: $a and $b",
        "metrics": (NME, Z5),
        "samples": tuple(map(str, range(count))),
        "values": {"nme": np.arange(1.0, count + 1), "z5": 1 - rng.beta(2, 30, count)},
        "attributes": {"pose": np.where(np.arange(count) % 4 == 0, "sided", "front_$x$")},
        "covariates": {"true_yaw": np.linspace(-89, 89, count)},
    }
    return Report(**(given | changes))


def test_the_cumulative_curve_holds_the_share_at_most_each_error():
    (axes,) = cumulative_error(report(), NME).axes
    curve, median, mean = axes.lines
    errors, shares = (np.asarray(data) for data in curve.get_data())
    np.testing.assert_allclose(shares[np.searchsorted(errors, [1.0, 10.0, 40.0], side="right") - 1], [2.5, 25.0, 100.0])
    assert median.get_xdata()[0] == mean.get_xdata()[0] == 20.5
    assert axes.get_xlim() == (0, np.percentile(np.arange(1.0, 41), 95))
    assert axes.get_xlabel() == "NME (%)"


def test_the_area_is_that_under_the_curve():
    figure = cumulative_error(report(2, values={"nme": np.array([1.0, 2.0]), "z5": np.ones(2)}), NME)
    limit = figure.axes[0].get_xlim()[1]  # 1.95: the curve is 0 up to 1, and one half from there on
    assert f"area {(limit - 1) / 2 / limit:.3f}" in figure.axes[0].lines[0].get_label()


def test_a_curve_of_errors_does_not_show_what_should_be_high():
    with pytest.raises(ValueError, match="expected an error"):
        cumulative_error(report(), Z5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0], [0.0, 0.0, 5.0], [3.0, np.nan, np.nan]])
def test_few_and_equal_values_can_be_drawn(tmp_path: Path, values: list[float]):
    numbers = {"nme": np.array(values), "z5": np.array(values) / 10}
    assert len(save_plots(report(3, values=numbers), tmp_path)) == 5


def test_means_against_yaw_are_of_bins_of_15_degrees():
    yaw = np.array([1.0, 7, 14, 16, 20, 29, -1, -2])
    values = np.array([1.0, 2, 3, 10, 20, 30, 5, 5])
    eight = report(8, values={"nme": values, "z5": np.ones(8)}, covariates={"true_yaw": yaw}, attributes={})
    (bins,) = error_against_yaw(eight, NME).axes[0].containers
    drawn = np.array(bins.lines[0].get_data(), dtype=float)
    np.testing.assert_allclose(drawn, [[-7.5, 7.5, 22.5], [np.nan, 2.0, 20.0]])  # of two samples no mean is drawn


def test_samples_beyond_the_plot_are_marked_at_its_edge():
    values = {"nme": np.r_[np.ones(299), 1000.0], "z5": np.ones(300)}
    (axes,) = error_against_yaw(report(300, values=values), NME).axes
    inside, beyond = axes.collections[:2]
    assert len(inside.get_offsets()) == 299
    np.testing.assert_allclose(beyond.get_offsets(), [[89.0, axes.get_ylim()[1]]])
    assert beyond.get_label() == "1 beyond the plot"


@pytest.mark.parametrize("covariates", [{}, {"true_yaw": np.full(40, np.nan)}])
def test_without_yaw_there_is_nothing_to_plot_against_it(covariates: dict):
    with pytest.raises(ValueError, match="covariate yaw"):
        error_against_yaw(report(covariates=covariates), NME)


def test_bars_are_the_means_of_each_value_of_an_attribute():
    (axes,) = error_by_attribute(report(), NME).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [r"front \$x\$", "sided"]
    np.testing.assert_allclose([bar.get_width() for bar in axes.patches[:2]], [21.0, 19.0])
    assert {"30", "10", "samples", "pose"} <= {text.get_text() for text in axes.texts}


def test_plots_that_apply_are_written_and_stale_ones_removed(tmp_path: Path):
    (tmp_path / "cumulative_z5.png").write_text("of an earlier run")
    paths = save_plots(report(), tmp_path)
    names = ["cumulative_nme", "yaw_nme", "attributes_nme", "yaw_z5", "attributes_z5"]
    assert [path.name for path in paths] == [f"{name}.png" for name in names]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    for path in paths:
        picture = cv2.imread(str(path))
        assert min(picture.shape[:2]) > 250
        assert picture.std() > 5


def test_a_metric_without_values_has_no_plots(tmp_path: Path):
    nothing = np.full(40, np.nan)
    assert save_plots(report(values={"nme": nothing, "z5": nothing}), tmp_path) == []
    with pytest.raises(ValueError, match="no sample has a value"):
        cumulative_error(report(values={"nme": nothing, "z5": nothing}), NME)


@pytest.mark.slow
def test_importing_the_module_does_not_import_matplotlib_and_drawing_not_pyplot():
    code = (
        "import sys, numpy as np; from trans3dhead.evaluation import plots, report as r;"
        "assert 'matplotlib' not in sys.modules; m = r.Metric('e', 'E', 2);"
        "plots.cumulative_error(r.Report('t', (m,), ('a',), {'e': np.ones(1)}), m);"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
