"""Figures 9 to 12: several systems side by side, and the files that they become."""

from pathlib import Path

import numpy as np
import pytest

from trans3dhead.evaluation.figures import encoded
from trans3dhead.evaluation.paper_figures import (
    PicturedHead,
    System,
    dense_landmarks,
    landmarks,
    meshes,
    open_systems,
    pose_axes,
)
from trans3dhead.evaluation.predictions import PredictedHead, completed
from trans3dhead.evaluation.write_predictions import write_predictions
from trans3dhead.head_model import NumpyHeadModel

BOX = np.array([20.0, 30.0, 60.0, 80.0])


@pytest.fixture(scope="module")
def model() -> NumpyHeadModel:
    return NumpyHeadModel.shipped()


@pytest.fixture
def heads(model: NumpyHeadModel) -> list[PicturedHead]:
    photograph = np.full((120, 100, 3), 90, np.uint8)
    return [PicturedHead(name, photograph, BOX, whole(model)) for name in ("a", "b")]


def whole(model: NumpyHeadModel) -> PredictedHead:
    vertices = model.template @ np.diag([1.0, -1.0, -1.0])
    points = [50.0, 70.0] + 300 * model.landmarks(vertices)[:, :2]
    return completed(PredictedHead(euler=np.array([3.0, -20.4, 0.2]), landmarks=points, vertices=vertices))


def words_of(figure) -> list[str]:
    labels = [axes.get_xlabel() for axes in figure.axes]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    return [*labels, *titles, *(text.get_text() for axes in figure.axes for text in axes.texts)]


def test_poses_are_told_in_words_and_start_at_the_nose(heads: list[PicturedHead], model: NumpyHeadModel):
    systems = [System("ours", {"a": whole(model)}), System("theirs", {"b": PredictedHead(landmarks=np.zeros((68, 2)))})]
    figure = pose_axes(heads, systems)
    assert len(figure.axes) == 4
    words = words_of(figure)
    assert words.count("pitch +3°  yaw −20°  roll 0°") == 1
    assert words.count("no pose") == 3
    assert {"ours", "theirs"} <= set(words)
    starts = {(round(line.get_xdata()[0], 6), round(line.get_ydata()[0], 6)) for line in figure.axes[0].lines}
    assert len(starts) == 1


def test_an_axis_ends_where_the_rotation_points(heads: list[PicturedHead], model: NumpyHeadModel):
    figure = pose_axes(heads[:1], [System("ours", {"a": whole(model)})])
    ends = {line.get_color(): np.ptp(np.array(line.get_data()), axis=1) for line in figure.axes[0].lines}
    rotation = whole(model).rotation
    for colour, axis in (("#F04646", 0), ("#46D75A", 1), ("#5082FF", 2)):
        np.testing.assert_allclose(ends[colour], 64 * np.abs(rotation[:2, axis]), atol=1e-6)


def test_landmarks_meshes_and_dense_points_say_what_is_missing(heads: list[PicturedHead], model: NumpyHeadModel):
    systems = [System("ours", {"a": whole(model)}), System("poor", {"a": PredictedHead(euler=np.zeros(3))})]
    assert words_of(landmarks(heads, systems)).count("no landmarks") == 3
    assert words_of(meshes(heads, systems, [model])).count("no mesh") == 6
    figure = dense_landmarks(heads[:1], systems[:1], [model])
    assert {"68 landmarks", "191 points", "445 points"} <= set(words_of(figure))
    assert [sum(len(dots.get_offsets()) for dots in axes.collections) for axes in figure.axes] == [68, 191, 445]


def test_no_head_is_told(model: NumpyHeadModel):
    with pytest.raises(ValueError, match="got 0 heads"):
        landmarks([], [System("ours", {})])


def test_predictions_are_read_by_name_and_the_truth_comes_first(heads: list[PicturedHead], tmp_path: Path, model):
    write_predictions(tmp_path / "theirs.json", {"b": PredictedHead(euler=np.zeros(3))})
    given = [str(tmp_path / "theirs.json"), f"DAD-3DNet={tmp_path / 'theirs.json'}"]
    assert [system.name for system in open_systems(given, heads, truth=True)] == ["annotation", "theirs", "DAD-3DNet"]
    assert [system.name for system in open_systems(given, heads)] == ["theirs", "DAD-3DNet"]


def test_predictions_of_other_heads_are_told(heads: list[PicturedHead], tmp_path: Path):
    write_predictions(tmp_path / "p.json", {"z": PredictedHead(euler=np.zeros(3))})
    with pytest.raises(ValueError, match=r"expected predictions by the ids of the heads \(a, b \.\.\.\), got z"):
        open_systems([str(tmp_path / "p.json")], heads)


def test_a_pdf_is_the_same_each_time(heads: list[PicturedHead], model: NumpyHeadModel):
    first, second = (landmarks(heads[:1], [System("ours", {"a": whole(model)})]) for _ in range(2))
    assert encoded(first, "pdf") == encoded(second, "pdf")
