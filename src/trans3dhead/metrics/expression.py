"""What 68 points say of an expression, and how well the points of two sources agree on it over many heads.

The points are in the iBUG/Multi-PIE order. Everything is measured in the picture, so heads should face the camera more
or less.
"""

from dataclasses import dataclass

import numpy as np

FEWEST = 10  # heads of which an agreement is told: a line through fewer is mostly luck
_VARIES = 1e-6  # standard deviation, percent, below which values are one and the same

_BROWS = slice(17, 27)
_EYES = (slice(36, 42), slice(42, 48))
_UPPER_LIDS, _LOWER_LIDS = [37, 38, 43, 44], [41, 40, 47, 46]  # each above its partner
_MOUTH_CORNERS = [48, 54]
_MOUTH_MIDDLE = [51, 57, 62, 66]  # both lips, their outer and their inner edges
_UPPER_LIP, _LOWER_LIP = [61, 62, 63], [67, 66, 65]  # the inner edges, each above its partner


@dataclass(frozen=True)
class Agreement:
    """How one measure's results go with the truth over some heads; NaN for what these heads do not tell."""

    r: float  # Pearson's correlation: whether the heads come in the same order and proportion
    slope: float  # of the least-squares line of the results over the truth: the share of a change that is seen
    bias: float  # mean of result - truth, percent
    heads: int


def expression_measures(points: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Points of N heads -> five lengths by name, (N,) each, in percent of the root of the area of the head's true box.

    points: (N, 68, 2) of the truth or of a result, truth: (N, 68, 2), pixels. The true points say what is up, at right
    angles to the line between the eyes' centres, and how large a head is: the area of their tight box along that line.
    So nothing depends on where a head is in the picture, how large, and how it is rolled. NaN where they span no box.

    - mouth opening: mean distance of the inner lips' pairs 61-67, 62-66, 63-65
    - eye opening: mean distance of the lids' pairs 37-41, 38-40, 43-47, 44-46
    - brow height: the brows' ten points above the eyes' twelve, means of both
    - mouth corner height: 48 and 54 above the middle of the lips, which is the mean of 51, 57, 62 and 66
    - mouth width: distance of 48 and 54
    """
    across, up = _face_axes(truth)
    size = np.sqrt(np.ptp(_along(truth, across), axis=1) * np.ptp(_along(truth, up), axis=1))
    height = _along(points, up)
    eyes = np.concatenate([height[:, eye] for eye in _EYES], axis=1).mean(axis=1)
    lengths = {
        "mouth opening": _distance(points, _UPPER_LIP, _LOWER_LIP),
        "eye opening": _distance(points, _UPPER_LIDS, _LOWER_LIDS),
        "brow height": height[:, _BROWS].mean(axis=1) - eyes,
        "mouth corner height": height[:, _MOUTH_CORNERS].mean(axis=1) - height[:, _MOUTH_MIDDLE].mean(axis=1),
        "mouth width": _distance(points, _MOUTH_CORNERS[:1], _MOUTH_CORNERS[1:]),
    }
    known = np.where(size > 0, size, np.nan)
    return {name: 100.0 * length / known for name, length in lengths.items()}


def agreement(truth: np.ndarray, result: np.ndarray) -> Agreement:
    """(N,) percent twice, of the same heads; those where either is NaN do not count.

    All is NaN for fewer than `FEWEST` heads, slope and correlation where the truth does not vary, and the correlation
    where the results do not.
    """
    known = np.isfinite(truth) & np.isfinite(result)
    truth, result = truth[known], result[known]
    if len(truth) < FEWEST:
        return Agreement(float("nan"), float("nan"), float("nan"), len(truth))
    common = float(((truth - truth.mean()) * (result - result.mean())).mean())
    spread, spread_of_result = float(truth.std()), float(result.std())
    slope = common / spread**2 if spread > _VARIES else float("nan")
    r = common / (spread * spread_of_result) if min(spread, spread_of_result) > _VARIES else float("nan")
    return Agreement(r, slope, float((result - truth).mean()), len(truth))


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's: the correlation of the ranks of (N,) values twice; NaN as `agreement` has it."""
    return agreement(_ranks(first), _ranks(second)).r


def _ranks(values: np.ndarray) -> np.ndarray:
    """(N,) -> (N,) 1 for the smallest; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def _face_axes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 68, 2) pixels -> (N, 2) unit vectors from the right eye's centre to the left one's, and up the face.

    NaN where the eyes are at one place.
    """
    right, left = (points[:, eye].mean(axis=1) for eye in _EYES)
    length = np.linalg.norm(left - right, axis=1, keepdims=True)
    across = (left - right) / np.where(length > 0, length, np.nan)
    return across, np.stack((across[:, 1], -across[:, 0]), axis=1)  # y is down: up is (0, -1) of a face that is upright


def _along(points: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """(N, P, 2) pixels and (N, 2) unit vectors -> (N, P) pixels in that direction."""
    return np.einsum("npk,nk->np", points, axis)


def _distance(points: np.ndarray, first: list[int], second: list[int]) -> np.ndarray:
    """(N, 68, 2) pixels -> (N,) the mean distance of the pairs."""
    return np.linalg.norm(points[:, first] - points[:, second], axis=2).mean(axis=1)
