"""By what a report on detection breaks its means down: how heads are turned, how large, how much seen, and whose."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from trans3dhead.evaluation.report import Breakdown
from trans3dhead.evaluation.synthetic_groups import PEOPLE, people_breakdown, people_of_label

_YAW = tuple(range(-180, 181, 30))  # degrees
_SIZE = (12, 16, 24, 32, 48, 64, 96, 128, 192, 256)  # pixels of the longer side; the last bin has no end
_VISIBLE = (25, 50, 75, 95, 100)  # percent

_METRICS = ("recall", "iou", "rotation")


def _between(edges: Sequence[int]) -> tuple[str, ...]:
    return tuple(f"{low} to {high}" for low, high in pairwise(edges))


YAW_GROUPS = _between(_YAW)
SIZE_GROUPS = (*_between(_SIZE), f"{_SIZE[-1]} and more")
VISIBLE_GROUPS = _between(_VISIBLE)

_BREAKDOWNS = (
    Breakdown(
        "by signed yaw", _METRICS, {"signed_yaw": YAW_GROUPS}, "degrees; yaw > 0 turns the face to the image's left"
    ),
    Breakdown("by size", _METRICS, {"size": SIZE_GROUPS}, "pixels of the longer side of the true box"),
    Breakdown("by visible share", _METRICS, {"visible": VISIBLE_GROUPS}, "percent of the head's silhouette"),
)


def breakdowns(groups: Mapping[str, np.ndarray]) -> tuple[Breakdown, ...]:
    """The tables of a report whose heads have these groups; groups: name -> (N,) labels."""
    return (*_BREAKDOWNS, *people_breakdown(groups, _METRICS))


def people_groups(labels: Sequence[Mapping[str, str]]) -> dict[str, np.ndarray]:
    """The groups of people that N heads are in, (N,) str each, by name; "" where a label does not tell.

    labels: the attributes of each; what none of them tells is left out.
    """
    groups = [people_of_label(label) for label in labels]
    told = [name for name in PEOPLE if any(name in group for group in groups)]
    return {name: np.array([group.get(name, "") for group in groups], dtype=str) for name in told}


def binned_groups(yaw: np.ndarray, sizes: np.ndarray, visible: np.ndarray) -> dict[str, np.ndarray]:
    """The groups of N heads by name, (N,) str each. yaw: (N,) degrees, sizes: (N,) pixels, visible: (N,) 0..1.

    A bin holds its lower end, the last one its upper end too; what lies beyond either end is in the bin there.
    """
    return {
        "signed_yaw": _words(yaw, _YAW, YAW_GROUPS),
        "size": _words(sizes, _SIZE, SIZE_GROUPS),
        "visible": _words(100.0 * visible, _VISIBLE, VISIBLE_GROUPS),
    }


def _words(values: np.ndarray, edges: Sequence[int], names: Sequence[str]) -> np.ndarray:
    index = np.searchsorted(np.asarray(edges[1:]), values, side="right")
    return np.array([names[min(int(number), len(names) - 1)] for number in index], dtype=str)
