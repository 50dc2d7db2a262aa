"""Round things, hats and wigs on stands, pots, plants, dress forms, chairs, and arms that reach into the picture.

Shares, sizes and colours are by eye.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from headsynth.people.complexion import skin_tone
from headsynth.people.looks import any_colour
from headsynth.rendering.materials import Plain
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Material, Part
from headsynth.scenes.bare import BareSkin
from headsynth.scenes.figures import limb, lofted
from headsynth.scenes.furniture import chair, furnished
from headsynth.scenes.world import SceneCamera
from headsynth.shares import one_of
from headsynth.wear.fabrics import Cloth, Fabric, cotton, felt, fur, straw, wool
from headsynth.wear.hands.gestures import AROUND_MUG, CURLED, FIST, FLAT, POINTING, RELAXED, WIDE, frame
from headsynth.wear.hands.hand_shape import hand_mesh
from headsynth.wear.solids import Solid, ellipsoid, part, revolved, tube

Pieces = list[tuple[list[Solid], Material]]
_CAMERA = Placement(np.eye(3), np.zeros(3), 1.0, np.zeros(2))  # leaves camera space as it is


@dataclass(frozen=True)
class Thing:
    """A thing that is no head; it stands on the origin, metres, y up."""

    name: str
    pieces: Pieces
    radius: float
    middle: float  # metres of its middle above its bottom
    hangs: bool = False
    lies: bool = False  # only ever on the ground


def _ball(rng: np.random.Generator) -> Thing:
    radius = float(rng.choice((0.035, 0.11, 0.12, 0.2, 0.35))) * rng.uniform(0.9, 1.1)
    pattern = rng.choice(("plain", "checks", "dots", "rings", "mottled"), p=(0.4, 0.15, 0.15, 0.15, 0.15))
    cloth = Cloth(np.stack((any_colour(rng), any_colour(rng))), str(pattern), radius * rng.uniform(0.3, 1.2),
                  shine=0.04, gloss=30.0)  # fmt: skip
    globe = ellipsoid(np.array([0.0, radius, 0.0]), np.full(3, radius), 18, 28)
    return Thing("ball", [([globe], Fabric(cloth))], radius, radius, lies=bool(rng.random() < 0.5))


def _balloon(rng: np.random.Generator) -> Thing:
    radius = rng.uniform(0.11, 0.19)
    height = radius * rng.uniform(1.1, 1.4)
    colour = np.clip(any_colour(rng) * 1.3, 0.02, 0.7)
    body = ellipsoid(np.array([0.0, height, 0.0]), np.array([radius, height, radius]), 16, 24)
    knot = ellipsoid(np.zeros(3), np.array([0.018, 0.02, 0.018]), 6, 8)
    return Thing("balloon", [([body, knot], Plain(colour, 0.05, 90.0, "soft"))], radius, height, hangs=True)


def _lamp(rng: np.random.Generator) -> Thing:
    radius = rng.uniform(0.09, 0.22)
    tall = radius * rng.uniform(0.8, 1.3)
    bright = np.array([1.0, 0.93, 0.78]) * rng.uniform(0.55, 1.6)
    shade = ellipsoid(np.array([0.0, tall, 0.0]), np.array([radius, tall, radius]), 14, 22)
    if rng.random() < 0.4:
        profile = np.array([[radius, 0.0], [0.55 * radius, 2.0 * tall], [0.001, 2.0 * tall]])
        shade = revolved(profile, 24)
    return Thing("lamp", [([shade], Plain(bright.astype(np.float32), 0.03, 40.0))], radius, tall,
                 hangs=bool(rng.random() < 0.5))  # fmt: skip


def _vase(rng: np.random.Generator) -> Thing:
    radius, height = rng.uniform(0.07, 0.17), rng.uniform(0.18, 0.45)
    at = np.linspace(0.0, 1.0, 12)
    belly = 0.45 + 0.55 * np.sin(np.pi * np.clip(at * rng.uniform(0.9, 1.25), 0.0, 1.0)) ** rng.uniform(0.5, 1.5)
    profile = np.column_stack((radius * belly, height * at))
    profile = np.vstack(([[0.001, 0.0]], profile, [[0.7 * profile[-1, 0], height - 0.02], [0.001, 0.5 * height]]))
    pieces: Pieces = [([revolved(profile, 26)], Plain(any_colour(rng), 0.06, 90.0, "soft"))]
    if rng.random() < 0.55:
        spread = radius * rng.uniform(1.0, 2.2)
        pieces.append(([_clump(rng, np.array([0.0, height + 0.6 * spread, 0.0]), spread)], _leaves(rng)))
    return Thing("vase", pieces, radius, 0.5 * height)


def _bush(rng: np.random.Generator) -> Thing:
    radius = float(np.exp(rng.uniform(np.log(0.09), np.log(0.6))))
    tall = radius * rng.uniform(0.8, 1.2)
    pieces: Pieces = [([_clump(rng, np.array([0.0, tall, 0.0]), radius)], _leaves(rng))]
    if rng.random() < 0.3:  # a small tree
        trunk = tube(np.array([[0.0, 0.0, 0.0], [0.0, 1.2, 0.0]]), 0.03, 8)
        lifted = [solid.moved(np.eye(3), np.array([0.0, 1.1, 0.0])) for solid in pieces[0][0]]
        pieces = [(lifted, pieces[0][1]), ([trunk], Plain(np.array([0.12, 0.08, 0.05]), 0.01))]
        return Thing("bush", pieces, radius, 1.1 + tall, lies=True)
    return Thing("bush", pieces, radius, tall, lies=bool(rng.random() < 0.6))


def _clump(rng: np.random.Generator, middle: np.ndarray, radius: float, rough: float = 0.16) -> Solid:
    """A lumpy ball about `middle` (3,) metres; rough: deviation of the radius, relative."""
    ball = ellipsoid(np.zeros(3), radius * rng.uniform(0.85, 1.15, 3), 22, 34)
    lumps = 1.0 + rough * rng.standard_normal((22, 34)).clip(-1.6, 1.6)
    lumps = 0.5 * lumps + 0.25 * np.roll(lumps, 1, axis=1) + 0.25 * np.roll(lumps, -1, axis=1)
    return replace(ball, vertices=ball.vertices * lumps.reshape(-1, 1) + middle)


def _leaves(rng: np.random.Generator) -> Fabric:
    green = np.array([0.09, 0.17, 0.04]) * np.exp(rng.normal(0.0, 0.3, 3))
    if rng.random() < 0.25:  # flowers, autumn, dry
        green = any_colour(rng)
    return Fabric(Cloth(np.stack((green, 0.45 * green)), "mottled", rng.uniform(0.02, 0.05), grain=0.002,
                        relief=1.0, uneven=0.3, shine=0.02))  # fmt: skip


def _fruit(rng: np.random.Generator) -> Thing:
    radius = rng.uniform(0.035, 0.13)
    colour = np.array(
        [(0.45, 0.06, 0.04), (0.55, 0.25, 0.03), (0.25, 0.38, 0.06), (0.5, 0.42, 0.07), (0.06, 0.14, 0.04)]
    )
    skin = colour[rng.integers(len(colour))] * np.exp(rng.normal(0.0, 0.2))
    body = ellipsoid(np.array([0.0, radius, 0.0]), radius * np.array([1.0, rng.uniform(0.85, 1.1), 1.0]), 14, 20)
    stalk = tube(np.array([[0.0, 1.9 * radius, 0.0], [0.1 * radius, 2.3 * radius, 0.0]]), 0.06 * radius, 5)
    return Thing("fruit", [([body], Plain(skin.astype(np.float32), 0.05, 40.0)),
                           ([stalk], Plain(np.array([0.08, 0.06, 0.03]), 0.01))], radius, radius)  # fmt: skip


def _hat(rng: np.random.Generator) -> Thing:
    """A hat on a stand or a hook."""
    radius, height = rng.uniform(0.085, 0.1), rng.uniform(0.09, 0.15)
    brim = rng.choice((0.0, 0.05, 0.07, 0.12))
    at = np.linspace(0.0, 1.0, 8)
    dome = np.column_stack((radius * np.sqrt(np.maximum(1.0 - at**2.6, 0.0)) + 0.001, height * at))
    if brim:
        edge = np.array([[radius + brim, -0.012], [radius + brim, -0.008], [radius + 0.01, 0.0]])
        dome = np.vstack(([[0.001, 0.0]], edge, dome))
    material = (felt, straw, wool, cotton)[rng.integers(4)](rng)
    egg = ellipsoid(np.array([0.0, -0.03, 0.0]), np.array([0.07, 0.1, 0.08]), 12, 18)
    pieces: Pieces = [([revolved(dome, 30).moved(np.eye(3), np.array([0.0, 0.12, 0.0]))], material)]
    if rng.random() < 0.6:
        pieces.append(([egg.moved(np.eye(3), np.array([0.0, 0.13, 0.0]))], furnished(rng)))
    return Thing("hat", pieces, 0.11, 0.13)


def _wig(rng: np.random.Generator) -> Thing:
    """A wig on a block without a face."""
    colour = np.array([0.04, 0.025, 0.015]) * np.exp(rng.normal(0.6, 0.9)) * np.exp(rng.normal(0.0, 0.15, 3))
    cloth = Cloth(np.stack((colour, 0.7 * colour)), "stripes", 0.006, grain=0.0014, relief=0.9, uneven=0.3, shine=0.03)
    block = ellipsoid(np.array([0.0, 0.13, 0.012]), np.array([0.072, 0.125, 0.088]), 14, 20)
    cap = _clump(rng, np.array([0.0, 0.165, -0.03]), 0.098, 0.05)
    solids = [cap]
    if rng.random() < 0.6:  # long hair behind and at the sides
        long = rng.uniform(0.02, 0.25)
        rings = [(0.0, -long, -0.05, 0.09, 0.035), (0.0, 0.05, -0.05, 0.105, 0.055), (0.0, 0.16, -0.04, 0.1, 0.07)]
        solids.append(lofted(np.array(rings)))
    pale = np.full(3, rng.choice([0.6, 0.3, 0.03])).astype(np.float32)
    return Thing("wig", [([block], Plain(pale, 0.03, 20.0)), (solids, Fabric(cloth))], 0.12, 0.14)


def _chair(rng: np.random.Generator) -> Thing:
    height = rng.uniform(0.42, 0.5)
    return Thing("chair", [(chair(rng, height, 1.0, str(rng.choice(("chair", "round chair")))), furnished(rng))],
                 0.3, 0.5, lies=True)  # fmt: skip


def _form(rng: np.random.Generator) -> Thing:
    """A tailor's form, or a shirt on a hanger: shoulders without a head."""
    scale = rng.uniform(0.85, 1.05)
    rings = np.array([
        (0.0, 0.80, 0.0, 0.17, 0.12), (0.0, 0.95, 0.0, 0.16, 0.115), (0.0, 1.10, 0.0, 0.13, 0.10),
        (0.0, 1.28, 0.0, 0.17, 0.12), (0.0, 1.40, 0.0, 0.19, 0.10), (0.0, 1.46, 0.0, 0.13, 0.075),
        (0.0, 1.50, 0.0, 0.06, 0.06), (0.0, 1.55, 0.0, 0.055, 0.055),
    ])  # fmt: skip
    pieces: Pieces = [([lofted(scale * rings)], cotton(rng) if rng.random() < 0.7 else furnished(rng))]
    stand = tube(np.array([[0.0, 0.0, 0.0], [0.0, 0.85 * scale, 0.0]]), 0.02, 8)
    pieces.append(([stand], furnished(rng)))
    if rng.random() < 0.4:
        knob = ellipsoid(np.array([0.0, 1.60 * scale, 0.0]), np.array([0.035, 0.05, 0.035]), 8, 12)
        pieces.append(([knob], furnished(rng)))
    return Thing("dress form", pieces, 0.2, 0.8, lies=True)


def _fluff(rng: np.random.Generator) -> Thing:
    """A soft ball: a cushion, plush, wool."""
    radius = rng.uniform(0.07, 0.22)
    shape = radius * np.array([1.0, rng.uniform(0.6, 1.0), rng.uniform(0.6, 1.0)])
    ball = ellipsoid(np.array([0.0, shape[1], 0.0]), shape, 14, 22)
    return Thing("cushion", [([ball], (fur, wool, cotton)[rng.integers(3)](rng))], radius, float(shape[1]))


def _disc(rng: np.random.Generator) -> Thing:
    """A clock, a sign, a plate on a wall or a pole."""
    radius = rng.uniform(0.09, 0.3)
    pair = np.stack((any_colour(rng), any_colour(rng)))
    rim, face = (
        revolved(np.array([[0.001, -d], [r, -d], [r, d], [0.001, d]]), 28)
        for r, d in ((radius, 0.01), (0.85 * radius, 0.014))
    )
    standing = [
        replace(s, vertices=s.vertices[:, [0, 2, 1]] * [1.0, 1.0, -1.0] + [0.0, radius, 0.0]) for s in (rim, face)
    ]
    return Thing("disc", [([standing[0]], Plain(pair[0])), ([standing[1]], Plain(pair[1]))], radius, radius)


_KINDS: dict[str, tuple[float, Callable[[np.random.Generator], Thing]]] = {
    "ball": (0.13, _ball), "balloon": (0.09, _balloon), "lamp": (0.09, _lamp), "vase": (0.10, _vase),
    "bush": (0.13, _bush), "fruit": (0.06, _fruit), "hat": (0.08, _hat), "wig": (0.05, _wig),
    "chair": (0.10, _chair), "dress form": (0.07, _form), "cushion": (0.05, _fluff), "disc": (0.05, _disc),
}  # fmt: skip
SHARES = {name: share for name, (share, _) in _KINDS.items()}


def sample(rng: np.random.Generator) -> Thing:
    """Draw one thing by its share."""
    return _KINDS[one_of(rng, list(_KINDS), list(SHARES.values()))][1](rng)


def arm(rng: np.random.Generator, camera: SceneCamera, size: int) -> list[Part]:
    """A hand and its arm that reach into the picture from its edge; nobody belongs to it."""
    depth = float(np.exp(rng.uniform(np.log(0.4), np.log(1.8))))
    angle = rng.uniform(0.0, 2.0 * np.pi)
    way = np.array([np.cos(angle), np.sin(angle), rng.normal(0.0, 0.25)])  # from the edge inwards
    reach = (size / 2.0 - rng.uniform(0.05, 0.4) * size) / camera.focal * depth
    wrist = np.array([0.0, 0.0, depth]) - way * [1.0, 1.0, 0.0] * (reach + 0.12)
    way = way / np.linalg.norm(way)
    back = np.cross(way, rng.normal(size=3))
    side = rng.choice((-1.0, 1.0))
    flip = np.array([side, 1.0, 1.0])
    grips = (FIST, CURLED, AROUND_MUG, FLAT, POINTING, RELAXED, WIDE)
    grip = grips[rng.integers(len(grips))]
    points, _ = hand_mesh().posed(grip, np.eye(3))
    vertices = (points @ frame(way * flip, back * flip).T) * flip + wrist
    triangles = hand_mesh().triangles if side > 0 else hand_mesh().triangles[:, ::-1]
    _, tone = skin_tone(rng, rng.random())
    hand = Solid(vertices, triangles, np.zeros((len(vertices), 2)))
    sleeve = limb(
        np.stack((wrist - 0.06 * way, wrist - 0.5 * way, wrist - 1.2 * way)), np.array([0.04, 0.055, 0.08]), 14
    )
    cloth = Fabric(Cloth.sample(rng)) if rng.random() < 0.7 else BareSkin(tone)
    return [
        part("arm", [hand], _CAMERA, BareSkin(tone)),
        part("sleeve", [sleeve], _CAMERA, cloth),
    ]
