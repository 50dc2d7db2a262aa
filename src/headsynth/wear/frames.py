"""The geometry of glasses: outlines of lenses, rims, bridges, temples, goggles.

Forms and measures are by eye.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from headsynth.people.person import Body
from headsynth.wear.hull import Hull
from headsynth.wear.sites import Sites
from headsynth.wear.solids import Solid, surface, tube

AROUND = 36  # corners of a rim
_HALF_RIM = 0.25  # of a lens' half height, over its middle: where a half rim ends


@dataclass(frozen=True)
class FrameStyle:
    """The form of a pair: ranges from which it is drawn."""

    wide: tuple[float, float]  # half width of a lens over the distance of the eyes
    high: tuple[float, float]  # height of a lens over its width
    power: tuple[float, float]  # of the superellipse: 2 round, 5 nearly square
    wrap: tuple[float, float]  # degrees by which a lens is turned outwards
    taper: tuple[float, float] = (0.0, 0.12)  # how much narrower it is below
    lift: float = 0.0  # of the upper outer corner, over the half height
    drop: float = 0.0  # of the lower middle outwards, over the half width


STYLES = {
    "rectangle": FrameStyle((0.38, 0.45), (0.5, 0.68), (3.2, 5.0), (2.0, 8.0)),
    "square": FrameStyle((0.39, 0.47), (0.72, 0.9), (2.6, 3.8), (2.0, 7.0), (0.05, 0.2)),
    "round": FrameStyle((0.33, 0.42), (0.88, 1.0), (2.0, 2.3), (1.0, 6.0), (0.0, 0.03)),
    "oval": FrameStyle((0.36, 0.42), (0.62, 0.78), (2.0, 2.6), (2.0, 8.0), (0.0, 0.05)),
    "aviator": FrameStyle((0.43, 0.49), (0.8, 0.92), (2.2, 2.6), (4.0, 10.0), (0.16, 0.28), 0.0, 0.12),
    "cat-eye": FrameStyle((0.40, 0.47), (0.62, 0.8), (2.4, 3.0), (3.0, 8.0), (0.1, 0.2), 0.38),
    "large": FrameStyle((0.46, 0.52), (0.85, 0.98), (2.3, 3.0), (4.0, 10.0), (0.05, 0.15)),
    "sport": FrameStyle((0.47, 0.52), (0.5, 0.62), (2.4, 3.2), (16.0, 24.0), (0.15, 0.3), -0.1, 0.1),
}


@dataclass(frozen=True)
class Frame:
    """The measures of one pair of glasses, metres, head space."""

    centre: np.ndarray  # (3,) of the left lens; the right one is its mirror image
    half: np.ndarray  # (2,) half width and half height of a lens
    power: float
    wrap: float  # radians
    taper: float
    lift: float
    drop: float
    rim: float  # radius of the rims
    kind: str  # full, half or rimless
    ends: np.ndarray  # (4, 3) the left temple from beside the eye over the ear to behind it
    tall: float  # height of the temples over their thickness

    @cached_property
    def outline(self) -> np.ndarray:
        """(AROUND, 3) the left lens' edge, from its outer corner over the top."""
        angle = np.arange(AROUND) * (2.0 * np.pi / AROUND)
        cosine, sine = np.cos(angle), np.sin(angle)
        x = np.sign(cosine) * np.abs(cosine) ** (2.0 / self.power)
        y = np.sign(sine) * np.abs(sine) ** (2.0 / self.power)
        low = np.clip(-y, 0.0, 1.0)
        x = x * (1.0 + self.taper * np.where(y > 0.0, 0.25 * y, y)) + self.drop * low * (1.0 - 0.5 * np.abs(x))
        y = y + self.lift * np.clip(x, 0.0, None) ** 3 * (0.35 + 0.65 * np.clip(y, 0.0, 1.0))
        x, y = x * self.half[0], y * self.half[1]
        return self.centre + np.stack((x * np.cos(self.wrap), y, -x * np.sin(self.wrap) - 4.0 * x * x), axis=1)

    def rims(self) -> list[Solid]:
        """The solids of rims, nose pads, temples and bridge."""
        solids = []
        for solid in (*self._edge(), self._temple(), *self._pad()):
            solids += [solid, solid.mirrored()]
        return [*solids, *self._bridge()]

    def lenses(self) -> list[Solid]:
        """Both, bulging by two millimetres; uvs: from the middle in half widths and heights."""
        lens = _lens(self.outline, self.centre, self.half)
        return [lens, lens.mirrored()]

    def _edge(self) -> list[Solid]:
        if self.kind == "full":
            return [tube(self.outline, self.rim, 7, closed=True)]
        if self.kind == "half":
            upper = np.flatnonzero(self.outline[:, 1] > self.centre[1] - _HALF_RIM * self.half[1])
            order = np.argsort((upper + AROUND // 4) % AROUND)
            return [tube(self.outline[upper[order]], self.rim, 7)]
        return []

    def _corner(self) -> np.ndarray:
        """(3,) where the temple leaves the left lens."""
        return self.outline[2 if self.kind == "rimless" else 3]

    def _temple(self) -> Solid:
        corner = self._corner()
        radius = max(0.55 * self.rim, 0.0007)
        side = max(corner[0] + 0.003, self.ends[0, 0])
        hinge = np.array([side, corner[1], corner[2] - 0.006])
        path = np.vstack((corner, 0.3 * corner + 0.7 * hinge + [0.001, 0.0, 0.0025], hinge, self.ends))
        flat = np.array([radius] * len(path))
        return tube(path, flat, 8, flat=self.tall)

    def _pad(self) -> list[Solid]:
        """A thin frame's arm to the side of the nose."""
        if self.rim > 0.0016:
            return []
        start = self.outline[AROUND // 2 + 3]
        pad = start + np.array([-0.003, -0.002, -0.006])
        pads = np.stack(
            (
                start,
                0.5 * (start + pad) + np.array([-0.001, 0.001, -0.002]),
                pad,
                pad + np.array([0.001, -0.008, -0.001]),
            )
        )
        return [tube(pads, np.array([0.0006, 0.0006, 0.0014, 0.0012]), 5)]

    def _bridge(self) -> list[Solid]:
        inner = self.outline[AROUND // 2 - 4]
        if inner[0] < 0.001:
            return []
        angle = np.linspace(0.0, np.pi, 9)
        x = inner[0] * np.cos(angle)
        rise = min(0.004, 0.3 * inner[0]) * np.sin(angle)
        solids = [tube(np.stack((x, inner[1] + rise, inner[2] + rise), axis=1), max(self.rim, 0.001), 6)]
        if self.drop > 0.0 and self.wrap < 0.2:  # the second bar of an aviator's
            top = self.outline[AROUND // 2 - 7]
            bar = np.array([top, top * [0.0, 1.0, 1.0] + [0.0, 0.001, 0.003], top * [-1.0, 1.0, 1.0]])
            solids.append(tube(bar, max(0.8 * self.rim, 0.0008), 6))
        return solids


def measure(
    rng: np.random.Generator, sites: Sites, body: Body, eyes: np.ndarray, style: FrameStyle, rim: float
) -> Frame:
    """Fit a pair to a face. eyes: (2, 3) the middles of the left and the right eyeball."""
    points = body.posed
    skin = points[sites.skull]
    middle, apart = eyes.mean(axis=0), float((eyes[0] - eyes[1])[0])
    width = apart * rng.uniform(*style.wide)
    half = np.array([width, width * rng.uniform(*style.high)])
    x, y = max(apart / 2.0 * rng.uniform(1.0, 1.08), width + 0.007), middle[1] - rng.uniform(-0.001, 0.005)
    near = np.abs(np.abs(skin[:, 0] - middle[0]) - x) < half[0] * 0.9
    near &= (np.abs(skin[:, 1] - y) < half[1]) & (np.abs(skin[:, 0] - middle[0]) > 0.014) & (skin[:, 2] > eyes[0, 2])
    front = eyes[0, 2] + 0.012
    z = np.clip(skin[near, 2].max(initial=front), front + 0.004, front + 0.016) + rng.uniform(0.001, 0.004) + rim
    ears = [0.5 * (points[pair[0]] + points[pair[1]] * [-1.0, 1.0, 1.0]) for pair in (sites.ear_root, sites.ear_top)]
    root, top = ears
    over = np.array([root[0] + 0.003, 0.55 * root[1] + 0.45 * top[1] + 0.002, root[2] - 0.004])
    beside = np.abs(skin[:, 1] - 0.5 * (y + over[1])) < 0.014
    path = []
    for share in (0.25, 0.65):
        depth = z - 0.012 + share * (over[2] - z + 0.012)
        here = beside & (np.abs(skin[:, 2] - depth) < 0.014)
        least = np.abs(skin[here, 0] - middle[0]).max(initial=0.0) + 0.0025
        path.append(
            [
                max(least, (1 - share) * (x + half[0]) + share * over[0]),
                y + 0.3 * half[1] + share * (over[1] - y - 0.3 * half[1]),
                depth,
            ]
        )
    behind = np.array([over[0] + 0.001, over[1] - 0.006, top[2] - 0.008])
    ends = np.vstack((path, over, behind, behind + np.array([-0.003, -0.026, -0.012])))
    kind = ("full", "half", "rimless")[rng.choice(3, p=[0.8, 0.12, 0.08])] if rim < 0.0016 else "full"
    wrap, taper = np.deg2rad(rng.uniform(*style.wrap)), rng.uniform(*style.taper)
    tall = rng.uniform(1.2, 2.0) if rim < 0.0014 else rng.uniform(2.0, 4.0)
    centre = np.array([x, y, z])
    return Frame(centre, half, rng.uniform(*style.power), wrap, taper, style.lift, style.drop, rim, kind, ends, tall)


def _lens(outline: np.ndarray, centre: np.ndarray, half: np.ndarray) -> Solid:
    """A lens of three rings about its middle, from the outline (AROUND, 3) inwards."""
    middle = outline.mean(axis=0) + np.array([0.0, 0.0, 0.002])
    rings = [
        middle + share * (outline - middle) + [0.0, 0.0, 0.002 * (1.0 - share**2) - 0.002 * (1.0 - share)]
        for share in (1.0, 0.66, 0.33, 0.01)
    ]
    solid = surface(np.stack(rings), around=True)
    return Solid(solid.vertices, solid.triangles, (solid.vertices - centre)[:, :2] / half)


def goggles(
    rng: np.random.Generator, sites: Sites, body: Body, eyes: np.ndarray
) -> tuple[list[Solid], list[Solid], list[Solid]]:
    """For skiing: frame, lens and strap; a wide window that stands off the face, a strap about the head."""
    points = body.posed
    skull = points[sites.skull]
    middle = eyes.mean(axis=0)
    near = skull[np.abs(skull[:, 1] - middle[1]) < 0.045]
    hull = Hull.of(near, np.array([middle[0], middle[1], 0.0]), lowest=-0.9)
    angle = np.arange(44) * (2.0 * np.pi / 44)
    across = rng.uniform(0.95, 1.08) * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.7
    up = rng.uniform(0.038, 0.046) * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.7
    up = up - 0.012 * np.exp(-np.square(across / 0.22)) * (up < 0.0) * -1.0

    def at(scale: float, gap: float) -> np.ndarray:
        towards = np.stack((np.sin(scale * across), 0.0 * across, np.cos(scale * across)), axis=1)
        reach = hull.radius(towards) + gap
        return hull.centre + reach[:, None] * towards + np.stack((0.0 * up, scale * up, 0.0 * up), axis=1)

    frame = surface(
        np.stack([at(1.0, 0.0025), at(1.03, 0.010), at(1.02, 0.019), at(0.94, 0.022), at(0.9, 0.02)]), around=True
    )
    lens = surface(
        np.stack([at(scale, 0.0195 + 0.004 * (1.0 - scale)) for scale in (0.95, 0.7, 0.4, 0.15, 0.01)]), around=True
    )
    turn = np.linspace(0.95, 2.0 * np.pi - 0.95, 40)
    towards = np.stack((np.sin(turn), 0.18 * (1.0 - np.cos(turn - 0.95)) * 0.5, np.cos(turn)), axis=1)
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    ears = points[np.concatenate((sites.skull, *sites.ears))]
    all_round = Hull.of(ears[np.abs(ears[:, 1] - middle[1]) < 0.06], hull.centre, lowest=-0.9)
    rows = []
    for height, gap in ((0.016, 0.002), (-0.016, 0.002), (-0.016, 0.0045), (0.016, 0.0045), (0.016, 0.002)):
        rows.append(hull.centre + (all_round.radius(towards) + gap)[:, None] * towards + [0.0, height, 0.0])
    return [frame], [lens], [surface(np.stack(rows))]
