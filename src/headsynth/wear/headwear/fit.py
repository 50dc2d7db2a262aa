"""How a hat sits on one head: its rim, the hull of the skull beneath, and the hair that it presses down.

Gaps and reaches are by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from headsynth.people.person import Body, Person
from headsynth.rendering.scene import Part
from headsynth.wear.accessory import Accessory
from headsynth.wear.hull import Hull
from headsynth.wear.sites import Sites
from headsynth.wear.solids import Solid, surface

COLUMNS = 48  # corners of a rim
_PRESSED = 0.07  # metres below the rim over which hair finds back to its own shape
_MARGIN = 0.03  # metres below the rim from which on skin counts for the hull
_SKIN_GAP = 0.0012  # metres between skin and the inside of a hat
_EVERYWHERE = np.linspace(0.0, 2.0 * np.pi, 24)  # azimuths
_BELOW = 0.004  # metres by which the ears stay clear of a rim above them


@dataclass(frozen=True)
class Fit:
    """A hat's rim about a head: heights over `hull.centre` by azimuth, 0 at the face, growing to the head's left."""

    hull: Hull
    waves: np.ndarray  # (4,) metres: height = a + b cos + c cos 2 + d sin
    turn: float  # radians, azimuth of the hat's front
    gap: float  # metres from the skull to the outside of the hat
    tall: float | None = None  # metres from the rim to the upper edge of a band; None: closed above

    @classmethod
    def of(
        cls,
        sites: Sites,
        body: Body,
        front: float,
        back: float,
        gap: float,
        side: float | None = None,
        roll: float = 0.0,
        turn: float = 0.0,
        tall: float | None = None,
    ) -> "Fit":
        """front: metres of the rim above the brows; back and side: above the tops of the ears; roll: metres by which
        the left is higher. Without `side` the rim is flat, and raised until it clears the ears.
        """
        points = body.posed
        ears = points[np.concatenate(sites.ears)]
        top = float(points[list(sites.ear_top), 1].mean())
        skull = points[sites.skull]
        ahead, behind = skull[skull[:, 1] > top, 2].max(), skull[skull[:, 1] > top, 2].min()
        centre = np.array([points[list(sites.ear_top), 0].mean(), top, 0.5 * (ahead + behind)])
        brow = float(points[sites.brow, 1]) - top
        high, low = brow + front, back
        over_ears = side is not None
        mean, swing = 0.5 * (high + low), 0.5 * (high - low)
        bend = 0.0 if side is None else 0.5 * (mean - side)
        waves = np.array([mean - bend, swing, bend, roll])
        if not over_ears:
            arm = ears - centre
            short = float((arm[:, 1] - _height(waves, np.arctan2(arm[:, 0], arm[:, 2]))).max()) + _BELOW
            waves[0] += max(short, 0.0)
        under = np.concatenate((skull, ears)) if over_ears else skull
        under = under[under[:, 1] > top + _height(waves, _EVERYWHERE).min() - _MARGIN]
        return cls(Hull.of(under, centre, lowest=-0.4), waves, turn, gap, tall)

    def height(self, azimuth: np.ndarray) -> np.ndarray:
        """Metres over the hull's centre, by the head's azimuth."""
        return _height(self.waves, azimuth)

    @cached_property
    def azimuth(self) -> np.ndarray:
        """(COLUMNS,) from the hat's own front; the first lies behind, where a seam does."""
        return np.pi + np.arange(COLUMNS) * (2.0 * np.pi / COLUMNS)

    @cached_property
    def ahead(self) -> np.ndarray:
        """(COLUMNS,) -1 behind to 1 at the hat's front."""
        return np.cos(self.azimuth)

    @cached_property
    def outward(self) -> np.ndarray:
        """(COLUMNS, 3) unit vectors in the rim's level, away from the head's axis."""
        head = self.azimuth + self.turn
        return np.stack((np.sin(head), np.zeros(COLUMNS), np.cos(head)), axis=1)

    def elevation(self, above: float | np.ndarray = 0.0) -> np.ndarray:
        """(COLUMNS,) radians over the level of the centre of the rim, or of a line `above` it by metres."""
        height = self.height(self.azimuth + self.turn) + above
        angle = height / 0.1
        for _ in range(4):
            angle = np.arcsin(np.clip(height / self.hull.radius(self._towards(angle)), -0.98, 0.98))
        return angle

    def _towards(self, elevation: np.ndarray) -> np.ndarray:
        """(..., COLUMNS) -> (..., COLUMNS, 3) unit directions."""
        level = np.cos(elevation)[..., None] * self.outward
        return level + np.sin(elevation)[..., None] * np.array([0.0, 1.0, 0.0])

    def dome(self, rows: int, extra: np.ndarray | float = 0.0) -> np.ndarray:
        """(rows + 2, COLUMNS, 3) points from inside the rim over it to the top, `gap + extra` (rows, COLUMNS) metres
        outside of the hull.
        """
        share = np.linspace(0.0, 1.0, rows)[:, None]
        elevation = self.elevation() * (1.0 - share) + 0.4999 * np.pi * share
        towards = self._towards(elevation)
        reach = self.hull.radius(towards)
        outside = self.hull.centre + (reach + self.gap + extra)[..., None] * towards
        inside = self.hull.centre + (reach[1::-1] + _SKIN_GAP)[..., None] * towards[1::-1]
        return np.concatenate((inside, outside))

    def band(self, low: float | np.ndarray, high: float | np.ndarray, inner: float, outer: float) -> Solid:
        """A closed ring between two heights above the rim, two distances from the hull; metres."""
        middle = (np.asarray(low) + np.asarray(high)) / 2.0
        heights = (high, middle, low, low, low, middle, high, high, high)
        edge, half = outer - 0.0008, 0.5 * (inner + outer)
        gaps = (inner, inner, inner, half, edge, outer, edge, half, inner)
        rows = []
        for above, gap in zip(heights, gaps, strict=True):
            towards = self._towards(self.elevation(above))
            rows.append(self.hull.centre + (self.hull.radius(towards) + gap)[:, None] * towards)
        return surface(np.stack(rows), around=True)

    @cached_property
    def rim(self) -> np.ndarray:
        """(COLUMNS, 3) metres, head space: the outer edge."""
        towards = self._towards(self.elevation())
        return self.hull.centre + (self.hull.radius(towards) + self.gap)[:, None] * towards

    @cached_property
    def up(self) -> np.ndarray:
        """(3,) unit, out of the rim's plane."""
        rim = self.rim
        normal = np.linalg.svd(rim - rim.mean(axis=0))[2][2]
        return normal * np.sign(normal[1])

    def above(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) -> (N,) metres above the rim at their azimuth."""
        arm = points - self.hull.centre
        return arm[:, 1] - self.height(np.arctan2(arm[:, 0], arm[:, 2]))

    def cover(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) metres, head space -> (N,) bool: whether each point is beneath the hat."""
        return self.above(points) > 0.0

    def press(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Hair above the rim goes beneath the hat, hair below it comes in to the rim; see Lid."""
        above = self.above(points)
        arm = points - self.hull.centre
        length = np.maximum(np.linalg.norm(arm, axis=1), 1e-6)
        away = arm / length[:, None]
        hidden, result = above > 0.0, points.copy()
        beneath = self.hull.radius(away[hidden]) + 0.5 * min(self.gap, 0.006)
        room = 0.0
        if self.tall is not None:
            room = (
                np.maximum(length[hidden] - beneath, 0.0) * np.clip((above[hidden] - self.tall) / _PRESSED, 0, 1) ** 0.7
            )
        result[hidden] = self.hull.centre + away[hidden] * np.minimum(length[hidden], beneath + room)[:, None]
        below = np.flatnonzero((above <= 0.0) & (above > -_PRESSED))
        head = np.arctan2(arm[below, 0], arm[below, 2])
        rim = self.rim - self.hull.centre
        order = np.argsort(np.arctan2(rim[:, 0], rim[:, 2]), kind="stable")
        reach = np.hypot(rim[:, 0], rim[:, 2])[order] - 0.5 * min(self.gap, 0.006)
        reach = np.interp(head, np.arctan2(rim[:, 0], rim[:, 2])[order], reach, period=2.0 * np.pi)
        level = np.maximum(np.hypot(arm[below, 0], arm[below, 2]), 1e-6)
        free = np.clip(-above[below] / _PRESSED, 0.0, 1.0) ** 0.7
        factor = np.minimum(reach + np.maximum(level - reach, 0.0) * free, level) / level
        result[below] = self.hull.centre + arm[below] * np.stack((factor, np.ones_like(factor), factor), axis=1)
        return result, hidden & (self.tall is None)


def _height(waves: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
    a, b, c, d = waves
    return a + b * np.cos(azimuth) + c * np.cos(2.0 * azimuth) + d * np.sin(azimuth)


def worn(kind: str, fit: Fit, person: Person, parts: Sequence[Part]) -> Accessory:
    """A hat of some parts that covers all hair above its fit's rim."""
    return Accessory(kind, tuple(parts), fit.cover(person.body.posed), fit)


def roll(rng: np.random.Generator) -> float:
    """Metres by which the left of a rim is higher."""
    return float(np.clip(rng.normal(0.0, 0.003), -0.008, 0.008))
