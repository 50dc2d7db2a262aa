"""From OpenCV's face boxes to head boxes: fit each cascade's rule on a synthetic set and print the overlap it reaches.

    python benchmarks/face_box_rules.py data/synth-val [--count 2000] [--json rules.json]

Each photograph lies in a larger gray one, as heads do in photographs. A cascade's boxes are paired with the true head box
that holds their centre; pairs of a size out of proportion are the cascade's own errors and are left out. Half of the
photographs fit the rule, the other half give the overlap (IoU of the ruled box and the true one).
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from trans3dhead.data.shards import ShardedSet
from trans3dhead.geometry.boxes import iou
from trans3dhead.inference.detectors import CASCADES, CascadeDetector, build_classifier, face_boxes
from trans3dhead.inference.head_boxes import FaceBoxRule, fit_face_box_rule, head_box_from_landmarks

_PROPORTION = (0.6, 3.0)  # of head width over face width, inside which a detection is of this head


def photographs(folder: Path, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(H, W, 3) uint8 RGB and (N, 4) true head boxes, pixels."""
    shards = ShardedSet(folder, partial=True)
    for index in range(min(count, len(shards))):
        bgr = cv2.imdecode(np.frombuffer(shards.jpeg(index), np.uint8), cv2.IMREAD_COLOR)
        yield cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.stack([head.box for head in shards.heads(index)])


def paired(faces: np.ndarray, heads: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each face box with the head box that holds its centre and fits it in size."""
    pairs = []
    for face in faces:
        centre = face[:2] + face[2:] / 2
        for head in heads:
            inside = ((centre > head[:2]) & (centre < head[:2] + head[2:])).all()
            if inside and _PROPORTION[0] < head[2] / face[2] < _PROPORTION[1]:
                pairs.append((face, head))
    return pairs


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    samples = list(photographs(options.folder, options.count))
    table = Table(title=f"{len(samples)} photographs of {options.folder}")
    for column in ("cascade", "pairs", "dx", "dy", "width", "height", "IoU, median", "10 %", "IoU of the rule in use"):
        table.add_column(column)
    results = {}
    for cascade in CASCADES:
        classifier = build_classifier(cascade.file)
        rule_in_use = cascade.rule.mirrored() if cascade.mirrored else cascade.rule
        halves: tuple[list, list] = ([], [])
        for number, (image, heads) in enumerate(samples):
            faces, _ = face_boxes(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), classifier, cascade.mirrored)
            halves[number % 2].extend(paired(faces, heads))
        (fit_faces, fit_heads), (test_faces, test_heads) = (map(np.array, zip(*half, strict=True)) for half in halves)
        rule = fit_face_box_rule(fit_faces, fit_heads)
        reached, current = iou(rule(test_faces), test_heads), iou(rule_in_use(test_faces), test_heads)
        name = cascade.file.removeprefix("haarcascade_").removesuffix(".xml") + (" mirrored" if cascade.mirrored else "")
        numbers = [f"{value:+.3f}" for value in asdict(rule).values()]
        overlap = [f"{np.median(reached):.3f}", f"{np.percentile(reached, 10):.3f}", f"{np.median(current):.3f}"]
        table.add_row(name, str(len(fit_faces) + len(test_faces)), *numbers, *overlap)
        results[name] = asdict(rule) | {"median_iou": float(np.median(reached)), "pairs": len(fit_faces) + len(test_faces)}
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
