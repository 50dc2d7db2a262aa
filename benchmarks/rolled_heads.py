"""Heads on their side and upside down, with and without `any_roll`: annotated photographs turned by quarters of a turn.

    python benchmarks/rolled_heads.py FOLDER [FOLDER ...] --without-people FOLDER -o out/rolled_heads.json

FOLDER: photographs beside an annotations.json, as `trans3dhead evaluate photographs` takes them. A head counts as found
where the landmarks of a result are within a quarter of the size of its own on average. Both ways it is also told where
the heads are: boxes that follow from the true landmarks of the photograph before it was turned. Of pictures without
people it counts those with a head.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from trans3dhead.data.annotated_photographs import AnnotatedHead, read_annotations_json
from trans3dhead.geometry.boxes import bounds, root_area, turned_back
from trans3dhead.geometry.matrices import angle_between_matrices, axis_rotation, matrix_from_euler
from trans3dhead.inference import Head, Predictor, find_photographs, head_box_from_landmarks, read_photograph

QUARTERS = (0, 1, 2, 3)  # by which a photograph is turned clockwise
_FOUND = 0.25  # of the size of a head's landmarks: by no more are those of a result off that is it


def main() -> None:
    """Print a table; write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path, nargs="+", help="folders with annotations.json")
    parser.add_argument("--without-people", type=Path, help="a folder of pictures in which nobody is, and below")
    parser.add_argument("--model", default="small")
    parser.add_argument("--threads", type=int)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    heads = [head for folder in arguments.photographs for head in read_annotations_json(folder)[0]]
    figures = []
    for any_roll in (False, True):
        predictor = Predictor(arguments.model, threads=arguments.threads, any_roll=any_roll)
        rows = [
            {
                "boxes": "given" if given else "found",
                "turned": 90 * quarters,
                **measure(predictor, heads, quarters, given),
            }
            for given in (False, True)
            for quarters in QUARTERS
        ]
        figures.append({"any_roll": any_roll, "turned": rows, "without_people": None})
        if arguments.without_people is not None:
            figures[-1]["without_people"] = with_heads(predictor, arguments.without_people)
        show(figures[-1], len(heads))
    if arguments.output is not None:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps(figures, indent=1) + "\n")


def measure(predictor: Predictor, annotated: Sequence[AnnotatedHead], quarters: int, given: bool) -> dict[str, float]:
    """Of the photographs turned by so many quarters: what is found, or said of given boxes, and how far it is off."""
    turn = axis_rotation("z", 90.0 * quarters)
    photographs = dict.fromkeys(one.photograph for one in annotated)
    apart, angles, doubtful, more = [], [], 0, 0
    for photograph in photographs:
        picture = read_photograph(photograph)
        turned = np.ascontiguousarray(np.rot90(picture, -quarters))
        there = [one for one in annotated if one.photograph == photograph]
        heads, found = predictor(turned, _boxes(predictor, there, turned, quarters) if given else None), 0
        for one in there:
            points = _turned(one.landmarks, picture.shape, turned.shape, turn)
            off, head = min(
                ((_apart(head, points), head) for head in heads), key=lambda pair: pair[0], default=(1.0, None)
            )
            if head is None or off > _FOUND:
                continue
            found += 1
            apart.append(off)
            doubtful += head.doubtful
            if one.pose is not None:
                angles.append(angle_between_matrices(head.pose.rotation, turn @ matrix_from_euler(one.pose)))
        more += len(heads) - found
    return {
        "found": len(apart),
        "doubtful": doubtful,
        "heads more": more,
        "landmarks, percent of their size, median": 100 * float(np.median(apart)) if apart else float("nan"),
        "rotation, degrees, median": float(np.median(angles)) if angles else float("nan"),
    }


def _boxes(predictor: Predictor, annotated: Sequence[AnnotatedHead], turned: np.ndarray, quarters: int) -> np.ndarray:
    """(N, 4) head boxes in the picture that was turned."""
    boxes = np.stack([head_box_from_landmarks(one.landmarks, predictor.head_model) for one in annotated])
    height, width = turned.shape[:2]
    return turned_back(boxes, quarters, (width, height))  # as it was before is this picture turned back


def _apart(head: Head, landmarks: np.ndarray) -> float:
    """Mean distance of a result's landmarks from true ones (68, 2), over the root of the area of these."""
    return float(np.linalg.norm(head.landmarks - landmarks, axis=1).mean()) / root_area(bounds(landmarks))


def _turned(points: np.ndarray, before: tuple[int, ...], after: tuple[int, ...], turn: np.ndarray) -> np.ndarray:
    """(N, 2) pixels about the middle of one picture -> about that of another, turned."""
    return (points - np.array(before[1::-1]) / 2) @ turn[:2, :2].T + np.array(after[1::-1]) / 2


def with_heads(predictor: Predictor, folder: Path) -> dict[str, int]:
    """How many pictures there are, and in how many of them a head is found."""
    pictures = find_photographs([folder], recursive=True)
    return {"pictures": len(pictures), "with a head": sum(bool(predictor(read_photograph(path))) for path in pictures)}


def show(figures: dict, count: int) -> None:
    """A table of one predictor."""
    rows = figures["turned"]
    table = Table(*rows[0], title=f"any_roll={figures['any_roll']}, {count} heads")
    for row in rows:
        table.add_row(*(f"{value:.1f}" if isinstance(value, float) else str(value) for value in row.values()))
    Console().print(table, figures["without_people"] or "")


if __name__ == "__main__":
    main()
