"""Dense landmarks: which vertices of a head model stand for 191 and 445 points.

FLAME has them in DAD-3DHeads' files, and its converter in the subsets `landmarks_191` and `landmarks_445`. For any
other head model they are chosen here by the same parts of the head, evenly spread in each.
"""

from functools import lru_cache
from itertools import pairwise

import numpy as np

from trans3dhead.head_model import NumpyHeadModel
from trans3dhead.head_model.landmark_order import LANDMARK_STROKES

# How many points each part has.
PARTS: dict[int, dict[str, int]] = {
    191: {"brows": 30, "eyes": 40, "nose": 35, "lips": 44, "jaw": 42},
    445: {"brows": 44, "eyes": 64, "nose": 56, "lips": 68, "jaw": 60, "ears": 40, "skull": 113},
}
# Metres from the strokes of the 68 landmarks that belong to their part.
_NEAR = {"jaw": 0.008, "brows": 0.008, "nose": 0.012, "eyes": 0.010, "lips": 0.009}
_STEPS = 12  # points on each piece of a stroke


@lru_cache(maxsize=8)
def dense_points(head_model: NumpyHeadModel, count: int) -> np.ndarray:
    """(count,) vertex indices, fewer where a part of the mesh has not so many; count: 191 or 445.

    The 191 of a head model without subsets of its own are among its 445.
    """
    if count not in PARTS:
        raise ValueError(f"count: expected {' or '.join(map(str, PARTS))} points, got {count}")
    own = head_model.subsets.get(f"landmarks_{count}")
    if own is not None:
        return own
    parts = head_parts(head_model)
    chosen = [_spread_out(head_model.template, np.flatnonzero(parts == name), n) for name, n in PARTS[count].items()]
    return np.concatenate(chosen)


@lru_cache(maxsize=4)
def head_parts(head_model: NumpyHeadModel) -> np.ndarray:
    """(V,) the part of each vertex: brows, eyes, nose, lips or jaw near the landmarks of that name, ears, skull (what
    of the head is neither face nor ear), or "" for cheeks, forehead, neck, eyeballs and the inside of the mouth.
    """
    template, subsets = head_model.template, head_model.subsets
    with_ears = np.union1d(subsets["face"], subsets.get("face_with_ears", []))
    parts = np.full(len(template), "", dtype="U5")
    parts[np.intersect1d(subsets["head"], subsets.get("skin", subsets["head"]))] = "skull"
    parts[with_ears] = "ears"
    for name in ("face", "eyes", "mouth"):
        parts[subsets.get(name, [])] = ""
    strokes = _strokes(head_model)
    distances = np.stack([_distance(template[subsets["face"]], line) for line in strokes.values()])
    nearest = distances.argmin(axis=0)
    near = distances.min(axis=0) < np.array([_NEAR[name] for name in strokes])[nearest]
    parts[subsets["face"][near]] = np.array(list(strokes))[nearest[near]]
    return parts


def _strokes(head_model: NumpyHeadModel) -> dict[str, np.ndarray]:
    """For each part of the 68 landmarks (N, 3) points that lie close together on its strokes, metres, head space."""
    landmarks, share = head_model.landmarks(head_model.template), np.linspace(0.0, 1.0, _STEPS)[:, None]
    lines: dict[str, np.ndarray] = {}
    for part, strokes in LANDMARK_STROKES.items():
        pieces = []
        for first, last, closed in strokes:
            corners = landmarks[[*range(first, last + 1), *([first] if closed else [])]]
            pieces += [a + share * (b - a) for a, b in pairwise(corners)]
        lines[part] = np.concatenate(pieces)
    return lines


def _distance(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """(N, 3), (M, 3) -> (N,) from each point to the nearest of the line's."""
    return np.linalg.norm(points[:, None] - line[None], axis=-1).min(axis=1)


def _spread_out(template: np.ndarray, candidates: np.ndarray, count: int) -> np.ndarray:
    """Farthest-point sampling: `count` of the candidates, or all; the first few of more are those of fewer."""
    if len(candidates) <= count:
        return candidates
    points = template[candidates]
    chosen = [int(points[:, 1].argmax())]  # the highest; any that does not depend on the count would do
    left = np.full(len(candidates), np.inf)
    while len(chosen) < count:
        left = np.minimum(left, np.linalg.norm(points - points[chosen[-1]], axis=1))
        chosen.append(int(left.argmax()))
    return candidates[chosen]
