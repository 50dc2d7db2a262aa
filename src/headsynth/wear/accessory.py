"""What a person may wear: a word for it, its parts, the hair that it covers, and what may be worn with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from headsynth.rendering.scene import Part


class Lid(Protocol):
    """What presses hair to the head and hides it."""

    def press(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, 3) points of hair, metres, head space, shoulders not yet bent -> where they lie beneath or below the
        lid, and (N,) bool: out of sight under it.
        """
        ...


@dataclass(frozen=True)
class Room:
    """What may be worn together with a thing on the head."""

    at_ears: bool = True  # anything in or on the ears
    for_band: bool = True  # the band of headphones over the head
    for_strap: bool = True  # the strap of goggles about the head
    for_dark_glasses: bool = True  # a pair with dark lenses


AMPLE = Room()  # for all of these


@dataclass(frozen=True)
class Accessory:
    """One thing, placed on one person."""

    kind: str = "none"  # the attribute's word
    parts: tuple[Part, ...] = ()  # camera space
    cover: np.ndarray | None = None  # (V,) bool, a value a vertex of the base mesh: hair that grows there is hidden
    lid: Lid | None = None  # for hair that grows elsewhere
    drapes: bool = False  # lies on the shoulders, where a garment of the assets would come through
    on_face: bool = False  # lies on the face: hides what is beneath, and nothing goes to the mouth
    room: Room = AMPLE


def pressed(points: np.ndarray, roots: np.ndarray, worn: Sequence[Accessory]) -> tuple[np.ndarray, np.ndarray]:
    """Hair under what is worn: (N, 3) points pressed by lids, and (N,) bool: out of sight.

    points: metres, head space, shoulders not yet bent; roots: (N,) rows of the base mesh on which each point hangs.
    """
    hidden = np.zeros(len(points), bool)
    for item in worn:
        if item.lid is not None:
            points, under = item.lid.press(points)
            hidden |= under
        elif item.cover is not None:
            hidden |= item.cover[roots]
    return points, hidden
