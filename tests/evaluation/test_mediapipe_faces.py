"""Our blendshapes against those of a stand-in for MediaPipe."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from toy_mediapipe import TASK, toy_mediapipe
from trans3dhead.data.annotated_photographs import AnnotatedHead
from trans3dhead.evaluation.mediapipe_faces import mediapipe_blendshapes, with_mediapipe
from trans3dhead.evaluation.predictions import PredictedHead, Predictions
from trans3dhead.evaluation.report import Metric, Report

COUNT = 13
POINTS = np.random.default_rng(0).uniform(100, 140, (68, 2))


@pytest.fixture
def heads(tmp_path: Path) -> list[AnnotatedHead]:
    """A black photograph, then one brighter than the other."""
    paths = [tmp_path / f"head{number:02d}.png" for number in range(COUNT)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), np.full((240, 240, 3), 20 * number, np.uint8))
    return [AnnotatedHead(path.stem, path, POINTS, None) for path in paths]


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(sys.modules, "mediapipe", toy_mediapipe())
    (tmp_path / "face_landmarker.task").write_bytes(TASK)
    return tmp_path / "face_landmarker.task"


def scored(theirs: dict[str, dict[str, float]], heads: list[AnnotatedHead], weights: list[dict[str, float]]) -> Report:
    names = tuple(head.id for head in heads)
    report = Report("Set", (Metric("nme", "NME", 3),), names, {"nme": np.zeros(COUNT)})
    found = {name: PredictedHead(blendshapes=of) for name, of in zip(names, weights, strict=True)}
    return with_mediapipe(report, theirs, Predictions(found, []))


def test_weights_are_of_the_face_about_the_landmarks(task: Path, heads: list[AnnotatedHead]):
    found = mediapipe_blendshapes(task, heads)
    assert list(found) == [head.id for head in heads[1:]]  # in the black one there is a face in the corner alone
    for number, weights in enumerate(found.values(), 1):
        assert weights["jawOpen"] == pytest.approx(20 * number / 255)


def test_ranks_agree_whatever_the_scale(task: Path, heads: list[AnnotatedHead]):
    theirs = mediapipe_blendshapes(task, heads)
    weights = [{"jawOpen": number**3, "mouthSmileLeft": number, "tongueOut": 0.0} for number in range(COUNT)]
    (table,) = scored(theirs, heads, weights).set_figures
    assert table.rows["jawOpen"] == pytest.approx({"rank correlation": 1, "heads": COUNT - 1})
    assert np.isnan(table.rows["mouthSmileLeft"]["rank correlation"])  # theirs is the same everywhere
    assert "tongueOut" not in table.rows  # MediaPipe has no such weight
    assert "12 of 13; median 1.00" in table.note
    (turned,) = scored(theirs, heads, [{"jawOpen": -number} for number in range(COUNT)]).set_figures
    assert turned.rows["jawOpen"]["rank correlation"] == pytest.approx(-1)


def test_few_faces_and_predictions_without_blendshapes(task: Path, heads: list[AnnotatedHead]):
    theirs = mediapipe_blendshapes(task, heads[:4])
    (few,) = scored(theirs, heads, [{"jawOpen": number} for number in range(COUNT)]).set_figures
    assert np.isnan(few.rows["jawOpen"]["rank correlation"])
    assert "3 of 13; nothing is told of fewer than 10" in few.note
    without = scored(theirs, heads, [{}] * COUNT)
    assert without.set_figures == ()
    assert "no blendshapes" in without.notes[-1]


def test_what_is_missing_is_told(tmp_path: Path, task: Path, heads: list[AnnotatedHead], monkeypatch):
    with pytest.raises(ValueError, match=r"expected MediaPipe's file .*there is no file of this name"):
        mediapipe_blendshapes(tmp_path / "other.task", heads)
    task.write_bytes(b"something else")
    with pytest.raises(ValueError, match="MediaPipe says: Unable to initialize"):
        mediapipe_blendshapes(task, heads)
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(ValueError, match="pip install mediapipe"):
        mediapipe_blendshapes(task, heads)
