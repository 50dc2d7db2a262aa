"""Bodies below the chest, where the base mesh ends: torso, legs, forearms and hands, lofted in the person's measures.

Torso space: the template's axes with the shoulders upright: x to the person's left, y up, z ahead, metres.

Joints are read off the template; proportions, statures and girths are about those of adults and children, by eye.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from headsynth.people.base_mesh import SKIN, BaseMesh
from headsynth.rendering.vectors import smoothstep
from headsynth.wear.solids import Solid, ellipsoid, surface, tube

SHOULDER = np.array([0.158, -0.175, -0.03])  # metres, the template's left shoulder joint
_ELBOWS = 0.325, -0.40  # metres: beyond this |x| and below this y of the template an upper arm ends
CHEST = -0.372  # metres, torso space: the height at which the lofted torso takes over
_AROUND = 28
_TRUNK = 0.19  # metres of the template, |x| within which the skin there is the trunk's


@dataclass(frozen=True)
class Arm:
    """How an arm is held."""

    lowered: float  # degrees from the template's raised arm down to the side; negative: raised further
    ahead: float  # degrees by which the upper arm is swung forwards
    forearm: tuple[float, float, float]  # its direction, of a left arm, torso space


@dataclass(frozen=True)
class Build:
    """Measures of one person, metres, torso space."""

    stature: float
    top: float  # y of the top of the head
    weight: float  # factor on the girth of waist, hips and limbs
    chest: np.ndarray  # (4,) half width, half depth, x and z of the middle where the lofted torso begins
    outline: np.ndarray  # (_AROUND,) metres from that middle to the cloth, by angle from z to x

    @property
    def ground(self) -> float:
        """Y of the ground under somebody who stands."""
        return self.top - self.stature

    @property
    def scale(self) -> float:
        """The size of limbs, over an adult's."""
        return self.stature / 1.72


def stature(age: float, female: float, rng: np.random.Generator) -> float:
    """The height of a person, metres; age: years, female: 0..1."""
    adult = rng.normal(1.77 - 0.13 * female, 0.065)
    return float(np.clip(adult * np.interp(age, [2, 5, 9, 13, 17], [0.52, 0.64, 0.79, 0.92, 1.0]), 0.8, 2.05))


def with_arms(mesh: BaseMesh, posed: np.ndarray, arms: tuple[Arm, Arm]) -> np.ndarray:
    """(V, 3) the base mesh, shoulders upright, with its upper arms swung; left, right."""
    moved = posed.copy()
    template = mesh.template
    edge = 0.112 + 0.42 * np.maximum(-0.17 - template[:, 1], 0.0)
    weights = smoothstep(np.abs(template[:, 0]) - edge, 0.0, 0.075) * (mesh.neck.weights > 0.99)
    for side, arm in zip((1.0, -1.0), arms, strict=True):
        rows = np.flatnonzero((weights > 0.0) & (template[:, 0] * side > 0.0))
        centre = (SHOULDER * [side, 1.0, 1.0]).astype(np.float32)
        points = _turned(posed[rows] - centre, weights[rows], -side * arm.lowered, 2)
        moved[rows] = _turned(points, weights[rows], -arm.ahead, 0) + centre
    return moved


def _turned(points: np.ndarray, weights: np.ndarray, degrees: float, axis: int) -> np.ndarray:
    """(N, 3) each turned about an axis by its own share of an angle."""
    angle = weights * np.float32(np.deg2rad(degrees))
    cosine, sine = np.cos(angle), np.sin(angle)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turned = points.copy()
    turned[:, first] = cosine * points[:, first] - sine * points[:, second]
    turned[:, second] = sine * points[:, first] + cosine * points[:, second]
    return turned


def elbows(mesh: BaseMesh, body: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """The middle (3,) and the radius of the end of each upper arm, left and right. body: (V, 3) torso space."""
    template = mesh.template
    found = []
    for side in (1.0, -1.0):
        rows = (template[:, 0] * side > _ELBOWS[0]) & (template[:, 1] < _ELBOWS[1]) & (mesh.neck.weights > 0.99)
        ends = body[rows & (template[:, 1] < -0.43)]
        middle = ends.mean(axis=0)
        found.append((middle.astype(np.float64), float(np.linalg.norm(ends - middle, axis=1).mean())))
    return found


def chest_of(mesh: BaseMesh, body: np.ndarray, off: float) -> tuple[np.ndarray, np.ndarray]:
    """Where the lofted torso begins: (4,) half width, half depth, x and z of the middle; and (_AROUND,) the outline.

    body: (V, 3) the base mesh, torso space; off: metres of the cloth above the skin. The outline is the distance from
    the middle, by angle from z to x.
    """
    near = body[_chest_rows(mesh)].astype(np.float64)
    low, high = near[:, [0, 2]].min(axis=0), near[:, [0, 2]].max(axis=0)
    middle, half = (high + low) / 2.0, (high - low) / 2.0 + off
    offset = near[:, [0, 2]] - middle
    column = np.floor(np.arctan2(offset[:, 0], offset[:, 1]) / (2.0 * np.pi) * _AROUND + 0.5).astype(int) % _AROUND
    reach: np.ndarray = np.zeros(_AROUND)
    np.maximum.at(reach, column, np.hypot(*offset.T))
    known = np.flatnonzero(reach > 0.0)
    reach = np.interp(np.arange(_AROUND), known, reach[known], period=_AROUND) + off
    return np.concatenate((half, middle)), 0.25 * np.roll(reach, 1) + 0.5 * reach + 0.25 * np.roll(reach, -1)


@lru_cache(maxsize=2)
def _chest_rows(mesh: BaseMesh) -> np.ndarray:
    """The vertices of the trunk, without the arms, about where it ends."""
    template, skin = mesh.template, mesh.pieces[SKIN].rows
    near = (np.abs(template[skin, 1] - CHEST) < 0.03) & (np.abs(template[skin, 0]) < _TRUNK)
    return skin[near]


def lofted(rings: np.ndarray, around: int = _AROUND, square: float = 2.5) -> Solid:
    """A closed body of (N, 5) rings from below to above: x, y, z of the middle, half width, half depth.

    square: 2 for ellipses, more for rounder corners.
    """
    angle = np.arange(around) * (2.0 * np.pi / around)
    x, z = (np.sign(value) * np.abs(value) ** (2.0 / square) for value in (np.sin(angle), np.cos(angle)))
    first, last = rings[:1].copy(), rings[-1:].copy()
    first[:, 3:] *= 0.02
    last[:, 3:] *= 0.02
    rings = np.concatenate((first, rings, last))
    points = np.stack(
        (
            rings[:, :1] + rings[:, 3:4] * x,
            np.repeat(rings[:, 1:2], around, axis=1),
            rings[:, 2:3] + rings[:, 4:] * z,
        ),
        axis=-1,
    )
    return surface(points, around=True)


def trunk(build: Build, seat: float, long: float = 0.0) -> Solid:
    """From the chest down to the seat at y = `seat`; long: metres that a coat or a loose shirt hangs lower."""
    width, depth, x, z = build.chest
    share = np.array([1.0, 0.86, 0.62, 0.40, 0.18, 0.0])  # of the way from the chest to the seat
    wide = np.array([0.96, 1.02, 1.0, 0.93, 0.97, 1.0])
    deep = np.array([1.0, 1.10, 1.06, 0.98, 0.98, 1.0])
    weight = 1.0 + (build.weight - 1.0) * np.array([1.0, 1.0, 1.0, 0.9, 0.4, 0.0])
    heights = CHEST - share * (CHEST - seat + long)
    heights[-1] += 0.03
    middles = np.full(6, x), heights, np.full(6, z)
    whole = lofted(np.column_stack((*middles, width * wide * weight, depth * deep * weight)))
    points = whole.vertices.reshape(8, _AROUND, 3).copy()
    for row, like in ((6, 1.0), (5, 0.75), (4, 0.25)):  # the chest's own outline, from above
        offset = points[row][:, [0, 2]] - [x, z]
        length = np.hypot(*offset.T)
        column = np.arctan2(offset[:, 0], offset[:, 1]) / (2.0 * np.pi) * _AROUND
        wanted = np.interp(column, np.arange(_AROUND), build.outline, period=_AROUND)
        points[row][:, [0, 2]] = [x, z] + offset * (1.0 + like * (wanted / length - 1.0))[:, None]
    return surface(points, around=True)


def skirt(build: Build, hips: float, hem: float, flare: float) -> Solid:
    """A closed skirt from the waist down to y = hem. hips: metres, torso space; flare: widths, below over above."""
    width, depth, x, z = build.chest
    rings = [
        [x, hem, z, width * flare, depth * flare * 1.15],
        [x, 0.5 * (hem + hips), z, width * (0.5 * flare + 0.55), depth * (0.6 * flare + 0.55)],
        [x, hips, z, width * 1.05 * build.weight, depth * 1.15 * build.weight],
        [x, hips + 0.12, z, width * 1.0, depth * 1.02],
    ]
    return lofted(np.array(rings))


def limb(points: np.ndarray, radii: np.ndarray, sides: int = 12) -> Solid:
    """A smooth limb through (N, 3) joints with (N,) radii, its ends closed by ellipsoids of the same solid."""
    at = np.linspace(0.0, len(points) - 1.0, 3 * len(points))
    index = np.arange(len(points))
    path = np.stack([np.interp(at, index, points[:, axis]) for axis in range(3)], axis=1)
    path[1:-1] = 0.25 * path[:-2] + 0.5 * path[1:-1] + 0.25 * path[2:]
    return tube(path, np.interp(at, index, radii), sides)


@dataclass(frozen=True)
class Legs:
    """Hips, knees and ankles, left and right, (2, 3) metres each, torso space."""

    hips: np.ndarray
    knees: np.ndarray
    ankles: np.ndarray

    @classmethod
    def standing(cls, build: Build, hips: float, rng: np.random.Generator) -> "Legs":
        """Legs of somebody who stands, a step apart; hips: their height, metres, torso space."""
        s, side = build.scale, np.array([1.0, -1.0])
        apart, step = rng.uniform(0.06, 0.15) * s, rng.normal(0.0, 0.10) * s * side
        z = build.chest[3]
        foot = build.ground + 0.08 * s
        high = np.full(2, hips)
        knee = foot + 0.52 * (hips - foot)
        columns = (0.085 * s * side, high, np.full(2, z))
        bent = (0.5 * (0.085 * s + apart) * side, np.full(2, knee), z + 0.5 * step + 0.03)
        low = (apart * side, np.full(2, foot), z + step - 0.02)
        return cls(*(np.column_stack(place) for place in (columns, bent, low)))

    @classmethod
    def sitting(cls, build: Build, hips: float, rng: np.random.Generator) -> "Legs":
        """Legs of somebody on a seat; hips: their height, metres, torso space."""
        s, side = build.scale, np.array([1.0, -1.0])
        apart, reach = rng.uniform(0.07, 0.2) * s, 0.42 * s
        z = build.chest[3] + 0.02
        knees = np.column_stack((apart * side, np.full(2, hips + 0.03), np.full(2, z + reach)))
        forth = rng.uniform(-0.12, 0.15) * s
        ankles = knees + np.array([0.0, -0.41 * s, forth])
        return cls(np.column_stack((0.085 * s * side, np.full(2, hips), np.full(2, z))), knees, ankles)

    def trousers(self, build: Build, ease: float, down_to: float = 1.0) -> list[Solid]:
        """down_to: share of the shanks that is covered; ease: factor on the radii."""
        s = build.scale * build.weight * ease
        found = []
        for hip, knee, ankle in zip(self.hips, self.knees, self.ankles, strict=True):
            end = knee + down_to * (ankle - knee)
            radius = np.interp(down_to, [0.0, 1.0], [0.068, 0.062])
            found.append(
                limb(np.stack((hip, 0.5 * (hip + knee), knee, end)), np.array([0.095, 0.083, 0.066, radius]) * s)
            )
        return found

    def bare(self, build: Build) -> list[Solid]:
        """Thighs and shanks without cloth, as solids in torso space."""
        s = build.scale * build.weight
        return [
            limb(np.stack((hip, knee, knee + 0.35 * (ankle - knee), ankle)), np.array([0.08, 0.052, 0.054, 0.036]) * s)
            for hip, knee, ankle in zip(self.hips, self.knees, self.ankles, strict=True)
        ]

    def shoes(self, build: Build) -> list[Solid]:
        """A shoe at each ankle, pointing ahead."""
        s = build.scale
        radii = np.array([0.048, 0.05, 0.13]) * s
        return [ellipsoid(ankle + np.array([0.0, -0.035, 0.06]) * s, radii, 8, 14) for ankle in self.ankles]
