"""Things that hands hold at a face: telephones, cups, microphones, books, cameras, ice cream.

Sizes are about those of common things; places, angles and shares are by eye.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headsynth.people.looks import any_colour
from headsynth.rendering.materials import Plain, srgb
from headsynth.rendering.scene import Part
from headsynth.shares import one_of
from headsynth.wear.hands.gestures import AROUND_BAR, AROUND_MUG, ON_BODY, ON_EDGE
from headsynth.wear.hands.hand_shape import Grip, hand_mesh
from headsynth.wear.hands.hands import Hand, Owner, bent, hand_parts, varied
from headsynth.wear.hands.printed import Printed
from headsynth.wear.hands.thing_shapes import bar, box, vessel
from headsynth.wear.solids import Solid, ellipsoid, part, revolved, tube
from trans3dhead.geometry.matrices import turn_about
from trans3dhead.geometry.vectors import unit

_NEAR_SKIN = 0.0015  # metres between a thing and the skin that it touches
_TINT_OF_GLASS = (0.86, 0.89, 0.88)


@dataclass(frozen=True)
class ThingPiece:
    """One material of a thing, hand space of the hand that holds it."""

    solids: list[Solid]
    material: Plain | Printed
    tint: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Hold:
    """How a thing is brought to a head by a left hand at the left side; directions in head space."""

    landmarks: tuple[int, ...]
    shift: tuple[float, float, float]  # metres from their mean to where the thing's `contact` comes
    axis: tuple[float, float, float]  # where the thumb's side points: the long axis of what a fist holds
    back: tuple[float, float, float]  # where the back of the hand looks
    outward: tuple[float, float, float]
    contact: tuple[float, float, float]  # metres, hand space
    grip: Grip
    share: float
    touches: bool  # the thing is brought up to the skin, not only kept out of it
    at_mouth: bool = False  # for eating or drinking: not while something lies on the face
    both: float = 0.0  # how often a second hand holds the other side


HOLDS = {
    "phone at ear": Hold((16, 13), (0.012, 0.004, -0.01), (-0.1, 0.72, -0.62), (0.95, 0.0, 0.28), (1.0, 0.0, 0.2),
                         (0.0, 0.078, -0.033), ON_EDGE, 1.6, True),
    "phone in front": Hold((30,), (0.03, -0.05, 0.14), (0.1, 1.0, 0.05), (0.1, 0.0, 1.0), (0.0, 0.0, 1.0),
                           (0.0, 0.078, -0.033), ON_EDGE, 0.9, False),
    "cup": Hold((57, 8), (0.004, 0.012, 0.006), (0.05, 0.86, -0.5), (0.95, 0.1, 0.35), (0.0, 0.0, 1.0),
                (0.052, 0.062, -0.085), AROUND_MUG, 1.2, True, at_mouth=True),
    "glass": Hold((57, 8), (0.004, 0.012, 0.006), (0.05, 0.86, -0.5), (0.95, 0.1, 0.35), (0.0, 0.0, 1.0),
                  (0.055, 0.062, -0.078), AROUND_MUG, 0.6, True, at_mouth=True),
    "microphone": Hold((57, 8), (0.01, -0.004, 0.025), (-0.25, 0.78, -0.58), (0.7, 0.0, 0.7), (0.0, -0.2, 1.0),
                       (0.13, 0.070, -0.030), AROUND_BAR, 1.2, False),
    "ice cream": Hold((57,), (0.01, -0.006, 0.022), (-0.2, 0.86, -0.48), (0.75, 0.0, 0.66), (0.0, -0.1, 1.0),
                      (0.115, 0.068, -0.030), AROUND_BAR, 0.5, False, at_mouth=True),
    "book": Hold((33, 8), (0.0, -0.045, 0.12), (0.12, 1.0, 0.15), (0.05, -0.2, 1.0), (0.0, 0.0, 1.0),
                 (0.02, 0.13, -0.030), ON_EDGE, 0.9, False, both=0.5),
    "paper": Hold((33, 8), (0.0, -0.06, 0.07), (0.12, 1.0, 0.15), (0.05, -0.2, 1.0), (0.0, 0.0, 1.0),
                  (0.02, 0.16, -0.027), ON_EDGE, 0.6, False, both=0.5),
    "camera": Hold((36, 45), (0.0, -0.012, 0.026), (-0.1, 1.0, -0.1), (1.0, 0.0, 0.25), (0.0, 0.0, 1.0),
                   (0.0, 0.046, -0.095), ON_BODY, 0.8, True, both=0.8),
}  # fmt: skip


def distribution() -> dict[str, Any]:
    """How often each thing is held against the others."""
    return {name: hold.share for name, hold in HOLDS.items()}


def make_held(rng: np.random.Generator, owner: Owner, near: float, to_mouth: bool = True) -> tuple[str, list[Part]]:
    """A word for what is held, and its parts with the hand's; near: as for `make_hands`; to_mouth: whether the
    mouth is free for food and drink.
    """
    names = [name for name, hold in HOLDS.items() if to_mouth or not hold.at_mouth]
    name = one_of(rng, names, [HOLDS[name].share for name in names])
    side = near if rng.random() < 0.7 else -near
    hold, pieces = HOLDS[name], pieces_of(rng, name)
    hand = bring(rng, owner, hold, pieces, side)
    hands = [hand]
    if rng.random() < hold.both:
        hands.append(_other(rng, owner, hold, hand))
    things = [
        part(name, [hand.solid(solid) for solid in piece.solids], owner.placement, piece.material, piece.tint)
        for piece in pieces
    ]
    return name, [*hand_parts(rng, owner, hands), *things]


def pieces_of(rng: np.random.Generator, name: str) -> list[ThingPiece]:
    """The pieces of a thing of `HOLDS`, by its name."""
    return _THINGS[name](rng)


def bring(rng: np.random.Generator, owner: Owner, hold: Hold, pieces: list[ThingPiece], side: float) -> Hand:
    """The hand with the thing up to the face, as near as the skin lets both come."""
    flip = np.array([side, 1.0, 1.0])
    anchor = owner.anchor(hold.landmarks, side) + hold.shift + rng.normal(0.0, 0.005, 3)
    x = unit(np.array([hold.axis]))[0]
    back = np.array(hold.back)
    z = unit((back - x * (x @ back))[None])[0]
    jitter = turn_about(rng.normal(size=3), rng.normal(0.0, 5.0))
    rotation = jitter @ np.stack((x, np.cross(z, x), z), axis=1)
    origin = anchor - owner.size * rotation @ hold.contact
    hand = bent(owner, varied(rng, hold.grip), rotation, origin, side)
    outward = unit(np.array([hold.outward]))[0]
    points = np.concatenate([hand.to_head(solid.vertices) for piece in pieces for solid in piece.solids])
    depth = owner.skin.depth(points, outward * flip)
    fleshy = owner.skin.depth(hand.vertices, outward * flip)
    need = max(float(depth.max(initial=-1.0)), float(fleshy[~hand_mesh().arm].max(initial=-1.0))) + _NEAR_SKIN
    if need < 0.0 and not (hold.touches and need > -0.08):
        need = 0.0
    give = np.maximum(fleshy - need + _NEAR_SKIN, 0.0)  # an arm bends around the chin
    moved = hand.moved(outward * need)
    return replace(moved, vertices=moved.vertices + give[:, None] * outward * flip)


def _other(rng: np.random.Generator, owner: Owner, hold: Hold, hand: Hand) -> Hand:
    """A second hand at the thing's other side: the first one's mirror image in the plane through the contact."""
    middle = hand.origin + owner.size * hand.rotation @ hold.contact
    mirror = np.array([-1.0, 1.0, 1.0])
    # The mirror image of a left hand is a right hand, whose own frame is mirrored again at the head's middle.
    origin = (hand.origin - middle) + middle * mirror
    return bent(owner, varied(rng, hold.grip), hand.rotation, origin, -hand.side)


def _phone(rng: np.random.Generator) -> list[ThingPiece]:
    size = rng.uniform(0.92, 1.06)
    shell = box((0.0, 0.078, -0.028), (0.0745 * size, 0.0365 * size, 0.0048), 0.0022)
    colour = rng.choice([0.02, 0.05, 0.3, 0.7]) * np.exp(rng.normal(0.0, 0.25, 3))
    lens = box((0.055 * size, 0.095, -0.0228), (0.012, 0.012, 0.0012), 0.0005)
    eyes = [ellipsoid(np.array([0.055 * size + dx, 0.095, -0.0216]), np.array([0.0042, 0.0042, 0.001]), 5, 12)
            for dx in (-0.0055, 0.0055)]  # fmt: skip
    return [
        ThingPiece([shell], Plain(colour.clip(0.01, 0.8), 0.05, 90.0, "sharp")),
        ThingPiece([lens], Plain(colour.clip(0.01, 0.8) * 0.7, 0.05, 60.0, "soft")),
        ThingPiece(eyes, Plain(np.full(3, 0.006), 0.06, 200.0, "sharp")),
    ]


def _cup(rng: np.random.Generator) -> list[ThingPiece]:
    radius, height = rng.uniform(0.038, 0.042), rng.uniform(0.085, 0.105)
    z, y = -0.014 - radius, 0.062
    colour = any_colour(rng) if rng.random() < 0.6 else np.full(3, 0.7)
    angle = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 10)
    ear = np.stack((0.028 * np.sin(angle), np.full(10, y - 0.1 * radius), z - radius * 0.98 - 0.022 * np.cos(angle)), 1)
    pieces = [ThingPiece([bar(vessel(radius, height, 0.005), y, z, 32)], Plain(colour, 0.045, 70.0, "soft"))]
    if rng.random() < 0.6:
        pieces[0].solids.append(tube(ear, 0.0048, 8))
    return pieces


def _glass(rng: np.random.Generator) -> list[ThingPiece]:
    radius, height = rng.uniform(0.032, 0.037), rng.uniform(0.10, 0.125)
    z, y = -0.014 - radius, 0.062
    low, high = -0.46 * height, rng.uniform(0.0, 0.25) * height
    drink = [(0.001, low), (0.83 * radius, low), (0.85 * radius, low + 0.002), (0.88 * radius, high - 0.001)]
    drink += [(0.87 * radius, high), (0.001, high)]
    juice = srgb(*[(190, 120, 20), (120, 20, 25), (60, 30, 12), (205, 210, 210)][rng.integers(4)])
    return [
        ThingPiece([bar(vessel(radius, height, 0.002), y, z, 32)], Plain(np.full(3, 0.8), 0.05, 200.0), _TINT_OF_GLASS),
        ThingPiece([bar(drink, y, z)], Plain(juice, 0.04, 80.0, "soft")),
    ]


def _microphone(rng: np.random.Generator) -> list[ThingPiece]:
    y, z = 0.070, -0.030
    grip = [(0.001, -0.09), (0.010, -0.089), (0.0115, 0.0), (0.0155, 0.085), (0.0165, 0.092), (0.001, 0.093)]
    ball = ellipsoid(np.array([0.112, y, z]), np.array([0.026, 0.0245, 0.0245]), 12, 20)
    wire = np.full(3, rng.choice([0.03, 0.25, 0.4]))
    foam = rng.random() < 0.3
    colour = any_colour(rng) if foam else wire
    return [
        ThingPiece([bar(grip, y, z)], Plain(np.full(3, 0.015), 0.05, 50.0, "soft")),
        ThingPiece([ball], Printed.grille(rng, colour) if not foam else Plain(colour, 0.01, 5.0)),
    ]


def _ice_cream(rng: np.random.Generator) -> list[ThingPiece]:
    y, z = 0.068, -0.030
    cone = [(0.002, -0.06), (0.026, 0.072), (0.027, 0.075), (0.001, 0.076)]
    scoops = [ellipsoid(np.array([0.088, y, z]), np.full(3, 0.028), 10, 18)]
    if rng.random() < 0.5:
        scoops.append(ellipsoid(np.array([0.122, y + 0.003, z]), np.full(3, 0.025), 10, 18))
    flavour = srgb(*[(240, 225, 190), (95, 58, 38), (235, 160, 170), (170, 205, 150)][rng.integers(4)])
    return [
        ThingPiece([bar(cone, y, z)], Plain(srgb(196, 140, 80), 0.02, 10.0)),
        ThingPiece(scoops, Plain(flavour, 0.03, 15.0)),
    ]


def _book(rng: np.random.Generator) -> list[ThingPiece]:
    half = rng.uniform(0.10, 0.13), rng.uniform(0.068, 0.085), rng.uniform(0.004, 0.014)
    centre = (0.0, 0.052 + half[1], -0.018 - half[2])
    turned = turn_about([0.0, 0.0, 1.0], rng.uniform(-12.0, 8.0))
    cover = _upright(box(centre, half, 0.001), turned, centre)
    return [ThingPiece([cover], Printed.cover(rng, half[0]))]


def _paper(rng: np.random.Generator) -> list[ThingPiece]:
    half = (0.148, 0.105, 0.0008)
    centre = (0.0, 0.055 + half[1], -0.018)
    turned = turn_about([0.0, 0.0, 1.0], rng.uniform(-12.0, 8.0))
    return [ThingPiece([_upright(box(centre, half, 0.0003), turned, centre)], Printed.page(rng))]


def _upright(solid: Solid, rotation: np.ndarray, about: tuple[float, float, float]) -> Solid:
    """Turned about a point; its uvs become metres on its face."""
    uvs = solid.vertices[:, :2] - about[:2]
    pivot = np.array([0.0, 0.055, about[2]])
    return Solid((solid.vertices - pivot) @ rotation.T + pivot, solid.triangles, uvs)


def _camera(rng: np.random.Generator) -> list[ThingPiece]:
    """Its lens looks where the fingers point; the palm is at its side."""
    body = box((0.0, 0.070, -0.088), (0.040, 0.026, 0.070), 0.006)
    hump = box((0.044, 0.066, -0.095), (0.010, 0.022, 0.022), 0.004)
    radius, length = rng.uniform(0.026, 0.036), rng.uniform(0.03, 0.09)
    rim = [(radius * 0.85, length + 0.003), (radius * 0.8, length - 0.006), (0.001, length - 0.01)]
    profile = [(radius, 0.0), (radius, length), *rim]
    barrel = revolved(np.array(profile), 28).moved(np.eye(3), np.array([0.0, 0.092, -0.100]))
    front = revolved(np.array([(radius * 0.78, length - 0.008), (0.001, length - 0.003)]), 28)
    black = Plain(np.full(3, rng.choice([0.012, 0.02, 0.25], p=[0.5, 0.35, 0.15])), 0.04, 30.0, "soft")
    return [
        ThingPiece([body, hump], black),
        ThingPiece([barrel], Plain(np.full(3, 0.014), 0.045, 50.0, "soft")),
        ThingPiece(
            [front.moved(np.eye(3), np.array([0.0, 0.092, -0.100]))], Plain(np.full(3, 0.008), 0.08, 250.0, "sharp")
        ),
    ]


_THINGS: dict[str, Callable[[np.random.Generator], list[ThingPiece]]] = {
    "phone at ear": _phone, "phone in front": _phone, "cup": _cup, "glass": _glass, "microphone": _microphone,
    "ice cream": _ice_cream, "book": _book, "paper": _paper, "camera": _camera,
}  # fmt: skip
