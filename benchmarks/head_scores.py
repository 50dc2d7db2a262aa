"""Fit what `Head.score` weighs, on synthetic scenes; and show how reliable it is, and how many heads it finds in
pictures without people.

    trans3dhead synth --kind scenes --count 400 --seed 2000021 -o data/scenes-val --assets ASSETS
    python benchmarks/head_scores.py data/scenes-val --without-people FOLDER -o out/head_scores.json

Every second scene fits how the detector's score is to be read, two numbers of
`trans3dhead/inference/head_score.py`; the others judge the whole score. What the landmarks' spread is worth was chosen
on pictures without people.
"""

import argparse
import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.optimize import minimize

from trans3dhead.data.scenes import SceneLabels
from trans3dhead.data.shards import ShardedSet
from trans3dhead.geometry.boxes import iou
from trans3dhead.head_model import HeadModel
from trans3dhead.inference import Predictor, find_photographs
from trans3dhead.inference.head_score import Evidence, evidence, probability
from trans3dhead.metrics.detection import FOUND_IOU

_PRIOR = 0.01  # of each weight's square: keeps them finite where the scenes are few
_LEAST = 1e-6  # of a probability
_BINS = np.array([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])  # of the score, for the reliability


@dataclass(frozen=True)
class Judged:
    """One detected box of one picture."""

    picture: int
    evidence: Evidence
    right: bool  # a head is there, and the result fits it
    counts: bool  # False: it lies on a head that is too small or too hidden to count either way


def main() -> None:
    """Print weights and tables; write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", type=Path, help="a set of scenes, whole or in part")
    parser.add_argument("--without-people", type=Path, help="a folder of pictures in which nobody is")
    parser.add_argument("--model", default="small")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    predictor, console = Predictor(arguments.model, min_score=0.0, closer_look="none"), Console()
    boxes = [box for box in scene_boxes(predictor, ShardedSet(arguments.scenes, partial=True)) if box.counts]
    figures = {"model": arguments.model, **weigh(boxes, console)}
    if arguments.without_people is not None:
        figures["without people"] = count_false(predictor, arguments.without_people, console)
    if arguments.output is not None:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps(figures, indent=2) + "\n")


def scene_boxes(predictor: Predictor, scenes: ShardedSet) -> Iterable[Judged]:
    """Every box that the detector finds in every scene, with what is true of it."""
    labels = SceneLabels(HeadModel.shipped("anny"))
    for index in range(len(scenes)):
        targets = labels(scenes.heads(index))
        for head in predictor(scenes.image(index)):
            shared = iou(np.broadcast_to(head.box, targets.boxes.shape), targets.boxes)
            best = int(shared.argmax()) if len(shared) else None
            right = best is not None and shared[best] >= FOUND_IOU
            yield Judged(
                index, evidence(head), right, best is None or not shared[best] > 0 or bool(targets.wanted[best])
            )


def weigh(boxes: list[Judged], console: Console) -> dict[str, object]:
    """Fit on every second scene, judge on the others."""
    fitting, judging = ([box for box in boxes if box.picture % 2 == half] for half in (0, 1))
    weights = fitted(fitting)
    rows = reliability(scores_of(judging, *weights), np.array([box.right for box in judging]))
    console.print(f"constant and weight: {weights.round(2).tolist()}, of {len(fitting)} boxes; {len(judging)} others:")
    table = Table("score", "boxes", "mean score", "right, %")
    for row in rows:
        cells = (f"{row['from']:.1f} to {row['to']:.1f}", str(row["boxes"]), f"{row['score']:.2f}")
        table.add_row(*cells, f"{100 * row['right']:.0f}")
    console.print(table)
    return {"weights": weights.tolist(), "fitted": len(fitting), "judged": len(judging), "reliability": rows}


def scores_of(boxes: list[Judged], constant: float, weight: float) -> np.ndarray:
    """(N,) the probabilities of boxes, if the detector's score were read so."""
    return np.array([probability(box.evidence.certainty, box.evidence.excess, constant, weight) for box in boxes])


def fitted(boxes: list[Judged]) -> np.ndarray:
    """(2,) constant and weight with which what is true of the boxes is likeliest."""
    right = np.array([box.right for box in boxes])

    def loss(weights: np.ndarray) -> float:
        scores = np.clip(scores_of(boxes, *weights), _LEAST, 1.0 - _LEAST)
        return float(-np.log(np.where(right, scores, 1.0 - scores)).sum() + _PRIOR * weights @ weights)

    return minimize(loss, np.zeros(2)).x


def reliability(scores: np.ndarray, right: np.ndarray) -> list[dict[str, float]]:
    """For each range of scores: how many boxes, their mean score, and the share of them that are right."""
    rows = []
    for low, high in itertools.pairwise(_BINS.tolist()):
        inside = (scores >= low) & ((scores < high) | (high == 1.0))
        if inside.any():
            mean, share = float(scores[inside].mean()), float(right[inside].mean())
            rows.append({"from": low, "to": high, "boxes": int(inside.sum()), "score": mean, "right": share})
    return rows


def count_false(predictor: Predictor, folder: Path, console: Console) -> dict[str, object]:
    """How many pictures without people have a head, by the score's threshold and by the detector's alone."""
    pictures = [[evidence(head) for head in predictor(path)] for path in find_photographs([folder])]
    by_score = {t: sum(any(e.probability >= t for e in found) for found in pictures) for t in (0.3, 0.5, 0.7, 0.9)}
    by_detector = {t: sum(any(e.detected >= t for e in found) for found in pictures) for t in (0.3, 0.4, 0.5, 0.6)}
    console.print(f"{len(pictures)} pictures without people; with a head by its score: {by_score}")
    console.print(f"with a box by the detector's own score: {by_detector}")
    return {"pictures": len(pictures), "by_score": by_score, "by_detector": by_detector}


if __name__ == "__main__":
    main()
