"""What comes in front of a head, drawn for one person: mask, scarf, hands, held things, shapes near the camera.

Shares are by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from headsynth.ingredients import Streams
from headsynth.people.person import Person
from headsynth.rendering.placement import Placement
from headsynth.rendering.scene import Part
from headsynth.wear import masks
from headsynth.wear.accessory import Accessory
from headsynth.wear.clothing import scarves
from headsynth.wear.fabrics import Cloth
from headsynth.wear.foreground import make_foreground
from headsynth.wear.hands.hands import Owner, make_hands, wave
from headsynth.wear.hands.held import make_held
from headsynth.wear.shell import UPRIGHT, Shell
from headsynth.wear.skin_surface import SkinSurface
from headsynth.wear.wardrobe import Wardrobe

# Shares of heads. Hands and held things exclude each other.
MASK, SCARF, HAND, HELD, FOREGROUND = 0.05, 0.08, 0.10, 0.06, 0.04
_WAVE = 0.12  # of hands: towards the camera instead of at the face
_DEEP = 0.06  # metres behind the mouth, from where beards are seen to be beneath cloth
ATTRIBUTES = ("mask", "scarf", "hand", "held", "foreground")


def distribution() -> dict[str, Any]:
    """The shares of heads that each thing comes in front of; hands and held things exclude each other."""
    things = {"mask": MASK, "scarf": SCARF, "hand": HAND, "held": HELD, "foreground": FOREGROUND}
    return {**things, "hands_towards_the_camera": _WAVE}


@dataclass(frozen=True)
class Worn:
    """What a person wears before anything comes in front of the head."""

    bent: np.ndarray  # (V, 3) the base mesh as drawn, its shoulders bent, metres, head space
    cloth: Cloth | None  # of the sleeves; None: bare arms
    accessories: tuple[Part, ...] = ()  # glasses and hats, which hands stay out of; camera space
    draped: bool = False  # something lies on the shoulders: there is no room for a scarf


@dataclass(frozen=True)
class Hides:
    """What was drawn, and the attributes' words for it."""

    parts: tuple[Part, ...] = ()  # camera space
    attributes: dict[str, str] = field(default_factory=lambda: dict.fromkeys(ATTRIBUTES, "none"))
    muffling: tuple[Accessory, ...] = ()  # what presses beards and hides them

    def plus(self, attribute: str, word: str, parts: Sequence[Part]) -> "Hides":
        """The same and one thing more, with the word for it."""
        return replace(self, parts=(*self.parts, *parts), attributes={**self.attributes, attribute: word})

    def plus_cloth(self, attribute: str, cloth: Accessory, face: masks.Face, placement: Placement) -> "Hides":
        """With a mask or a scarf, under which beards lie."""
        within = np.array([0.0, *face.marks[[48, 54], 1:].mean(axis=0)]) - [0.0, 0.0, _DEEP]
        lid = Shell.of(cloth.parts[:1], placement, within, UPRIGHT, hides=cloth.on_face)
        more = self.plus(attribute, cloth.kind, cloth.parts)
        return replace(more, muffling=(*self.muffling, replace(cloth, lid=lid)))

    @property
    def on_face(self) -> bool:
        """Whether something lies on the face, so that nothing can be eaten or drunk."""
        return any(item.on_face for item in self.muffling)


def make_hides(streams: Streams, wardrobe: Wardrobe, person: Person, worn: Worn, size: int) -> Hides:
    """Everything that was drawn for this head; mostly nothing. size: pixels, the side of the photograph."""
    hides, placement = Hides(), person.body.placement
    masked, scarfed, handed, fronted = (streams[name] for name in ("mask", "scarf", "hands", "foreground"))
    mask, scarf, hand = masked.random() < MASK, scarfed.random() < SCARF and not worn.draped, handed.random()
    if mask or scarf or hand < HAND + HELD:
        face = face_of(wardrobe, person, worn.bent)
        if scarf:
            cloth = scarves.make_scarf(scarfed, wardrobe.mesh, worn.bent, face, placement, worn.cloth, gaiter=not mask)
            hides = hides.plus_cloth("scarf", cloth, face, placement)
            _wear(face.skin, cloth.parts, person)
        if mask:
            cloth = masks.make_mask(masked, face, placement, carnival=not worn.accessories)
            hides = hides.plus_cloth("mask", cloth, face, placement)
            _wear(face.skin, cloth.parts[:1], person)
        if hand < HAND + HELD:
            _wear(face.skin, worn.accessories, person)
            owner = Owner.of(handed, person, wardrobe.mesh, face.marks, face.skin, worn.cloth)
            hides = _with_hand(handed, hides, owner, hand, size)
    if fronted.random() < FOREGROUND:
        hides = hides.plus("foreground", *make_foreground(fronted, placement, size))
    return hides


def _with_hand(rng: np.random.Generator, hides: Hides, owner: Owner, draw: float, size: int) -> Hides:
    """Hands, or what they hold, before the head. draw: 0..1, which of both, by their shares; size: of the photograph,
    pixels.
    """
    camera = -(owner.placement.rotation.T @ owner.placement.translation)
    near = 1.0 if camera[0] >= 0.0 else -1.0
    if draw >= HAND:
        return hides.plus("held", *make_held(rng, owner, near, to_mouth=not hides.on_face))
    if rng.random() < _WAVE:
        return hides.plus("hand", *wave(rng, owner, size))
    return hides.plus("hand", *make_hands(rng, owner, near))


def _wear(skin: SkinSurface, parts: Sequence[Part], person: Person) -> None:
    """What is worn counts as skin for what comes after it. parts: camera space."""
    placement = person.body.placement
    for part in parts:
        skin.add((part.vertices - placement.translation) @ placement.rotation, part.triangles)


def face_of(wardrobe: Wardrobe, person: Person, bent: np.ndarray) -> masks.Face:
    """Landmarks, ears and skin of a posed head; bent: (V, 3) the base mesh as drawn, metres, head space."""
    head = wardrobe.head
    posed = torch.from_numpy(person.body.posed[: len(head.template)])
    marks = head.landmarks(posed[None])[0].numpy().astype(np.float64)
    ears = head.subsets["ears"].numpy()
    left = wardrobe.mesh.template[ears, 0] > 0.0
    both = person.body.posed[ears[left]], person.body.posed[ears[~left]]
    return masks.Face(marks, both, SkinSurface(wardrobe.mesh, bent))
