"""A detector on synthetic scenes with every head labelled: what it finds, by how heads are turned, large and hidden.

The test set is fixed: 1,000 scenes of seed 1,000,021, whose people no training set of another seed holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from trans3dhead.data.scenes import HeadTargets, SceneLabels
from trans3dhead.data.shards import ShardedSet
from trans3dhead.evaluation.detection_groups import binned_groups, breakdowns, people_groups
from trans3dhead.evaluation.predict import UnmatchedBox
from trans3dhead.evaluation.report import Metric, Report
from trans3dhead.evaluation.worst_cases import Draw, draw_boxes
from trans3dhead.geometry.boxes import iou
from trans3dhead.geometry.rotations import angle_between, euler_from_rotation
from trans3dhead.head_model import HeadModel
from trans3dhead.inference.detectors import Detections, build_detector
from trans3dhead.metrics.detection import (
    FOUND_IOU,
    LEAST_SCORE,
    Picture,
    average_precision,
    judge,
    mean_average_precision,
)

TEST_SEED = 1_000_021
TEST_COUNT = 1_000
TEST_SIZE = 384  # pixels

_AROUND = 1.0  # of a head's longer side, about it in its picture
_DRAWN = 24  # false boxes whose photographs are kept

METRICS = (
    Metric("recall", "recall", 1, "%", higher_is_better=True),
    Metric("iou", "IoU", 3, higher_is_better=True),
    Metric("rotation", "rotation error", 1, "°"),
)


@dataclass(frozen=True, eq=False)
class DetectedScene:
    """The labelled heads of one scene, and what a detector says of it."""

    name: str  # the photograph's number
    index: int  # of the photograph in its set
    targets: HeadTargets
    labels: Sequence[Mapping[str, str]]  # the attributes of each head
    found: Detections  # down to `LEAST_SCORE`

    @property
    def picture(self) -> Picture:
        """The detections and the labelled heads in the form that the metrics take."""
        return Picture(self.found.boxes, self.found.scores, self.targets.boxes, self.targets.wanted)

    def certain(self, threshold: float) -> np.ndarray:
        """(D, 4) the detected boxes [x, y, w, h] with this score at least, pixels."""
        return self.found.boxes[self.found.scores >= threshold]


def render_test_set(folder: Path, assets: Path | None) -> None:
    """Render the fixed test set; assets as for `trans3dhead synth`. Needs embreex."""
    from headsynth import generate

    generate(folder, TEST_COUNT, assets, TEST_SEED, TEST_SIZE, kind="scenes")


def open_test_set(folder: Path) -> ShardedSet:
    """The photographs of a whole set of scenes; ValueError for one of single heads."""
    photographs = ShardedSet(folder)
    kind = photographs.manifest.kind
    if kind != "scenes":
        raise ValueError(
            f"{folder}: expected a set of scenes, in which every head is labelled, got one of {kind!r}; "
            "make one with `trans3dhead synth --kind scenes`"
        )
    return photographs


def detect_scenes(photographs: ShardedSet, head_model: HeadModel, name: str) -> tuple[Iterator[DetectedScene], float]:
    """Run a detector, given by its name, on every scene. head_model: that of the set's labels.

    Returns what it finds, down to `LEAST_SCORE`, and its own threshold, 0..1.
    """
    detector = build_detector(name, LEAST_SCORE)
    labels = SceneLabels(head_model)

    def scene(index: int) -> DetectedScene:
        heads = photographs.heads(index)
        attributes = [head.attributes for head in heads]
        return DetectedScene(
            photographs.key(index), index, labels(heads), attributes, detector(photographs.image(index))
        )

    return (scene(index) for index in range(len(photographs))), detector.own_threshold


def score_detection(scenes: Sequence[DetectedScene], threshold: float, title: str) -> Report:
    """Score a detector: for every wanted head whether a box of this score or above finds it, how well that box fits,
    and by how many degrees its rotation is off; for the whole set its average precision and its false boxes.

    Raises ValueError where no head is wanted.
    """
    parts = [_scores(scene, threshold) for scene in scenes]
    names = tuple(f"{scene.name}-{number}" for scene in scenes for number in np.flatnonzero(scene.targets.wanted))
    if not names:
        raise ValueError(f"{title}: expected at least one head that is to be found, got none")
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    yaw, size, visible = columns["yaw"], columns["size"], columns["visible"]
    figures = _whole_set(scenes, threshold)
    labels = [scene.labels[row] for scene in scenes for row in np.flatnonzero(scene.targets.wanted).tolist()]
    groups = binned_groups(yaw, size, visible) | people_groups(labels)
    return Report(
        title=title,
        metrics=METRICS,
        samples=names,
        values={metric.key: columns[metric.key] for metric in METRICS},
        attributes=groups,
        covariates={"true_yaw": yaw, "true_size": size, "true_visible": visible},
        breakdowns=breakdowns(groups),
        notes=_notes(figures),
        extra={"detection": figures},
    )


def false_boxes(scenes: Sequence[DetectedScene], photographs: ShardedSet, threshold: float) -> list[UnmatchedBox]:
    """The false boxes that the detector is most certain of, at most 24, with their photographs."""
    false = [
        (float(scene.found.scores[row]), scene, row)
        for scene in scenes
        for row in np.flatnonzero(_false(scene, threshold))
    ]
    worst = sorted(false, key=lambda scored: -scored[0])[:_DRAWN]
    return [
        UnmatchedBox(scene.name, photographs.image(scene.index), scene.found.boxes[row], score)
        for score, scene, row in worst
    ]


def draw_scenes(scenes: Sequence[DetectedScene], photographs: ShardedSet, threshold: float) -> Draw:
    """A drawer of heads by their ids: the head and what is about it, its true box, and all that was found there."""
    by_name = {scene.name: scene for scene in scenes}

    def draw(name: str) -> np.ndarray:
        key, _, number = name.rpartition("-")
        scene = by_name[key]
        box = scene.targets.boxes[int(number)]
        return draw_boxes(photographs.image(scene.index), box, scene.certain(threshold), box[None], _AROUND)

    return draw


def _scores(scene: DetectedScene, threshold: float) -> dict[str, np.ndarray]:
    """(N,) arrays for the wanted heads of a scene: the metrics, where a head that is not found has NaN for overlap and
    rotation error, and the yaw, size and visible share by which heads are grouped.
    """
    targets, found, verdicts = scene.targets, scene.found, judge(scene.picture, FOUND_IOU)
    finder = np.full(len(targets), -1)  # the detection that finds each head
    rows = np.flatnonzero(verdicts.right & (found.scores >= threshold))
    finder[verdicts.head[rows]] = rows
    heads = np.flatnonzero(targets.wanted)
    found_heads = finder[heads] >= 0
    rows, rotations = finder[heads][found_heads], torch.from_numpy(targets.rotations[heads])
    overlap, angle = np.full((2, len(heads)), np.nan)
    overlap[found_heads] = iou(found.boxes[rows], targets.boxes[heads[found_heads]])
    if found.rotations is not None:
        detected = torch.from_numpy(found.rotations[rows]).double()
        angle[found_heads] = angle_between(detected, rotations[found_heads]).numpy()
    return {
        "recall": 100.0 * found_heads,
        "iou": overlap,
        "rotation": angle,
        "yaw": euler_from_rotation(rotations)[:, 1].numpy(),
        "size": targets.boxes[heads, 2:].max(axis=1),
        "visible": targets.visible[heads],
    }


def _false(scene: DetectedScene, threshold: float) -> np.ndarray:
    """(D,) bool: the detections of this score or above that are of no head, or of one that is found already."""
    verdicts = judge(scene.picture, FOUND_IOU)
    return verdicts.counted & ~verdicts.right & (scene.found.scores >= threshold)


def _whole_set(scenes: Sequence[DetectedScene], threshold: float) -> dict[str, Any]:
    pictures = [scene.picture for scene in scenes]
    false = np.array([int(_false(scene, threshold).sum()) for scene in scenes])
    empty = np.array([len(scene.targets) == 0 for scene in scenes])
    return {
        "ap50": average_precision(pictures),
        "ap50_95": mean_average_precision(pictures),
        "threshold": threshold,
        "scenes": len(scenes),
        "scenes_without_heads": int(empty.sum()),
        "false_boxes": int(false.sum()),
        "false_boxes_without_heads": int(false[empty].sum()),
        "not_wanted": sum(int((~scene.targets.wanted).sum()) for scene in scenes),
    }


def _notes(figures: dict[str, Any]) -> tuple[str, ...]:
    ap50, ap, threshold = (figures[name] for name in ("ap50", "ap50_95", "threshold"))
    false, of_these, empty = (
        figures[name] for name in ("false_boxes", "false_boxes_without_heads", "scenes_without_heads")
    )
    return (
        f"AP50 {100 * ap50:.1f} %, AP50:95 {100 * ap:.1f} %.",
        f"Recall at the detector's own threshold, {threshold:g}: found is a head that a box overlaps by {FOUND_IOU:g} "
        "or more (IoU); IoU and rotation error are of the heads that are found.",
        f"{false} false boxes in {figures['scenes']} scenes, {of_these} of them in the {empty} without any head.",
        f"{figures['not_wanted']} heads are too small, too hidden or too far outside to count either way.",
    )
