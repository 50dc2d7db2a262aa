"""R² of blendshapes against scipy's regression, the mean and the truth; and what a report says of it."""

import numpy as np
import pytest
from scipy.stats import linregress

from trans3dhead.evaluation.blendshapes import explained_variance, with_blendshapes
from trans3dhead.evaluation.predictions import PredictedHead, Predictions
from trans3dhead.evaluation.report import Metric, Report

NAMES = ("jawOpen", "mouthSmileLeft", "tongueOut")
RNG = np.random.default_rng(0)
TRUE = np.column_stack([RNG.uniform(size=(200, 2)), np.zeros(200)])


def report(yaw: np.ndarray) -> Report:
    """Heads that are turned like this."""
    names = tuple(map(str, range(len(yaw))))
    values = {"nme": np.zeros(len(yaw))}
    return Report("Set", (Metric("nme", "NME", 3),), names, values, covariates={"true_yaw": yaw})


def scored(predicted: np.ndarray, yaw: np.ndarray | None = None, names: tuple[str, ...] = NAMES) -> Report:
    """The report on weights (N, E) of these names."""
    heads = {str(row): PredictedHead(blendshapes=dict(zip(names, w, strict=True))) for row, w in enumerate(predicted)}
    true = {str(row): weights for row, weights in enumerate(TRUE)}
    return with_blendshapes(report(np.zeros(200) if yaw is None else yaw), true, NAMES, Predictions(heads, []))


def test_the_least_squares_line_explains_the_squared_correlation():
    noisy = TRUE[:, 0] + RNG.normal(0, 0.3, 200)
    line = linregress(noisy, TRUE[:, 0])
    explained = explained_variance(TRUE[:, :1], (line.slope * noisy + line.intercept)[:, None])
    assert explained[0] == pytest.approx(line.rvalue**2)


def test_the_truth_explains_all_and_the_mean_nothing():
    np.testing.assert_allclose(explained_variance(TRUE, TRUE)[:2], 1.0)
    np.testing.assert_allclose(explained_variance(TRUE, np.broadcast_to(TRUE.mean(axis=0), TRUE.shape))[:2], 0.0)
    assert np.isnan(explained_variance(TRUE, TRUE)[2])  # the tongue never moves


def test_heads_that_face_the_camera_have_figures_of_their_own():
    yaw = np.where(np.arange(200) < 100, 20.0, -170.0)
    predicted = np.where(np.abs(yaw)[:, None] < 60, TRUE, TRUE.mean(axis=0))
    told = scored(predicted, yaw).to_json()["blendshapes"]
    assert told["heads"] == 200
    assert told["explained_variance"]["facing"]["jawOpen"] == pytest.approx(1.0)
    assert 0.3 < told["explained_variance"]["all"]["jawOpen"] < 0.7
    assert told["explained_variance"]["all"]["tongueOut"] is None
    assert any("jawOpen 1.00" in note and "yaw within 60°" in note for note in scored(predicted, yaw).notes)


def test_what_others_name_is_scored_in_their_order():
    told = scored(TRUE[:, [1, 0]], names=("mouthSmileLeft", "jawOpen")).to_json()["blendshapes"]
    assert told["explained_variance"]["all"] == pytest.approx({"jawOpen": 1.0, "mouthSmileLeft": 1.0})


def test_without_blendshapes_the_report_stays_as_it_is():
    plain = report(np.zeros(200))
    unnamed = Predictions({str(row): PredictedHead() for row in range(200)}, [])
    assert with_blendshapes(plain, {"0": TRUE[0]}, NAMES, unnamed) is plain
    assert with_blendshapes(plain, {str(row): TRUE[row] for row in range(200)}, (), unnamed) is plain
