"""What is worn on and in the ears: which, and headphones, headsets and earbuds; `earrings` makes the others.

Shares and measures are by eye.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from headsynth.people.looks import any_colour
from headsynth.people.person import Body, Person
from headsynth.rendering.materials import Plain
from headsynth.wear.accessory import Accessory, Room
from headsynth.wear.earrings import at_both_ears, drops, hoops, studs
from headsynth.wear.headwear.hat_shapes import arch
from headsynth.wear.hull import Hull
from headsynth.wear.popularity import Popularity, choose_beside, popularities
from headsynth.wear.shell import SIDEWAYS, Shell
from headsynth.wear.sites import Sites
from headsynth.wear.solids import Solid, bent_to_shoulders, ellipsoid, joined, part, revolved, tube
from headsynth.wear.wardrobe import Wardrobe


@dataclass(frozen=True)
class Earwear:
    """One kind: who wears it, and how it is made."""

    popularity: Popularity
    make: Callable[[np.random.Generator, Wardrobe, Person, float], Accessory]  # the last: metres, see `make_kind`
    banded: bool = False  # held by a band over the head

    def fits(self, room: Room) -> bool:
        """Whether it goes with what is on the head already."""
        return room.at_ears and (room.for_band or not self.banded)


_OVER_HEADWEAR = 0.012  # metres by which what is on the head lifts a band


def distribution() -> dict[str, Any]:
    """How often each kind is worn, and by whom; see `popularities`."""
    return popularities(KINDS)


def make_earwear(rng: np.random.Generator, wardrobe: Wardrobe, person: Person, headwear: Accessory) -> Accessory:
    """Nothing for most heads. headwear: what is on the head already."""
    kind = choose_beside(rng, KINDS, person, headwear)
    return make_kind(kind, rng, wardrobe, person, _OVER_HEADWEAR if headwear.parts else 0.0)


def make_kind(
    kind: str, rng: np.random.Generator, wardrobe: Wardrobe, person: Person, raised: float = 0.0
) -> Accessory:
    """One of KINDS or "none". raised: metres by which a band is lifted by what is beneath it."""
    return Accessory() if kind == "none" else KINDS[kind].make(rng, wardrobe, person, raised)


def _headphones(kind: str, rng: np.random.Generator, wardrobe: Wardrobe, person: Person, raised: float) -> Accessory:
    sites, body = wardrobe.sites, person.body
    over = kind == "headphones" and rng.random() < 0.7  # around the ears, not on them
    radius = rng.uniform(0.036, 0.044) if over else rng.uniform(0.024, 0.031)
    single = kind == "headset" and rng.random() < 0.3
    cups, cushions, middles = [], [], []
    for side, ear in zip((1.0, -1.0), sites.ears, strict=True):
        points = body.posed[ear]
        centre = 0.5 * (points.min(axis=0) + points.max(axis=0))
        skull = float(np.abs(body.posed[sites.ear_root[0 if side > 0 else 1], 0]))
        outer = float(np.abs(points[:, 0]).max())
        base = skull + 0.002 if over else outer - 0.004
        reach = outer + (0.016 if over else 0.013)
        middle = np.array([side * base, centre[1] + 0.003, centre[2]])
        middles.append(middle + np.array([side * 0.75 * (reach - base), 0.0, 0.0]))
        if single and side < 0:
            continue
        cushions.append(_disc(_cushion(radius, reach - base, over), side, middle))
        cups.append(_disc(_cup(radius, reach - base), side, middle))
    band, arms = _band(rng, sites, body, middles, radius, raised)
    colour = any_colour(rng) * rng.choice([0.3, 1.0], p=[0.6, 0.4])
    plastic = Plain(colour, 0.035, 40.0, "soft")
    pad = Plain(any_colour(rng) * 0.2 if rng.random() < 0.6 else colour, 0.02, 14.0)
    place = body.placement
    parts = [part("cups", [*cups, *arms], place, plastic), part("cushions", cushions, place, pad)]
    parts.append(part("band", [band], place, pad if rng.random() < 0.3 else plastic))
    if kind == "headset" or rng.random() < 0.08:
        parts.append(
            part("microphone", _boom(rng, sites, body, middles[0]), place, Plain(np.full(3, 0.02), 0.03, 30.0))
        )
    lid = Shell.of(parts[:3], place, np.mean(middles, axis=0), SIDEWAYS, hides=False)
    return Accessory(kind, tuple(parts), lid=lid)


def _cushion(radius: float, depth: float, ring: bool) -> np.ndarray:
    """The profile (radii, distances from the head) of what touches the head."""
    inner = 0.55 * radius if ring else 0.05 * radius
    depth = 0.6 * depth
    return np.array(
        [
            [inner, depth],
            [inner, 0.3 * depth],
            [0.6 * inner + 0.4 * radius, 0.0],
            [0.9 * radius, 0.08 * depth],
            [radius, 0.35 * depth],
            [radius, 0.7 * depth],
            [0.95 * radius, depth],
        ]
    )


def _cup(radius: float, depth: float) -> np.ndarray:
    """The profile of the shell behind the cushion."""
    low = 0.55 * depth
    rest = depth - low
    return np.array(
        [
            [0.4 * radius, low],
            [0.93 * radius, low],
            [0.95 * radius, low + 0.3 * rest],
            [0.88 * radius, low + 0.75 * rest],
            [0.75 * radius, low + 0.95 * rest],
            [0.7 * radius, depth],
            [0.5 * radius, low + 0.94 * rest],
            [0.001, low + 0.97 * rest],
        ]
    )


def _disc(profile: np.ndarray, side: float, middle: np.ndarray) -> Solid:
    """A profile turned about an ear's axis, a fifth taller than wide."""
    solid = revolved(profile, 26)
    turn = np.array([[0.0, 1.0, 0.0], [1.15, 0.0, 0.0], [0.0, 0.0, -0.95]])  # the profile's axis becomes x
    placed = solid.moved(turn, np.zeros(3))
    if side < 0:
        placed = placed.mirrored()
    return placed.moved(np.eye(3), middle)


def _band(
    rng: np.random.Generator, sites: Sites, body: Body, middles: list[np.ndarray], radius: float, raised: float
) -> tuple[Solid, list[Solid]]:
    """Over the head from cup to cup; and the arms that hold the cups."""
    skull = body.posed[sites.skull]
    left, right = middles
    centre = 0.5 * (left + right) + [0.0, 0.03, 0.0]
    hull = Hull.of(skull[skull[:, 1] > centre[1] - 0.02], centre, lowest=-0.2)
    lean = rng.uniform(-0.15, 0.25)
    angle = np.linspace(-0.5, 0.5, 31) * np.pi
    upright = np.array([0.0, np.cos(lean), np.sin(lean)])
    wide = float(np.abs(left[0] - centre[0])) + 0.004
    tall = float(hull.radius(upright[None])[0]) + 0.004 + raised + rng.uniform(0.002, 0.008)
    bow = wide * np.sin(angle)[:, None] * [1.0, 0.0, 0.0] + tall * np.cos(angle)[:, None] * upright
    path = hull.onto(centre + bow, 0.004)
    thickness = rng.uniform(0.003, 0.009)
    strip = arch(path, rng.uniform(0.012, 0.03), thickness)
    arms = []
    for end, middle in zip((path[-1], path[0]), (left, right), strict=True):
        joint = middle + np.array([0.0, 0.75 * radius, 0.0])
        arms.append(tube(np.stack((end, 0.5 * (end + joint), joint)), 0.004, 8))
    return strip, arms


def _boom(rng: np.random.Generator, sites: Sites, body: Body, cup: np.ndarray) -> list[Solid]:
    """The microphone's arm from the left cup to a corner of the mouth, two centimetres before the skin."""
    mouth = body.posed[sites.mouth[0]] + [0.018, rng.uniform(-0.012, 0.0), rng.uniform(0.012, 0.02)]
    start = cup + np.array([0.004, -0.02, 0.01])
    bow = 0.5 * (start + mouth) + [0.03, -0.012, 0.012]
    share = np.linspace(0.0, 1.0, 12)[:, None]
    path = start * (1 - share) ** 2 + 2.0 * bow * share * (1 - share) + mouth * share**2
    return [tube(path, 0.0022, 6), ellipsoid(mouth, np.array([0.007, 0.006, 0.009]))]


def _earbuds(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    body, wired = person.body, rng.random() < 0.35
    stem = wired or rng.random() < 0.6
    size = rng.uniform(0.0062, 0.0078)

    def bud(at: np.ndarray, side: float) -> Solid:
        middle = at + np.array([0.006, -0.001, 0.001])
        ball = ellipsoid(middle, size * np.array([1.0, 1.15, 1.1]), 8, 12)
        if not stem:
            return ball
        low = middle + np.array([0.006, -0.022, 0.006])
        return joined([ball, tube(np.stack((middle + np.array([0.004, -0.002, 0.002]), low)), 0.0026, 8)])

    solids = at_both_ears(bud, body, wardrobe.sites.canal)
    white = rng.random() < 0.65
    plastic = Plain(np.full(3, 0.75) if white else any_colour(rng) * 0.3, 0.045, 60.0, "soft")
    parts = [part("earbuds", solids, body.placement, plastic)]
    if wired:
        chest = np.array([0.0, wardrobe.mesh.neck.pivot[1] - 0.13, 0.075])
        share = np.linspace(0.0, 1.0, 18)[:, None]
        cords = []
        for side, row in zip((1.0, -1.0), wardrobe.sites.canal, strict=True):
            start = body.posed[row] + [side * 0.012, -0.023, 0.007]
            bow = np.array([side * 0.085, start[1] - 0.12, 0.055])
            path = start * (1 - share) ** 2 + 2.0 * bow * share * (1 - share) + chest * share**2
            cords.append(tube(bent_to_shoulders(path, wardrobe.mesh, body), 0.0012, 5))
        parts.append(part("cords", cords, body.placement, plastic))
    return Accessory("earbuds", tuple(parts))


def _small(
    make: Callable[[np.random.Generator, Wardrobe, Person], Accessory],
) -> Callable[[np.random.Generator, Wardrobe, Person, float], Accessory]:
    """What hangs at the ears themselves, so that nothing on the head lifts it."""
    return lambda rng, wardrobe, person, raised: make(rng, wardrobe, person)


# Shares of all heads.
KINDS = {
    "headphones": Earwear(Popularity(0.028, 0.9, 0.8, 0.4), partial(_headphones, "headphones"), banded=True),
    "headset": Earwear(Popularity(0.012, 1.0, 0.3, 0.5), partial(_headphones, "headset"), banded=True),
    "earbuds": Earwear(Popularity(0.03, 1.0, 0.6, 0.4), _small(_earbuds)),
    "studs": Earwear(Popularity(0.05, 4.0, 0.5, 1.0), _small(studs)),
    "hoops": Earwear(Popularity(0.04, 8.0, 0.3, 0.8), _small(hoops)),
    "drops": Earwear(Popularity(0.03, 12.0, 0.2, 1.2), _small(drops)),
}
