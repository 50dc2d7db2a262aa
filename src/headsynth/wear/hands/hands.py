"""Hands at a face: a gesture is laid on this head, pushed out of its skin, and given an arm and a sleeve.

Distances, angles and shares are by eye.
"""

from dataclasses import dataclass, replace

import numpy as np

from headsynth.people.base_mesh import BaseMesh
from headsynth.people.person import Body, Person
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Part
from headsynth.shares import one_of
from headsynth.wear.fabrics import Cloth, Fabric
from headsynth.wear.hands.gestures import FLAT, GESTURES, WIDE, Gesture, frame
from headsynth.wear.hands.hand_shape import Grip, hand_mesh
from headsynth.wear.hands.hand_skin import HandSkin
from headsynth.wear.skin_surface import SkinSurface
from headsynth.wear.solids import Solid, part, surface
from trans3dhead.data.segments import Segment
from trans3dhead.geometry.matrices import turn_about
from trans3dhead.geometry.vectors import unit

_ELBOW = np.array([0.25, -0.40, 0.16])  # metres, head space, shoulders ahead: where the left elbow is
_WRIST_LIMIT = 62.0  # degrees
_PRESSED = 0.004  # metres by which flesh gives way where a hand lies on a face
_CLEAR = 0.0008  # metres between hand and skin after that
_TURN = 9.0  # degrees, deviation of a gesture
_WAVE_DEPTH = (0.45, 0.78)  # of the head's distance from the camera
_WAVE_NEAREST = 0.28  # metres
_SHIFT = 0.006  # metres, deviation of the place that a hand touches


@dataclass(frozen=True)
class Owner:
    """The person whose hands they are, and what they need of the head."""

    person: Person
    marks: np.ndarray  # (68, 3) landmarks of the posed head, metres, head space
    skin: SkinSurface  # what hands must stay out of
    elbows: np.ndarray  # (2, 3) left, and the right one mirrored to the left side
    size: float  # of the hand, over that of an adult
    cloth: Cloth | None  # of the sleeves; None: bare arms

    @property
    def placement(self) -> Placement:
        """The placement of the head."""
        return self.person.body.placement

    def anchor(self, landmarks: tuple[int, ...], side: float) -> np.ndarray:
        """(3,) the mean of some landmarks as they lie for a left hand; side -1: of their partners, mirrored."""
        chosen = [_MIRROR[mark] if side < 0 else mark for mark in landmarks]
        return self.marks[chosen].mean(axis=0) * [side, 1.0, 1.0]

    @classmethod
    def of(
        cls, rng: np.random.Generator, person: Person, mesh: BaseMesh, marks: np.ndarray, skin: SkinSurface,
        cloth: Cloth | None,
    ) -> "Owner":  # fmt: skip
        """The owner of hands whose size goes with the head's."""
        body: Body = person.body
        size = np.ptp(marks[:17, 0]) / mesh.jaw_width * rng.normal(1.0, 0.035)
        flip = np.array([[1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])
        elbows = mesh.neck.bend((_ELBOW + rng.normal(0.0, 0.04, (2, 3))) * flip, np.ones(2), body.shoulders) * flip
        return cls(person, marks, skin, elbows, float(np.clip(size, 0.75, 1.15)), cloth)


@dataclass(frozen=True)
class Hand:
    """A hand in its pose and place, head space."""

    vertices: np.ndarray  # (V, 3) metres
    flow: np.ndarray  # (V, 3) unit, along the fingers
    rotation: np.ndarray  # (3, 3) hand space -> head space, of a left hand at the left side
    origin: np.ndarray  # (3,) the wrist
    wrist: np.ndarray  # (3, 3) the forearm's rotation relative to the palm
    scale: float
    side: float  # 1 left, -1 right: then everything is mirrored in x

    def to_head(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) metres, hand space -> head space."""
        return (self.scale * points @ self.rotation.T + self.origin) * [self.side, 1.0, 1.0]

    def moved(self, offset: np.ndarray) -> "Hand":
        """Shifted by (3,) metres, as a left hand at the left side."""
        flip = np.array([self.side, 1.0, 1.0])
        return replace(self, vertices=self.vertices + offset * flip, origin=self.origin + offset)

    def solid(self, solid: Solid) -> Solid:
        """A solid in hand space -> head space."""
        triangles = solid.triangles if self.side > 0 else solid.triangles[:, ::-1]
        return Solid(self.to_head(solid.vertices), triangles, solid.uvs)


def lay(rng: np.random.Generator, owner: Owner, gesture: Gesture, side: float) -> Hand | None:
    """The hand of a gesture on this head; None where it would not meet it."""
    flip = np.array([side, 1.0, 1.0])
    anchor = owner.anchor(gesture.landmarks, side) + gesture.shift + rng.normal(0.0, _SHIFT, 3)
    jitter = turn_about(rng.normal(size=3), rng.normal(0.0, _TURN))
    rotation = jitter @ frame(np.array(gesture.fingers), np.array(gesture.back))
    outward = unit(np.array([gesture.outward]))[0]
    origin = anchor - owner.size * rotation @ gesture.contact
    hand = bent(owner, varied(rng, gesture.grip), rotation, origin, side)
    return pressed(hand, owner.skin, outward * flip, gesture.gap)


def bent(owner: Owner, grip: Grip, rotation: np.ndarray, origin: np.ndarray, side: float) -> Hand:
    """A hand with its wrist at `origin` (3,), its forearm towards the elbow as far as the wrist bends.

    rotation, origin: of a left hand at the left side, head space.
    """
    wrist = _towards(rotation.T @ (owner.elbows[0 if side > 0 else 1] - origin))
    points, flow = hand_mesh().posed(grip, wrist)
    flip = np.array([side, 1.0, 1.0])
    vertices = (owner.size * points @ rotation.T + origin) * flip
    return Hand(vertices, flow @ rotation.T * flip, rotation, origin, wrist, owner.size, side)


def pressed(hand: Hand, skin: SkinSurface, outward: np.ndarray, gap: float) -> Hand | None:
    """The hand moved along `outward` (3,) until it only just touches; flesh that still cuts the skin gives way."""
    arm = hand_mesh().arm
    depth = skin.depth(hand.vertices, outward)
    met = depth[~arm & (depth > -0.15)]
    if len(met) < 40:
        return None
    move = np.percentile(met, 98.0) - _PRESSED + gap
    near = depth[arm & (hand_mesh().vertices[:, 1] > -0.12) & (depth > -0.15)]
    if len(near):
        move = max(move, near.max() - 3.0 * _PRESSED)
    give = np.maximum(depth - move + _CLEAR, 0.0)
    moved = hand.vertices + outward * (move + give)[:, None]
    return replace(hand, vertices=moved, origin=hand.origin + outward * [hand.side, 1.0, 1.0] * move)


def varied(rng: np.random.Generator, grip: Grip) -> Grip:
    """A grip bent a little more or less, since no two hands bend alike."""
    knuckles, middles = (np.array(bends) for bends in (grip.knuckles, grip.middles))
    common = rng.normal(0.0, 4.0)
    knuckles = np.clip(knuckles + common + rng.normal(0.0, 3.0, 4), -12.0, 90.0)
    middles = np.clip(middles + common + rng.normal(0.0, 3.0, 4), 3.0, 105.0)
    return replace(
        grip,
        knuckles=tuple(knuckles.tolist()),
        middles=tuple(middles.tolist()),
        spread=grip.spread + rng.normal(0.0, 1.2),
        thumb=grip.thumb + rng.normal(0.0, 4.0),
    )


def _towards(direction: np.ndarray) -> np.ndarray:
    """(3, 3) the turn of the forearm, at rest along -y, to a direction in hand space, as far as a wrist bends."""
    aim = unit(direction[None])[0]
    angle = np.rad2deg(np.arccos(np.clip(-aim[1], -1.0, 1.0)))
    axis = np.cross([0.0, -1.0, 0.0], aim)
    if np.linalg.norm(axis) < 1e-6:
        return np.eye(3)
    return turn_about(axis, min(angle, _WRIST_LIMIT))


_MIRROR = (
    *range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1), 45, 44, 43, 42, 47, 46,
    39, 38, 37, 36, 41, 40, *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), 67, 66, 65,
)  # fmt: skip


def hand_parts(rng: np.random.Generator, owner: Owner, hands: list[Hand]) -> list[Part]:
    """The parts of hands and their sleeves, camera space."""
    mesh, placement = hand_mesh(), owner.placement
    tone = owner.person.tone * np.exp(rng.normal(0.0, 0.06)).astype(np.float32)
    palm = np.maximum(tone * [1.06, 0.97, 0.95], tone * 0.45 + np.array([0.20, 0.115, 0.085]) * 0.62)
    female = owner.person.identity.female > 0.5
    polished = rng.random() < (0.3 if female else 0.01)
    nail = np.exp(rng.normal(-1.6, 0.7, 3)).clip(0.01, 0.6) * [1.6, 0.7, 0.8] if polished else None
    shine, seed = rng.uniform(0.025, 0.045), rng.uniform(0.0, 6.0)
    sleeve = rng.uniform(-0.17, -0.035) if owner.cloth is not None and rng.random() < 0.75 else None
    parts = []
    for hand in hands:
        flow = (hand.flow @ placement.rotation.T).astype(np.float32)
        material = HandSkin(
            tone.astype(np.float32), mesh.vertices, flow, palm.astype(np.float32), nail, shine, seed
        )  # fmt: skip
        parts.append(hand_part(placement.to_camera(hand.vertices), material, hand.side))
        if sleeve is not None and owner.cloth is not None:
            parts.append(part("sleeve", [_sleeve(rng, hand, sleeve)], placement, Fabric(owner.cloth, placement)))
    return parts


def hand_part(vertices: np.ndarray, material: HandSkin, side: float) -> Part:
    """A hand to draw. vertices: (V, 3) metres, camera space; side: 1 of a left hand, -1 of a right one."""
    mesh, flipped = hand_mesh(), side < 0
    return Part(
        "hand",
        vertices.astype(np.float32),
        mesh.triangles[:, ::-1] if flipped else mesh.triangles,
        np.zeros((1, 2), np.float32),
        np.zeros_like(mesh.triangles),
        material,
        Segment.ACCESSORY,
        corners=mesh.corners[int(flipped)],
    )


def _sleeve(rng: np.random.Generator, hand: Hand, start: float) -> Solid:
    """From `start` metres along the forearm, hand space, to beyond the elbow; turned in at the cuff."""
    y = np.concatenate(([start - 0.012], np.linspace(start, -0.32, 16)))
    angle = np.linspace(0.0, 2.0 * np.pi, 22, endpoint=False)
    width = 0.038 + 0.115 * (0.02 - y) * rng.uniform(0.9, 1.25)
    width[0] *= 0.86
    ripple = np.sin(y * rng.uniform(150, 240) + 1.5 * np.sin(angle[:, None] + rng.uniform(0, 6)))
    radius = width * (1.0 + 0.045 * ripple * np.sin(2 * angle[:, None] + rng.uniform(0, 6)))  # (around, along)
    ring = np.stack((np.cos(angle)[:, None] * radius, np.broadcast_to(y, radius.shape),
                     0.82 * np.sin(angle)[:, None] * radius), axis=2)  # fmt: skip
    rest = surface(ring.transpose(1, 0, 2), around=True)
    return hand.solid(Solid(rest.vertices @ hand.wrist.T, rest.triangles, rest.uvs))


def make_hands(rng: np.random.Generator, owner: Owner, near: float) -> tuple[str, list[Part]]:
    """A word for the gesture and its parts; near: 1 where the head's left is nearer to the camera, -1 right."""
    name = one_of(rng, list(GESTURES), [gesture.share for gesture in GESTURES.values()])
    gesture = GESTURES[name]
    side = near if rng.random() < 0.7 else -near
    both = rng.random() < gesture.twin
    hands = [lay(rng, owner, gesture, sign) for sign in ((side, -side) if both else (side,))]
    there = [hand for hand in hands if hand is not None]
    return (name, hand_parts(rng, owner, there)) if there else ("none", [])


def wave(rng: np.random.Generator, owner: Owner, size: int) -> tuple[str, list[Part]]:
    """An open hand between the camera and the head, its palm to the camera, mostly beside the face."""
    placement = owner.placement
    distance = float(placement.translation[2])
    depth = max(distance * rng.uniform(*_WAVE_DEPTH), min(_WAVE_NEAREST, 0.8 * distance))
    middle = placement.project(np.zeros((1, 3)))[0]
    reach = placement.focal * 0.12 / distance  # pixels, half of a head
    angle = rng.uniform(0.0, 2.0 * np.pi)
    pixel = np.clip(middle + reach * rng.uniform(0.5, 1.5) * np.array([np.cos(angle), np.sin(angle)]), 0.0, size)
    place = np.append((pixel - placement.principal_point) * depth / placement.focal, depth)
    back = placement.rotation.T @ place / np.linalg.norm(place)
    fingers = placement.rotation.T @ [rng.normal(0.0, 0.35), -1.0, 0.0]
    side = 1.0 if rng.random() < 0.5 else -1.0
    flip = np.array([side, 1.0, 1.0])
    rotation = turn_about(rng.normal(size=3), rng.normal(0.0, 12.0)) @ frame(fingers * flip, back * flip)
    palm = placement.rotation.T @ (place - placement.translation) * flip
    grip = varied(rng, (FLAT, WIDE)[rng.integers(2)])
    hand = bent(owner, grip, rotation, palm - owner.size * rotation @ [0.0, 0.09, 0.0], side)
    return "towards the camera", hand_parts(rng, owner, [hand])
