"""Headwear: what is worn by whom, and how each kind is made.

Shares and measures are by eye.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headsynth.people.looks import any_colour
from headsynth.people.person import Person
from headsynth.rendering.materials import Plain
from headsynth.wear import fabrics
from headsynth.wear.accessory import AMPLE, Accessory, Room
from headsynth.wear.glasses import pushed_up
from headsynth.wear.headwear import hat_shapes
from headsynth.wear.headwear.brimmed import brimmed
from headsynth.wear.headwear.fit import Fit, roll, worn
from headsynth.wear.headwear.helmets import bike_helmet, hard_hat
from headsynth.wear.headwear.hoods import hijab, hood
from headsynth.wear.popularity import Popularity, choose, popularities
from headsynth.wear.solids import ellipsoid, part, revolved, surface, tube
from headsynth.wear.wardrobe import Wardrobe


@dataclass(frozen=True)
class Headwear:
    """One kind: who wears it, how it is made, and what it leaves room for."""

    popularity: Popularity
    make: Callable[[np.random.Generator, Wardrobe, Person], Accessory]
    room: Room = AMPLE


def distribution() -> dict[str, Any]:
    """How often each kind is worn, and by whom; see `popularities`."""
    return popularities(KINDS)


def make_headwear(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    """What is on a person's head; nothing for most."""
    kind = choose(rng, KINDS, person)
    return Accessory() if kind == "none" else make_kind(kind, rng, wardrobe, person)


def make_kind(kind: str, rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    """Headwear of one of KINDS, with the room that its table states."""
    return replace(KINDS[kind].make(rng, wardrobe, person), room=KINDS[kind].room)


def _cap(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    place = person.body.placement
    turn = rng.choice([0.0, np.pi, rng.uniform(-2.2, 2.2)], p=[0.78, 0.15, 0.07]) + rng.normal(0.0, 0.06)
    front, back = rng.uniform(0.012, 0.045), rng.uniform(-0.03, 0.0)
    fit = Fit.of(wardrobe.sites, person.body, front, back, rng.uniform(0.005, 0.008), roll=roll(rng), turn=turn)
    crown = hat_shapes.cap_crown(rng, fit)
    cloth = fabrics.cotton(rng, "plain" if rng.random() < 0.9 else None)
    badge = None
    if rng.random() < 0.65:
        height, width = rng.uniform(0.009, 0.02), rng.uniform(0.012, 0.032)
        badge = (0.5 * float(crown.uvs[:, 0].max()), rng.uniform(0.05, 0.065), width, height)
    main = fabrics.with_patch(cloth, badge)
    peak = cloth if rng.random() < 0.7 else fabrics.cotton(rng, "plain")
    return worn(
        "cap",
        fit,
        person,
        [
            part("cap", [crown], place, main),
            part("visor", [hat_shapes.visor(rng, fit), hat_shapes.button(fit, crown.vertices, 0.007)], place, peak),
        ],
    )


def _beanie(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    place, gap = person.body.placement, rng.uniform(0.005, 0.009)
    side = rng.uniform(-0.045, 0.004) if rng.random() < 0.75 else None
    fit = Fit.of(
        wardrobe.sites, person.body, rng.uniform(0.012, 0.05), rng.uniform(-0.055, -0.02), gap, side, roll(rng)
    )
    knit = fabrics.wool(rng) if rng.random() < 0.85 else fabrics.cotton(rng)
    dome = hat_shapes.beanie_crown(rng, fit)
    parts = [part("beanie", [dome], place, knit)]
    if rng.random() < 0.7:
        fold = fit.band(-0.002, rng.uniform(0.035, 0.065), gap - 0.001, gap + rng.uniform(0.003, 0.006))
        parts.append(part("fold", [fold], place, knit if rng.random() < 0.8 else fabrics.wool(rng)))
    if rng.random() < 0.25:
        radius = rng.uniform(0.02, 0.04)
        top = dome.vertices[-1] + 0.7 * radius * fit.up
        parts.append(part("pompon", [hat_shapes.pompon(rng, top, radius)], place, fabrics.fur(rng)))
    return worn("beanie", fit, person, parts)


def _headband(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    width = rng.uniform(0.012, 0.07)
    front = rng.uniform(0.03, 0.05)
    back, side = rng.uniform(-0.04, 0.01), rng.uniform(-0.02, 0.012)
    fit = Fit.of(wardrobe.sites, person.body, front, back, 0.004, side, roll(rng), tall=width)
    band = fit.band(0.0, width, 0.0013, rng.uniform(0.0035, 0.006))
    cloth = fabrics.wool(rng) if width > 0.05 and rng.random() < 0.5 else fabrics.cotton(rng)
    return Accessory("headband", (part("headband", [band], person.body.placement, cloth),), lid=fit)


def _hair_band(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    fit = Fit.of(wardrobe.sites, person.body, 0.04, -0.02, 0.0, 0.0)
    swing = rng.uniform(0.0, 0.45)  # radians in front of upright
    angle = np.linspace(-0.5, 0.5, 29) * np.pi * 1.08
    towards = np.stack((np.sin(angle), np.cos(angle) * np.cos(swing), np.cos(angle) * np.sin(swing)), axis=1)
    lift = 0.002 + rng.uniform(0.006, 0.014) * np.cos(angle / 1.08)
    path = fit.hull.centre + (fit.hull.radius(towards) + lift)[:, None] * towards
    strip = hat_shapes.arch(path, rng.uniform(0.006, 0.03), rng.uniform(0.002, 0.006))
    look = fabrics.cotton(rng) if rng.random() < 0.6 else Plain(any_colour(rng), 0.04, 60.0, "soft")
    return Accessory("hair band", (part("hair band", [strip], person.body.placement, look),))


def _bandana(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    place = person.body.placement
    fit = Fit.of(
        wardrobe.sites, person.body, rng.uniform(0.02, 0.045), rng.uniform(-0.04, -0.015), 0.0035, roll=roll(rng)
    )
    cloth = fabrics.cotton(rng, ("mottled", "dots", "plain", "checks")[rng.integers(4)])
    dome = surface(fit.dome(14, hat_shapes.folds(rng, 0.003)), around=True)
    hem = fit.band(-0.001, 0.02, 0.0025, 0.0055)
    knot = fit.rim[0]
    tails = [
        tube(
            knot + np.array([[0, 0, -0.004], [0.02 * s, -0.02, -0.018], [0.03 * s, -0.055, -0.012]]),
            np.array([0.006, 0.009, 0.012]),
            8,
        )
        for s in (-1.0, rng.uniform(0.3, 1.2))
    ]
    solids = [dome, hem, ellipsoid(knot - [0.0, 0.0, 0.008], np.array([0.014, 0.01, 0.01])), *tails]
    return worn("bandana", fit, person, [part("bandana", solids, place, cloth)])


def _turban(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    side = rng.uniform(-0.02, 0.006)
    fit = Fit.of(
        wardrobe.sites, person.body, rng.uniform(0.03, 0.05), rng.uniform(-0.05, -0.025), 0.006, side, roll(rng)
    )
    share = np.linspace(0.0, 1.0, 30)[:, None]
    round_ = np.abs((fit.azimuth + np.pi) % (2.0 * np.pi) - np.pi)
    layers = rng.uniform(3.5, 6.0) * (1.1 * share - rng.uniform(0.15, 0.4) * (1.0 - round_ / np.pi) * (1.0 - share))
    layers = layers + 0.25 * np.sin(fit.azimuth)
    wraps = 0.0045 * np.abs(np.sin(np.pi * layers)) ** 0.6
    body = rng.uniform(0.02, 0.04) * np.sin(np.pi * np.clip(share * 0.8 + 0.12, 0, 1)) ** 0.8
    body = body * (1.0 - 0.25 * fit.ahead * np.sin(np.pi * share))
    extra = body * np.minimum(5.0 * share + 0.2, 1.0) + wraps * np.minimum(6.0 * (1.0 - share), 1.0)
    wound = surface(fit.dome(30, extra), around=True)
    return worn("turban", fit, person, [part("turban", [wound], person.body.placement, fabrics.cotton(rng, "plain"))])


def _party_hat(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    fit = Fit.of(wardrobe.sites, person.body, rng.uniform(0.04, 0.05), 0.02, 0.007, roll=roll(rng), tall=0.045)
    place = person.body.placement
    if rng.random() < 0.5:
        gold = Plain(np.array([0.75, 0.5, 0.12]), 0.3, 60.0, "sharp")
        peaks = 0.03 + 0.03 * np.abs((fit.azimuth * 2.5 / np.pi) % 1.0 - 0.5) * 2.0
        return Accessory("party hat", (part("crown", [fit.band(0.0, peaks, 0.006, 0.008)], place, gold),), lid=fit)
    radius, tall = rng.uniform(0.045, 0.06), rng.uniform(0.12, 0.18)
    share = np.linspace(0.0, 1.0, 10)
    cone = revolved(np.stack((radius * (1.0 - 0.97 * share), tall * share), axis=1), 28)
    top = fit.hull.centre + (fit.hull.radius(np.array([[0.0, 1.0, 0.0]]))[0] - 0.012) * np.array([0.0, 1.0, 0.0])
    cone = replace(cone, vertices=fit.hull.onto(cone.vertices + top, 0.0015))
    pattern = ("rings", "dots", "stripes")[rng.integers(3)]
    paper = fabrics.painted(fabrics.colours(rng), pattern, 0.03, shine=0.04, gloss=40.0)
    return Accessory("party hat", (part("party hat", [cone], place, paper),))


_UNDER_BRIM = Room(for_band=False, for_strap=False)
_UNDER_CLOTH = Room(at_ears=False, for_band=False, for_strap=False)
# Together about 19 % of all heads. To add a hat: a function that makes it, and its line here.
KINDS: dict[str, Headwear] = {
    "cap": Headwear(Popularity(0.045, 0.5, 1.2, 0.8), _cap, Room(for_strap=False)),
    "beanie": Headwear(Popularity(0.035, 0.9, 1.3, 0.8), _beanie),
    "fedora": Headwear(Popularity(0.012, 0.5, 0.3, 1.8), brimmed("fedora"), _UNDER_BRIM),
    "bucket hat": Headwear(Popularity(0.01, 1.0, 1.5, 1.0), brimmed("bucket hat"), _UNDER_BRIM),
    "sun hat": Headwear(Popularity(0.013, 2.5, 0.8, 1.3), brimmed("sun hat"), _UNDER_BRIM),
    "headband": Headwear(Popularity(0.01, 1.5, 0.8, 0.5), _headband),
    "hair band": Headwear(Popularity(0.008, 30.0, 2.0, 0.4), _hair_band),
    "bandana": Headwear(Popularity(0.006, 0.8, 0.6, 0.8), _bandana),
    "hijab": Headwear(Popularity(0.014, 60.0, 0.4, 1.0), hijab, _UNDER_CLOTH),
    "hood": Headwear(Popularity(0.011, 0.7, 1.2, 0.5), hood, _UNDER_CLOTH),
    "bike helmet": Headwear(Popularity(0.005, 0.8, 1.5, 0.7), bike_helmet, Room(for_band=False)),
    "hard hat": Headwear(Popularity(0.005, 0.25, 0.0, 0.5), hard_hat, Room(for_band=False)),
    "turban": Headwear(Popularity(0.006, 0.1, 0.4, 1.2), _turban, Room(for_band=False, for_strap=False)),
    "party hat": Headwear(Popularity(0.002, 1.0, 3.0, 0.5), _party_hat, Room(for_band=False)),
    "sunglasses": Headwear(Popularity(0.008, 1.3, 0.4, 0.6), pushed_up, Room(for_dark_glasses=False)),
}
