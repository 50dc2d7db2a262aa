"""Earrings: studs, hoops and drops of metal, pearl or stone.

Measures and colours are by eye.
"""

from collections.abc import Callable

import numpy as np

from headsynth.people.looks import any_colour
from headsynth.people.person import Body, Person
from headsynth.rendering.materials import Plain
from headsynth.wear.accessory import Accessory
from headsynth.wear.solids import Solid, ellipsoid, part, tube
from headsynth.wear.wardrobe import Wardrobe

_METALS = np.array([[0.78, 0.56, 0.22], [0.78, 0.77, 0.74], [0.72, 0.47, 0.36]])  # gold, silver, rose gold


def at_both_ears(make: Callable[[np.ndarray, float], Solid], body: Body, rows: tuple[int, int]) -> list[Solid]:
    """make(place, side) at both ears; it builds for the left one, at a place whose x is positive."""
    solids = []
    for side, row in zip((1.0, -1.0), rows, strict=True):
        solid = make(body.posed[row] * [side, 1.0, 1.0], side)
        solids.append(solid if side > 0 else solid.mirrored())
    return solids


def studs(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    """A stud in each lobe, in one alone of some men."""
    size = rng.uniform(0.0018, 0.0045)
    look = _jewel(rng)
    solids = at_both_ears(
        lambda at, side: ellipsoid(at + np.array([0.4 * size, 0.0, 0.3 * size]), np.full(3, size), 7, 10),
        person.body,
        wardrobe.sites.lobe,
    )
    one = rng.random() < 0.25 * (1.0 - person.identity.female)
    return Accessory("studs", (part("studs", solids[:1] if one else solids, person.body.placement, look),))


def hoops(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    """A ring through each lobe, up to six centimetres wide."""
    radius, thick = np.exp(rng.uniform(np.log(0.006), np.log(0.03))), rng.uniform(0.0007, 0.0017)
    down = _hanging(person.body)
    angle = np.arange(30) * (2.0 * np.pi / 30)

    def ring(at: np.ndarray, side: float) -> Solid:
        fall = down * [side, 1.0, 1.0] + [0.12, 0.0, 0.0]
        fall /= np.linalg.norm(fall)
        ahead = np.array([0.25, 0.0, 1.0])
        ahead -= fall * (ahead @ fall)
        ahead /= np.linalg.norm(ahead)
        centre = at + np.array([0.002, -0.002, 0.0]) + radius * fall
        return tube(
            centre + radius * (np.cos(angle)[:, None] * fall + np.sin(angle)[:, None] * ahead), thick, 6, closed=True
        )

    solids = at_both_ears(ring, person.body, wardrobe.sites.lobe)
    return Accessory("hoops", (part("hoops", solids, person.body.placement, _metal(rng)),))


def drops(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    """A jewel that hangs from each lobe."""
    length, size = rng.uniform(0.012, 0.045), rng.uniform(0.003, 0.008)
    shape = size * np.array([rng.uniform(0.4, 1.0), rng.uniform(0.9, 2.0), 1.0])
    down = _hanging(person.body)

    def hook(at: np.ndarray, side: float) -> Solid:
        fall = down * [side, 1.0, 1.0] + [0.1, 0.0, 0.0]
        path = at + np.array([0.003, -0.002, 0.001]) + np.linspace(0.0, length, 4)[:, None] * fall
        return tube(path, 0.0006, 5)

    def gem(at: np.ndarray, side: float) -> Solid:
        fall = down * [side, 1.0, 1.0] + [0.1, 0.0, 0.0]
        return ellipsoid(at + np.array([0.003, -0.002, 0.001]) + (length + shape[1]) * fall, shape, 8, 12)

    rows, place = wardrobe.sites.lobe, person.body.placement
    parts = part("hooks", at_both_ears(hook, person.body, rows), place, _metal(rng))
    return Accessory("drops", (parts, part("drops", at_both_ears(gem, person.body, rows), place, _jewel(rng))))


def _hanging(body: Body) -> np.ndarray:
    """(3,) head space: down for what hangs from an ear; half way between the head's own and the picture's."""
    down = np.array([0.0, -1.0, 0.0]) + body.placement.rotation.T @ [0.0, 1.0, 0.0]
    down = down * [0.3, 1.0, 0.6]
    down[1] = min(down[1], -0.5)
    return down / np.linalg.norm(down)


def _metal(rng: np.random.Generator) -> Plain:
    """Gold, silver or rose gold."""
    return Plain(_METALS[rng.choice(3, p=[0.5, 0.4, 0.1])] * 0.35, 0.4, 80.0, "sharp")


def _jewel(rng: np.random.Generator) -> Plain:
    """A material of jewels: metal, pearl or stone."""
    draw = rng.random()
    if draw < 0.5:
        return _metal(rng)
    if draw < 0.75:
        return Plain(np.array([0.75, 0.71, 0.66]), 0.06, 40.0, "soft")
    return Plain(any_colour(rng), 0.12, 120.0, "sharp")
