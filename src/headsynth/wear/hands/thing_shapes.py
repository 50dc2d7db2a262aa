"""Shapes of things that hands hold: bevelled boxes, bars along the thumb's side, vessels; metres, hand space.

The proportions of a vessel's wall are by eye.
"""

import numpy as np

from headsynth.wear.solids import Solid, revolved


def box(centre: tuple[float, float, float], half: tuple[float, float, float], bevel: float) -> Solid:
    """A box with bevelled edges: a superellipsoid of low order would look like soap."""
    sign = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
    reach = np.asarray(half, np.float64)
    corners = np.concatenate([sign * (reach - bevel * (1.0 - np.eye(3)[axis])) for axis in range(3)])
    return _hull(corners + centre)


def _hull(points: np.ndarray) -> Solid:
    """The convex hull of 24 corners of a bevelled box, by their order."""
    triangles: list[tuple[int, int, int]] = []
    middle = points.mean(axis=0)

    def face(*corners: int) -> None:
        a, b, c = (points[corner] for corner in corners[:3])
        turned = corners if np.cross(b - a, c - a) @ ((a + b + c) / 3.0 - middle) > 0 else corners[::-1]
        triangles.extend((turned[0], turned[i], turned[i + 1]) for i in range(1, len(turned) - 1))

    number = {bits: bits[0] * 4 + bits[1] * 2 + bits[2] for bits in np.ndindex(2, 2, 2)}
    for axis in range(3):
        first, second = (axis + 1) % 3, (axis + 2) % 3
        for end in (0, 1):
            ring = []
            for p, q in ((0, 0), (0, 1), (1, 1), (1, 0)):
                bits = [0, 0, 0]
                bits[axis], bits[first], bits[second] = end, p, q
                ring.append(8 * axis + number[tuple(bits)])
            face(*ring)
            for other in (0, 1):  # the bevel between the sides `axis` and `first`
                low, high = [0, 0, 0], [0, 0, 0]
                low[axis] = high[axis] = end
                low[first] = high[first] = other
                high[second] = 1
                one, two = number[tuple(low)], number[tuple(high)]
                face(8 * axis + one, 8 * axis + two, 8 * first + two, 8 * first + one)
    for corner in range(8):
        face(corner, 8 + corner, 16 + corner)
    return Solid(points, np.array(triangles, np.int32), np.zeros((len(points), 2)))


def bar(profile: list[tuple[float, float]], y: float, z: float, around: int = 24) -> Solid:
    """(radius, x) pairs in metres turned about the line along the thumb's side through (y, z)."""
    upright = revolved(np.array(profile), around)
    return upright.moved(np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), np.array([0.0, y, z]))


def vessel(radius: float, height: float, wall: float) -> list[tuple[float, float]]:
    """Outside up, over the rim, inside down."""
    low, high = -height / 2.0, height / 2.0
    return [
        (0.001, low), (0.88 * radius, low), (0.92 * radius, low + 0.001), (0.94 * radius, low + 0.005),
        (0.95 * radius, low + 0.012), (radius, high - 0.002), (radius - wall / 2, high),
        (radius - wall, high - 0.002), (0.9 * radius - wall, low + 0.006), (0.001, low + 0.006),
    ]  # fmt: skip
