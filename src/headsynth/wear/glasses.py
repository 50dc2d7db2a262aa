"""Glasses on the nose or pushed up on the head: which, in what colours, with what lenses.

Shares, forms and colours are by eye.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from headsynth.people.looks import any_colour
from headsynth.people.person import Person
from headsynth.rendering.materials import Plain
from headsynth.rendering.scene import Part
from headsynth.shares import one_of
from headsynth.wear import fabrics
from headsynth.wear.accessory import Accessory, Room
from headsynth.wear.frames import STYLES, Frame, goggles, measure
from headsynth.wear.hull import Hull
from headsynth.wear.popularity import Popularity, choose_beside, popularities
from headsynth.wear.solids import Solid, part
from headsynth.wear.wardrobe import Wardrobe


@dataclass(frozen=True)
class Eyewear:
    """One kind: who wears it, and what it needs."""

    popularity: Popularity
    dark: bool  # its lenses
    strapped: bool = False  # held by a strap about the head

    def fits(self, room: Room) -> bool:
        """Whether it goes with what is on the head already."""
        return (room.for_dark_glasses or not self.dark) and (room.for_strap or not self.strapped)


KINDS = {
    "clear": Eyewear(Popularity(0.13, 1.0, 0.6, 1.4), dark=False),
    "dark": Eyewear(Popularity(0.10, 1.0, 0.5, 0.8), dark=True),
    "goggles": Eyewear(Popularity(0.005, 0.8, 1.5, 0.3), dark=True, strapped=True),
}
# How often each form is worn, clear and dark.
_FORMS = {
    "rectangle": (0.34, 0.12),
    "square": (0.22, 0.22),
    "round": (0.18, 0.1),
    "oval": (0.12, 0.06),
    "aviator": (0.06, 0.18),
    "cat-eye": (0.06, 0.08),
    "large": (0.02, 0.12),
    "sport": (0.0, 0.12),
}


def distribution() -> dict[str, Any]:
    """How often each kind is worn, and by whom; see `popularities`."""
    return popularities(KINDS)


def make_glasses(rng: np.random.Generator, wardrobe: Wardrobe, person: Person, headwear: Accessory) -> Accessory:
    """Nothing for most heads. headwear: what is on the head already."""
    kind = choose_beside(rng, KINDS, person, headwear)
    return make_kind(kind, rng, wardrobe, person)


def make_kind(kind: str, rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    """A pair of one of KINDS, or nothing for "none"."""
    if kind == "none":
        return Accessory()
    if KINDS[kind].strapped:
        return _goggles(rng, wardrobe, person)
    dark = KINDS[kind].dark
    frame = _frame(rng, wardrobe, person, dark)
    return Accessory(kind, _finished(rng, dark, frame, frame.rims(), frame.lenses(), person))


def pushed_up(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    """Sunglasses pushed up to the top of the head."""
    frame = _frame(rng, wardrobe, person, dark=True)
    body, sites = person.body, wardrobe.sites
    angle = -np.deg2rad(rng.uniform(42.0, 60.0))
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    pivot = frame.ends[2] * [0.0, 1.0, 1.0]
    skull = body.posed[sites.skull]
    centre = np.array([0.0, pivot[1] + 0.01, 0.5 * (skull[:, 2].min() + skull[:, 2].max()) - 0.01])
    hull = Hull.of(skull[skull[:, 1] > centre[1] - 0.02], centre, lowest=-0.4)
    away = turn @ np.array([0.0, 0.0, 1.0])

    def placed(solids: list[Solid], shift: float) -> list[Solid]:
        return [solid.moved(turn, pivot - turn @ pivot + shift * away) for solid in solids]

    rims, lenses = frame.rims(), frame.lenses()
    edge = np.concatenate([solid.vertices for solid in placed(lenses, 0.0)])
    arm = edge - centre
    short = hull.radius(arm / np.linalg.norm(arm, axis=1, keepdims=True)) + 0.009 - np.linalg.norm(arm, axis=1)
    shift = float(short.max()) * 1.12
    parts = _finished(rng, True, frame, placed(rims, shift), placed(lenses, shift), person)
    return Accessory("sunglasses", parts)


def _frame(rng: np.random.Generator, wardrobe: Wardrobe, person: Person, dark: bool) -> Frame:
    form = one_of(rng, list(_FORMS), [share[int(dark)] for share in _FORMS.values()])
    thin = rng.random() < {"aviator": 0.95, "round": 0.7, "oval": 0.7, "square": 0.3, "rectangle": 0.5}.get(form, 0.15)
    rim = rng.uniform(0.0006, 0.001) if thin else rng.uniform(0.0016, 0.0028)
    eyes = np.stack([person.body.posed[rows].mean(axis=0) for rows in wardrobe.mesh.eyes])
    return measure(rng, wardrobe.sites, person.body, eyes, STYLES[form], rim)


def _finished(
    rng: np.random.Generator, dark: bool, frame: Frame, rims: list[Solid], lenses: list[Solid], person: Person
) -> tuple[Part, Part]:
    """Rims and lenses in their colours. dark: the lenses."""
    place = person.body.placement
    look = _metal(rng) if frame.rim < 0.0014 else _acetate(rng)
    heights = np.concatenate([lens.uvs[:, 1] for lens in lenses])
    tint, mirror = _dark_lens(rng, heights) if dark else _clear_lens(rng)
    return part("rims", rims, place, look), part("lenses", lenses, place, look, tint, mirror=mirror)


def _metal(rng: np.random.Generator) -> Plain:
    """Metal: gold, silver, black or bronze."""
    shades = np.array([[0.5, 0.36, 0.16], [0.5, 0.5, 0.5], [0.05, 0.05, 0.05], [0.42, 0.27, 0.2]])
    return Plain(shades[rng.choice(4, p=[0.27, 0.27, 0.38, 0.08])] * rng.uniform(0.5, 1.0), 0.12, 50.0, "soft")


def _acetate(rng: np.random.Generator) -> Plain:
    """Acetate: black, tortoise or any colour."""
    draw = rng.random()
    if draw < 0.5:
        colour = np.full(3, rng.uniform(0.008, 0.025))
    elif draw < 0.75:
        colour = np.array([0.09, 0.04, 0.018]) * rng.uniform(0.4, 1.6)
    else:
        colour = any_colour(rng)
    return Plain(colour, 0.04, 70.0, "soft")


def _clear_lens(rng: np.random.Generator) -> tuple[np.ndarray, tuple[float, float, float]]:
    """What it lets through and what it reflects; most are coated, with a green or blue rest."""
    tint = np.clip(rng.uniform(0.9, 0.985) * np.exp(rng.normal(0.0, 0.012, 3)), 0.5, 0.99)
    if rng.random() < 0.7:
        rest = 0.014 * np.array([[0.6, 1.2, 0.9], [0.7, 0.8, 1.5], [1.0, 1.0, 1.0]])[rng.integers(3)]
        return tint, _triple(rest)
    return tint, _triple(np.full(3, rng.uniform(0.03, 0.06)))


def _dark_lens(rng: np.random.Generator, heights: np.ndarray) -> tuple[np.ndarray, tuple[float, float, float]]:
    """One tint, one that fades downwards, or a coloured mirror. heights: (V,) -1 below to 1 above."""
    level = np.exp(rng.uniform(np.log(0.02), np.log(0.25)))
    hue = np.exp(rng.normal(0.0, 0.05, 3) if rng.random() < 0.55 else rng.normal(0.0, 0.5) * np.array([1.0, 0.1, -1.1]))
    tint = np.clip(level * hue, 0.01, 0.9)
    draw = rng.random()
    if draw < 0.14:
        colours = np.array([[0.9, 0.5, 0.1], [0.15, 0.45, 0.9], [0.2, 0.8, 0.45], [0.75, 0.75, 0.8], [0.8, 0.2, 0.35]])
        return 0.5 * tint, _triple(colours[rng.integers(len(colours))] * rng.uniform(0.25, 0.5))
    if draw < 0.42:
        share = np.clip(0.5 + 0.6 * heights, 0.0, 1.0)[:, None]
        clear = np.clip(tint * rng.uniform(2.5, 6.0), 0.1, 0.85)
        return (clear + (tint - clear) * share).astype(np.float32), (0.035, 0.035, 0.035)
    return tint, (0.04, 0.04, 0.04)


def _triple(values: np.ndarray) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _goggles(rng: np.random.Generator, wardrobe: Wardrobe, person: Person) -> Accessory:
    eyes = np.stack([person.body.posed[rows].mean(axis=0) for rows in wardrobe.mesh.eyes])
    frame, lens, strap = goggles(rng, wardrobe.sites, person.body, eyes)
    place = person.body.placement
    plastic = Plain(any_colour(rng) * 0.5, 0.035, 30.0, "soft")
    heights = np.zeros(sum(len(solid.vertices) for solid in lens))
    tint, mirror = _dark_lens(rng, heights)
    parts = part("frame", frame, place, plastic), part("strap", strap, place, fabrics.cotton(rng))
    return Accessory("goggles", (*parts, part("lens", lens, place, plastic, tint, mirror=mirror)))
