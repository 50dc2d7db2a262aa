"""Tracking and smoothing on made clips whose motion is known: `python benchmarks/video.py -o out/video.json`.

The head of a photograph is cut out with a soft edge and moved over a background: two that cross, one that leaves and
comes back, one that is hidden by a post, a hard cut to another picture with a head in the same place, motions of three
speeds, and a still. Every frame has new sensor noise. The truth of a frame is what the network says of the head at
rest, moved as the head was. Prints tables, writes JSON, asserts nothing.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from made_clips import NOISE, RATE, CutOut, Place, Scene, frames_of, scenes, times_of
from rich.console import Console
from rich.table import Table

from trans3dhead import Predictor
from trans3dhead.geometry.boxes import best_pairs, iou
from trans3dhead.geometry.matrices import angle_between_matrices
from trans3dhead.images import read_photograph
from trans3dhead.inference import HeadSmoother, HeadTracker, TrackedHead

PHOTOGRAPH = Path(__file__).parents[1] / "examples" / "astronaut.jpg"
MEASURED = ("slow motion", "fast motion", "still")  # scenes of which errors and jitter are measured
_SAME = 0.4  # overlap of a tracked head with a true one that it stands for
_NOBODY = 0.1  # overlap with every true head below which a tracked one is of nobody


@dataclass(frozen=True)
class Seen:
    """One true head of one frame, and the tracked one that stands for it, as the network says and smoothed."""

    person: tuple[int, int]  # shot and cut-out
    time: float
    place: Place
    found: tuple[TrackedHead, TrackedHead] | None


def follow(scene: Scene, people: Sequence[CutOut], predictor: Predictor) -> tuple[list[Seen], int]:
    """Track and smooth the clip -> every true head in it that can be seen; the number of tracked heads of nobody."""
    tracker, smoother, ghosts = HeadTracker(predictor), HeadSmoother(), 0
    seen: list[Seen] = []
    frames = frames_of(scene, people, np.random.default_rng(0))
    for time, frame in zip(times_of(scene).tolist(), frames, strict=True):
        tracked = tracker(frame, time)
        pairs = list(zip(tracked, smoother(tracked, time), strict=True))
        there = scene.visible(time, people)
        fits = [[iou(people[person].true_box(place), one.head.box) for one in tracked] for person, place in there]
        partners = best_pairs(np.array(fits).reshape(len(there), len(tracked)), _SAME)
        for (person, place), partner in zip(there, partners, strict=True):
            found = None if partner is None else pairs[partner]
            seen.append(Seen((scene.shot(time), person), time, place, found))
        boxes = [people[actor.person].true_box(place) for actor, place in scene.present(time)]
        ghosts += sum(all(iou(one.head.box, box) < _NOBODY for box in boxes) for one in tracked)
    return seen, ghosts


def identities(seen: Sequence[Seen], ghosts: int) -> dict[str, float]:
    """How often a person's id changes, how many ids stand for more than one person, the share of heads found.

    ghosts: tracked heads of nobody, as `follow` counts them.
    """
    ids: dict[tuple[int, int], list[int]] = {}
    for one in seen:
        if one.found is not None:
            ids.setdefault(one.person, []).append(one.found[0].id)
    taken = [key for keys in ids.values() for key in set(keys)]
    return {
        "switches": sum(int(np.count_nonzero(np.diff(keys))) for keys in ids.values()),
        "shared_ids": len(taken) - len(set(taken)),
        "found": float(np.mean([one.found is not None for one in seen])),
        "ghosts": ghosts,
    }


def motion(seen: Sequence[Seen], people: Sequence[CutOut], smoothed: bool) -> dict[str, float]:
    """Errors, jitter and lag of the one head of a clip, from its tenth frame on.

    Jitter is the step from frame to frame of what is off, over the root of two. The lag is that of the middle of the
    landmarks, in frames: the shift in time by which their error is explained best.
    """
    cut_out, kept = people[seen[0].person[1]], [one for one in seen[10:] if one.found is not None]
    heads = [one.found[smoothed].head for one in kept if one.found is not None]
    true = np.stack([cut_out.true_landmarks(one.place) for one in kept])
    off = np.stack([head.landmarks for head in heads]) - true
    turns = [
        angle_between_matrices(head.pose.rotation, cut_out.true_rotation(one.place))
        for head, one in zip(heads, kept, strict=True)
    ]
    turn_steps = [
        angle_between_matrices(
            second.pose.rotation @ cut_out.true_rotation(b.place).T,
            first.pose.rotation @ cut_out.true_rotation(a.place).T,
        )
        for first, second, a, b in zip(heads, heads[1:], kept, kept[1:], strict=False)
    ]
    speed = np.gradient(true.mean(axis=1), axis=0)  # pixels a frame
    lag = -float((off.mean(axis=1) * speed).sum() / max((speed**2).sum(), 1e-9))
    side = float(np.sqrt(cut_out.box[2:].prod()))
    expression = np.stack([head.parameters.expression for head in heads])
    return {
        "landmark_error": 100 * _root_mean_square(np.linalg.norm(off, axis=2)) / side,
        "landmark_jitter": 100 * _root_mean_square(np.linalg.norm(np.diff(off, axis=0), axis=2)) / side / 2**0.5,
        "rotation_error": _root_mean_square(turns),
        "rotation_jitter": _root_mean_square(turn_steps) / 2**0.5,
        "expression_jitter": _root_mean_square(np.diff(expression, axis=0)) / 2**0.5,
        "lag": lag,
    }


def still(seen: Sequence[Seen], people: Sequence[CutOut], smoothed: bool) -> dict[str, float]:
    """Root mean square deviations from the mean where nothing moves, from the tenth frame on."""
    heads = [one.found[smoothed].head for one in seen[10:] if one.found is not None]
    points = np.stack([head.landmarks for head in heads])
    expression = np.stack([head.parameters.expression for head in heads])
    left, _, right = np.linalg.svd(np.sum([head.pose.rotation for head in heads], axis=0))
    side = float(np.sqrt(people[seen[0].person[1]].box[2:].prod()))
    return {
        "landmarks": 100 * _root_mean_square(np.linalg.norm(points - points.mean(axis=0), axis=2)) / side,
        "rotation": _root_mean_square([angle_between_matrices(head.pose.rotation, left @ right) for head in heads]),
        "expression": _root_mean_square(expression - expression.mean(axis=0)),
    }


def _root_mean_square(values: object) -> float:
    return float(np.sqrt(np.square(np.asarray(values)).mean()))


def main() -> None:
    """Track every scene, print tables, write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photograph", type=Path, default=PHOTOGRAPH)
    parser.add_argument("--model", default="small")
    parser.add_argument("--frames", type=Path, help="a folder for every tenth frame, to look at")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    predictor, photograph = Predictor(options.model), read_photograph(options.photograph)
    wider = cv2.resize(photograph, None, fx=1.18, fy=1.0)[:, ::-1]  # somebody else: mirrored, broader, darker
    people = [CutOut(np.ascontiguousarray(picture), predictor) for picture in (photograph, wider // 4 * 3)]
    people.append(people[0])
    results = {}
    for scene in scenes():
        seen, ghosts = follow(scene, people, predictor)
        result = results.setdefault(scene.name, {"identities": identities(seen, ghosts)})
        if scene.name in MEASURED:
            measure = still if scene.name == "still" else motion
            result |= {name: measure(seen, people, smoothed) for name, smoothed in (("plain", False), ("smooth", True))}
        if options.frames:
            _save(scene, people, options.frames)
    _show(results)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(json.dumps({"rate": RATE, "noise": NOISE, "scenes": results}, indent=2))


def _save(scene: Scene, people: Sequence[CutOut], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames_of(scene, people, np.random.default_rng(0))):
        if number % 10 == 0:
            cv2.imwrite(str(folder / f"{scene.name}-{number:03d}.png"), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))


def _show(results: dict[str, dict[str, dict[str, float]]]) -> None:
    console = Console()
    table = Table("scene", "switches", "shared ids", "heads found", "ghosts", title="Identities")
    for name, result in results.items():
        told = result["identities"]
        counts = (f"{told[key]:.0f}" for key in ("switches", "shared_ids"))
        table.add_row(name, *counts, f"{100 * told['found']:.0f} %", f"{told['ghosts']:.0f}")
    console.print(table)
    for name in MEASURED:
        table = Table("figure", "as the network says", "smoothed", title=name)
        for figure, plain in results[name]["plain"].items():
            table.add_row(figure, f"{plain:.3f}", f"{results[name]['smooth'][figure]:.3f}")
        console.print(table)


if __name__ == "__main__":
    main()
