"""Where head boxes come from, measured on a synthetic set: `python benchmarks/face_box_rules.py data/synth-val`.

1. From OpenCV's face boxes: fits each cascade's rule. A cascade's box is paired with the true head box that holds its
   centre; pairs out of proportion are the cascade's own errors and are left out. Half of the photographs fit the rule,
   the others give the overlap (IoU) of ruled and true boxes; mirrored detections count mirrored back.
2. The whole detector, and the rule from 68 landmarks (true projections), by yaw.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from trans3dhead.data.annotations import HeadAnnotation
from trans3dhead.data.shards import ShardedSet
from trans3dhead.geometry.boxes import iou
from trans3dhead.geometry.rotations import euler_from_rotation
from trans3dhead.head_model import HeadModel
from trans3dhead.inference.detectors.cascade import CASCADES, Cascade, CascadeDetector, build_classifier, face_boxes
from trans3dhead.inference.head_boxes import fit_face_box_rule, head_box_from_landmarks

_PROPORTION = (0.6, 3.0)  # of head width over face width, inside which a detection is of this head
_MOST_ROLL = 30.0  # degrees: cascades find no head that is turned further, only parts of it
_FOUND = 0.4  # IoU from which a head counts as found
_YAWS = (0, 30, 60, 90, 180)  # degrees, edges of the rows of the second table


@dataclass(frozen=True)
class Sample:
    """One photograph with its heads."""

    image: np.ndarray  # (H, W, 3) uint8 RGB
    heads: list[HeadAnnotation]


def read(folder: Path, count: int) -> list[Sample]:
    """The first `count` photographs of the set."""
    shards = ShardedSet(folder, partial=True)
    samples = []
    for index in range(min(count, len(shards))):
        samples.append(Sample(shards.image(index), shards.heads(index)))
    return samples


def pairs(sample: Sample, cascade: Cascade, classifier: cv2.CascadeClassifier) -> list[tuple[np.ndarray, np.ndarray]]:
    """(face box, true head box) of each detection, in the mirror image for a mirrored cascade."""
    faces, _ = face_boxes(cv2.cvtColor(sample.image, cv2.COLOR_RGB2GRAY), classifier, cascade.mirrored)
    found = []
    for face in faces:
        centre = face[:2] + face[2:] / 2
        for head in (annotation.box for annotation in sample.heads if abs(angles(annotation)[2]) < _MOST_ROLL):
            inside = ((centre > head[:2]) & (centre < head[:2] + head[2:])).all()
            if inside and _PROPORTION[0] < head[2] / face[2] < _PROPORTION[1]:
                found.append((face, head))
    width = sample.image.shape[1]
    return [(_mirror(face, width), _mirror(head, width)) for face, head in found] if cascade.mirrored else found


def angles(head: HeadAnnotation) -> list[float]:
    """Pitch, yaw, roll in degrees."""
    return euler_from_rotation(torch.from_numpy(head.rotation)).tolist()


def _mirror(box: np.ndarray, width: int) -> np.ndarray:
    return np.array([width - box[0] - box[2], *box[1:]])


def rules_table(samples: Sequence[Sample]) -> Table:
    """Fit on the even photographs, measure on the odd ones, for each cascade file."""
    table = Table(title=f"from face boxes to head boxes, {len(samples)} photographs")
    for column in ("cascade", "pairs", "dx", "dy", "width", "height", "IoU, median", "IoU, 10 %", "the rule in use"):
        table.add_column(column, justify="right")
    for file in dict.fromkeys(cascade.file for cascade in CASCADES):
        same = [cascade for cascade in CASCADES if cascade.file == file]
        classifier = build_classifier(file)
        halves: tuple[list, list] = ([], [])
        for number, sample in enumerate(samples):
            for cascade in same:
                halves[number % 2].extend(pairs(sample, cascade, classifier))
        (fit_faces, fit_heads), (faces, heads) = (map(np.array, zip(*half, strict=True)) for half in halves)
        rule = fit_face_box_rule(fit_faces, fit_heads)
        reached, in_use = iou(rule(faces), heads), iou(same[0].rule(faces), heads)
        figures = [f"{value:+.3f}" for value in asdict(rule).values()]
        overlap = [f"{value:.3f}" for value in (np.median(reached), np.percentile(reached, 10), np.median(in_use))]
        table.add_row(file.split("_", 1)[1].split(".")[0], str(sum(map(len, halves))), *figures, *overlap)
    return table


def overlap_table(samples: Sequence[Sample], head_model: HeadModel) -> Table:
    """The detector's boxes and those from true landmarks, by yaw."""
    detector = CascadeDetector()
    rows = []
    for sample in samples:
        found = detector(sample.image).boxes
        for head in sample.heads:
            detected = iou(head.box, found).max() if len(found) else 0.0
            ruled = head_box_from_landmarks(head.landmarks(head_model), head_model.numpy())
            rows.append((abs(angles(head)[1]), detected, iou(head.box, ruled)))
    yaws, detected, ruled = np.array(rows).T
    table = Table(title=f"overlap with the true head box; found: IoU of at least {_FOUND}")
    for column in ("|yaw|", "heads", "found", "IoU of found, median", "from landmarks, median", "10 %"):
        table.add_column(column, justify="right")
    for low, high in pairwise(_YAWS):
        row = (yaws >= low) & (yaws < high)
        hit = row & (detected >= _FOUND)
        if row.any():
            of_found = f"{np.median(detected[hit]):.3f}" if hit.any() else "-"
            of_landmarks = (f"{np.median(ruled[row]):.3f}", f"{np.percentile(ruled[row], 10):.3f}")
            table.add_row(f"{low} to {high}", str(row.sum()), f"{hit.sum() / row.sum():.0%}", of_found, *of_landmarks)
    return table


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a synthetic set")
    parser.add_argument("--count", type=int, default=1000, help="photographs")
    options = parser.parse_args()
    samples = read(options.folder, options.count)
    console = Console(width=140)
    console.print(rules_table(samples))
    console.print(overlap_table(samples, HeadModel.shipped()))


if __name__ == "__main__":
    main()
