"""What a head's score makes of the detector's and of the landmarks' spread."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toy_heads import toy_head
from trans3dhead.inference.agreement import agreement
from trans3dhead.inference.detectors.detections import DetectedHead
from trans3dhead.inference.head_score import Evidence, evidence, judged, probability

SCORES = st.floats(0.01, 0.99)
SPREADS = st.floats(0.002, 0.5)


@given(SCORES, SCORES, st.none() | SPREADS, st.floats(-180, 180), st.floats(8, 2000))
def test_it_grows_with_the_detectors(first, second, spread, yaw, size):
    low, high = sorted((first, second))
    scores = [Evidence(score, spread, yaw, size).probability for score in (low, high)]
    assert 0.0 <= scores[0] <= scores[1] <= 1.0


@given(SCORES, SPREADS, SPREADS, st.floats(-180, 180), st.floats(8, 2000))
def test_it_falls_with_the_spread(detected, first, second, yaw, size):
    small, large = sorted((first, second))
    assert Evidence(detected, small, yaw, size).probability >= Evidence(detected, large, yaw, size).probability


@given(SCORES, SPREADS, st.floats(-90, 90), st.floats(8, 500))
def test_small_heads_and_those_from_behind_may_be_less_sure(detected, spread, yaw, size):
    plain = Evidence(detected, spread, yaw, size).probability
    assert Evidence(detected, spread, yaw, size / 2).probability >= plain
    assert Evidence(detected, spread, 180.0 - yaw, size).probability >= plain or abs(yaw) > 80


def test_the_spread_halves_it_where_it_is_as_large_as_it_may_be():
    without = probability(0.3, None, 1.0, 4.0)
    assert without == pytest.approx(1.0 / (1.0 + np.exp(-2.2)))
    assert probability(0.3, 1.0, 1.0, 4.0) == pytest.approx(without / 2)
    assert probability(0.3, 0.25, 1.0, 4.0) == pytest.approx(4 / (4 + np.exp(-2.2)), rel=1e-3)


def test_what_is_known_of_a_head(toy):
    head, box = toy_head(toy, (10, 20, 90, 160)), np.array([12.0, 22.0, 88.0, 150.0])
    detected = DetectedHead(box, 0.7, np.diag([1.0, -1.0, -1.0]), known=False)
    told = judged(head, detected, box)
    assert told.score == told.detector_score == 0.7
    assert told.agreement == agreement(head, box)
    assert 0 < told.rotation_check < 180
    size = float(np.sqrt(head.box[2:].prod()))
    known = evidence(replace(told, landmark_spread=np.full(68, 0.05 * size)))
    assert known.spread == pytest.approx(0.05)
    assert (known.detected, known.yaw, known.size) == (0.7, head.pose.yaw, pytest.approx(size))
    assert judged(head, replace(detected, known=True), box).score == evidence(told).probability
    assert judged(head, replace(detected, rotation=None), box).rotation_check is None
    with pytest.raises(ValueError, match="expected a head that a Predictor found"):
        evidence(head)
