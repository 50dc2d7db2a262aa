"""The detection benchmark on scenes of the toy head, with detectors whose errors are known."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from toy_sets import one_shard_set, paint, random_head
from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.data.scenes import SceneLabels
from trans3dhead.data.shards import ShardedSet
from trans3dhead.evaluation import detection
from trans3dhead.evaluation.detection_groups import SIZE_GROUPS, VISIBLE_GROUPS, YAW_GROUPS, binned_groups
from trans3dhead.geometry.rotations import euler_from_rotation, rotation_from_euler
from trans3dhead.head_model import HeadModel
from trans3dhead.images import encode_jpeg
from trans3dhead.inference import Detections

THRESHOLD = 0.4


@pytest.fixture(scope="module")
def folder(toy: HeadModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve scenes of none, one or two heads; in each of two heads the second can hardly be seen."""
    photographs = []
    for index in range(12):
        rng = np.random.default_rng(index)
        heads = [replace(random_head(toy, rng), visible=visible) for visible in (1.0, 0.1)[: index % 3]]
        picture = paint(toy, heads[0], rng) if heads else np.full((80, 96, 3), 90, np.uint8)
        photographs.append((encode_jpeg(picture), heads))
    return one_shard_set(tmp_path_factory.mktemp("scenes") / "set", toy, 96, photographs, kind="scenes")


@pytest.fixture(scope="module")
def photographs(folder: Path) -> ShardedSet:
    return detection.open_test_set(folder)


class Oracle:
    """Finds every head of the scenes in their order, hidden ones too; `change` alters its answers."""

    own_threshold = THRESHOLD

    def __init__(self, photographs: ShardedSet, head_model: HeadModel, change: Callable[[Detections], Detections]):
        labels = SceneLabels(head_model)
        self.targets = iter([labels(photographs.heads(index)) for index in range(len(photographs))])
        self.change = change

    def __call__(self, image: np.ndarray) -> Detections:
        targets = next(self.targets)
        scores = np.full(len(targets), 0.9)
        return self.change(Detections(targets.boxes, scores, targets.rotations, from_faces=False))


@pytest.fixture
def score(photographs: ShardedSet, toy: HeadModel, monkeypatch: pytest.MonkeyPatch):
    """Scores an oracle with changed answers -> its scenes and the report."""

    def run(change: Callable[[Detections], Detections] = lambda found: found):
        monkeypatch.setattr(detection, "build_detector", lambda *_: Oracle(photographs, toy, change))
        found, threshold = detection.detect_scenes(photographs, toy, "oracle")
        scenes = list(found)
        return scenes, detection.score_detection(scenes, threshold, "Scenes")

    return run


def test_who_finds_all_is_right_in_all(score):
    _, report = score()
    figures = report.extra["detection"]
    assert (figures["ap50"], figures["ap50_95"]) == (1.0, 1.0)
    assert (figures["scenes"], figures["scenes_without_heads"], figures["not_wanted"]) == (12, 4, 4)
    assert figures["false_boxes"] == 0  # boxes of heads that are not wanted count neither way
    assert len(report.samples) == 8
    assert {metric: report.mean(metric).value for metric in ("recall", "iou", "rotation")} == pytest.approx(
        {"recall": 100, "iou": 1, "rotation": 0}, abs=1e-4
    )


def test_errors_are_those_that_were_made(score):
    turn = rotation_from_euler(torch.tensor([0.0, 12.0, 0.0]).double()).numpy() @ np.diag([1.0, -1.0, -1.0])

    def change(found: Detections) -> Detections:
        boxes = found.boxes * [1, 1, 0.8, 1]  # four fifths of the width
        return replace(found, boxes=boxes, rotations=turn @ found.rotations)

    _, report = score(change)
    assert {metric: report.mean(metric).value for metric in ("recall", "iou", "rotation")} == pytest.approx(
        {"recall": 100, "iou": 0.8, "rotation": 12}, abs=1e-3
    )
    assert report.extra["detection"]["ap50"] == 1.0
    assert report.extra["detection"]["ap50_95"] == pytest.approx(0.65, abs=0.06)  # right at 0.5 to 0.75, or to 0.8


def test_what_is_below_the_threshold_counts_in_the_average_precision_alone(score):
    _, report = score(lambda found: replace(found, scores=np.full(len(found.scores), 0.2)))
    assert report.extra["detection"]["ap50"] == 1.0
    assert report.mean("recall").value == 0.0
    assert report.mean("iou") is None
    assert report.mean("rotation") is None


def test_false_boxes_are_counted_and_drawn_the_most_certain_first(score, photographs):
    def change(found: Detections) -> Detections:
        far = np.array([[-300.0, 0, 20, 20], [-300.0, 100, 20, 20]])
        boxes, scores = np.concatenate((found.boxes, far)), np.concatenate((found.scores, [0.95, 0.1]))
        return Detections(boxes, scores)

    scenes, report = score(change)
    figures = report.extra["detection"]
    assert (figures["false_boxes"], figures["false_boxes_without_heads"]) == (12, 4)
    assert report.mean("recall").value == 100
    assert report.mean("rotation") is None  # this detector says no rotation
    assert figures["ap50"] == pytest.approx(8 / 20, abs=0.02)  # the 12 that are surest of all come first
    boxes = detection.false_boxes(scenes, photographs, THRESHOLD)
    assert {box.score for box in boxes} == {0.95}
    assert sorted(box.name for box in boxes) == [photographs.key(index) for index in range(12)]


def test_heads_are_grouped_by_what_their_labels_say(score, photographs, toy):
    _, report = score()
    index = next(i for i in range(len(photographs)) if len(photographs.heads(i)) == 1)
    head: HeadAnnotation = photographs.heads(index)[0]
    row = report.samples.index(f"{photographs.key(index)}-0")
    size = max(head.box[2:])
    assert report.covariates["true_size"][row] == size
    low, high = report.attributes["size"][row].split(" to ")
    assert int(low) <= size < int(high)
    own = float(euler_from_rotation(torch.from_numpy(head.rotation))[1])
    assert abs((report.covariates["true_yaw"][row] - own + 180) % 360 - 180) < 40  # up to the ray through the face


def test_people_are_compared_where_labels_tell_of_them(score):
    scenes, report = score()
    assert [table.title for table in report.breakdowns] == ["by signed yaw", "by size", "by visible share"]
    told = [replace(scene, labels=[{"monk": "9", "age": "senior"}] * len(scene.labels)) for scene in scenes]
    told[1] = replace(told[1], labels=[{"age": "child"}])  # of the first head
    report = detection.score_detection(told, THRESHOLD, "Scenes")
    assert report.breakdowns[-1].title == "by skin tone, age"
    assert report.attributes["skin_tone"].tolist() == [""] + ["8–10"] * 7
    assert report.attributes["age"].tolist() == ["child"] + ["senior"] * 7


def test_the_edges_of_the_groups():
    words = binned_groups(
        np.array([-180.0, -0.1, 0.0, 180.0]), np.array([12.0, 15.9, 16.0, 900.0]), np.array([0.25, 0.5, 0.95, 1.0])
    )
    assert words["signed_yaw"].tolist() == [YAW_GROUPS[0], "-30 to 0", "0 to 30", YAW_GROUPS[-1]]
    assert words["size"].tolist() == [SIZE_GROUPS[0], SIZE_GROUPS[0], SIZE_GROUPS[1], SIZE_GROUPS[-1]]
    assert words["visible"].tolist() == [VISIBLE_GROUPS[0], VISIBLE_GROUPS[1], VISIBLE_GROUPS[3], VISIBLE_GROUPS[3]]


def test_the_picture_of_a_head_is_about_it(score, photographs):
    scenes, report = score()
    picture = detection.draw_scenes(scenes, photographs, THRESHOLD)(report.samples[0])
    assert picture.shape == (512, 512, 3)
    blue = np.argwhere((picture == (86, 190, 245)).all(axis=-1))
    assert np.abs(blue.mean(axis=0) - 256).max() < 20


def test_scenes_without_a_head_to_find_have_no_score(score, photographs):
    scenes, _ = score()
    with pytest.raises(ValueError, match="expected at least one head"):
        detection.score_detection([scene for scene in scenes if not len(scene.targets)], THRESHOLD, "Nobody")


def test_a_set_of_single_heads_is_refused(toy_folder: Path):
    with pytest.raises(ValueError, match="expected a set of scenes"):
        detection.open_test_set(toy_folder)


def test_the_set_is_always_the_same_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    import headsynth

    form, asked = inspect.signature(headsynth.generate), []
    monkeypatch.setattr(
        headsynth, "generate", lambda *given, **named: asked.append(form.bind(*given, **named).arguments)
    )
    detection.render_test_set(tmp_path / "set", None)
    fixed = {"count": 1000, "seed": 1_000_021, "size": 384, "kind": "scenes"}
    assert asked == [{"output": tmp_path / "set", "assets": None, **fixed}]
