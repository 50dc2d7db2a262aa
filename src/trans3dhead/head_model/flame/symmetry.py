"""The mirror image of a mesh in itself: which vertex of the right half is which of the left."""

import numpy as np

_TRIES = 60  # vertices of each connected part from which a walk is tried
_ODDITY = 0.006  # metres, the largest median distance of mirrored vertices from their partners

Edge = tuple[int, int]


def mirror_of(template: np.ndarray, triangles: np.ndarray) -> np.ndarray | None:
    """(V,) int64: the vertex that the mirror x -> -x brings onto each vertex, or None where the mesh has no symmetry.

    template: (V, 3) metres; triangles: (F, 3). The pairs follow from the connections: the two triangles at an edge
    and those at its mirror image determine each other, so one pair of edges determines a whole connected part.
    Positions only propose that first pair, and tell whether what comes of it is a mirror in x.
    """
    third = _third_corners(triangles)
    parts = _parts(len(template), triangles)
    flipped = template * [-1.0, 1.0, 1.0]
    mirror = np.arange(len(template))
    for part in np.unique(parts[triangles[:, 0]]):
        rows = np.flatnonzero(parts == part)
        pairs = _mirrored_part(rows, template, flipped, third)
        if pairs is None:
            return None
        mirror[list(pairs)] = list(pairs.values())
    return mirror if (mirror[mirror] == np.arange(len(mirror))).all() else None


def _third_corners(triangles: np.ndarray) -> dict[Edge, int]:
    """The third corner of the triangle to the left of each directed edge."""
    third = {}
    for a, b, c in triangles.tolist():
        third[a, b], third[b, c], third[c, a] = c, a, b
    return third


def _parts(vertices: int, triangles: np.ndarray) -> np.ndarray:
    """(V,) the least vertex of the connected part of each vertex."""
    part = np.arange(vertices)
    while True:
        lowest = part[triangles].min(axis=1)
        least = part.copy()
        for corner in range(3):
            np.minimum.at(least, triangles[:, corner], lowest)
        if (least == part).all():
            return part
        part = least


def _mirrored_part(
    rows: np.ndarray, template: np.ndarray, flipped: np.ndarray, third: dict[Edge, int]
) -> dict[int, int] | None:
    """Partners of the vertices `rows` of one connected part, on whichever part they lie."""
    neighbours: dict[int, list[int]] = {}
    for first, second in third:
        neighbours.setdefault(first, []).append(second)
    for start in rows[:: max(1, len(rows) // _TRIES)].tolist():
        image = _nearest(flipped[start], template, list(neighbours))
        for end in neighbours[start]:
            other = _nearest(flipped[end], template, neighbours[image])
            pairs = _walk((start, end), (image, other), third)
            if pairs is not None and len(pairs) == len(rows) and _is_mirror(pairs, template, flipped):
                return pairs
    return None


def _nearest(point: np.ndarray, template: np.ndarray, candidates: list[int]) -> int:
    return candidates[int(np.square(template[candidates] - point).sum(axis=1).argmin())]


def _walk(edge: Edge, image: Edge, third: dict[Edge, int]) -> dict[int, int] | None:
    """All pairs that follow from one pair of directed edges, or None where they contradict each other.

    A mirror turns triangles over: what lies to the left of an edge lies to the right of its image.
    """
    pairs = dict(zip(edge, image, strict=True))
    waiting, seen = [edge], set()
    while waiting:
        a, b = waiting.pop()
        if (a, b) in seen:
            continue
        seen |= {(a, b), (b, a)}
        for p, q in ((a, b), (b, a)):
            here, there = third.get((p, q)), third.get((pairs[q], pairs[p]))
            if here is None and there is None:
                continue  # a border
            if here is None or there is None or pairs.setdefault(here, there) != there:
                return None
            waiting += [(q, here), (here, p)]
    return pairs if len(set(pairs.values())) == len(pairs) else None


def _is_mirror(pairs: dict[int, int], template: np.ndarray, flipped: np.ndarray) -> bool:
    rows, partners = np.array(list(pairs)), np.array(list(pairs.values()))
    return float(np.median(np.linalg.norm(flipped[rows] - template[partners], axis=1))) < _ODDITY
