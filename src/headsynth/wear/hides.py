"""What comes in front of a head, drawn for one person: mask, scarf, hands, held things, shapes near the camera."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from headsynth.ingredients import Streams
from headsynth.people.person import Person
from headsynth.people.poses import Placement
from headsynth.rendering.scene import Part
from headsynth.wear import masks
from headsynth.wear.accessory import Accessory
from headsynth.wear.clothing import scarves
from headsynth.wear.clothing.fabrics import Cloth
from headsynth.wear.foreground import make_foreground
from headsynth.wear.hands.hands import Owner, make_hands, wave
from headsynth.wear.hands.held import AT_THE_MOUTH, make_held
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


@dataclass
class Hides:
    """Parts in camera space and the attributes' words."""

    parts: list[Part] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=lambda: dict.fromkeys(ATTRIBUTES, "none"))
    muffling: list[Accessory] = field(default_factory=list)  # what presses beards and hides them

    def wear(self, attribute: str, word: str, parts: list[Part], face: masks.Face, placement: Placement) -> None:
        """A mask or a scarf."""
        self.attributes[attribute] = word
        self.parts += parts
        within = np.array([0.0, *face.marks[[48, 54], 1:].mean(axis=0)]) - [0.0, 0.0, _DEEP]
        on_face = attribute == "mask" or word == "gaiter"
        lid = Shell.of(parts[:1], placement, within, UPRIGHT, hides=on_face)
        self.muffling.append(Accessory(word, lid=lid))


def make_hides(
    streams: Streams,
    wardrobe: Wardrobe,
    person: Person,
    bent: np.ndarray,
    cloth: Cloth | None,
    worn: list[Part],
    size: int,
    draped: bool = False,
) -> Hides:
    """Everything that was drawn for this head; mostly nothing.

    bent: (V, 3) the base mesh as drawn, metres, head space; cloth: of the sleeves; worn: glasses and hats, which
    hands stay out of; size: pixels, the side of the photograph; draped: there is no room for a scarf.
    """
    hides, placement = Hides(), person.body.placement
    masked, scarfed, handed, fronted = (streams[name] for name in ("mask", "scarf", "hands", "foreground"))
    mask, scarf, hand = masked.random() < MASK, scarfed.random() < SCARF and not draped, handed.random()
    if mask or scarf or hand < HAND + HELD:
        face = face_of(wardrobe, person, bent)
        if scarf:
            word, parts = scarves.make_scarf(scarfed, wardrobe.mesh, bent, face, placement, cloth, gaiter=not mask)
            hides.wear("scarf", word, parts, face, placement)
            _wear(face.skin, parts, person)
        if mask:
            word, parts = masks.make_mask(masked, face, placement, carnival=not worn)
            hides.wear("mask", word, parts, face, placement)
            _wear(face.skin, parts[:1], person)
        if hand < HAND + HELD:
            _wear(face.skin, worn, person)
            owner = Owner.of(handed, person, wardrobe.mesh, face.marks, face.skin, cloth)
            _hand(handed, hides, owner, hand, size)
    if fronted.random() < FOREGROUND:
        word, parts = make_foreground(fronted, placement, size)
        hides.attributes["foreground"] = word
        hides.parts += parts
    return hides


def _hand(rng: np.random.Generator, hides: Hides, owner: Owner, draw: float, size: int) -> None:
    camera = -(owner.placement.rotation.T @ owner.placement.translation)
    near = 1.0 if camera[0] >= 0.0 else -1.0
    if draw >= HAND:
        covered = hides.attributes["mask"] != "none" or hides.attributes["scarf"] == "gaiter"
        hides.attributes["held"], parts = make_held(rng, owner, near, AT_THE_MOUTH if covered else ())
    elif rng.random() < _WAVE:
        hides.attributes["hand"], parts = wave(rng, owner, size)
    else:
        hides.attributes["hand"], parts = make_hands(rng, owner, near)
    hides.parts += parts


def _wear(skin: SkinSurface, parts: list[Part], person: Person) -> None:
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
