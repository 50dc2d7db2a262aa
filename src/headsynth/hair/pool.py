"""Hair that grew beforehand: of each style a fixed number of heads, each a function of its key alone.

Counts weigh variety against memory, by eye, as the brightness of the inside is.
"""

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from headsynth.hair.beard import Beard, grow_beard
from headsynth.hair.brows import grow_brows
from headsynth.hair.ground import HairGround
from headsynth.hair.growth import HairPlan, grow, plan, shares
from headsynth.hair.hairlines import Hairline
from headsynth.hair.styles import HairStyle
from headsynth.hair.tails import make_tail
from headsynth.hair.tresses import Bound, Tresses
from headsynth.hair.undergrowth import LiftedPatch, Patch, beard_base, cap_of

LOSSES = (0.0, 0.12, 0.3, 0.55, 0.9)  # how far a hairline has gone back
HEADS = (24, 20, 12, 10, 8)  # of each style, at each of these
BEARDS, BROWS = 24, 48  # of each kind of beard; pairs of brows
_GAPS = (4, 7, 8), (0.75, 0.6, 0.45)  # segments of a lock; how bright the inside is that shows between locks
_HANGING = 0.55  # share of a lock beyond which it has left the head
_KEPT = 1400  # heads of hair in a process, all that there are; about 100 kB each


@dataclass(frozen=True)
class HeadOfHair:
    """The hair of one head, or its beard, grown on the template."""

    locks: tuple[Bound, ...]  # the hair, and a tail or bun
    inside: LiftedPatch


class Pool:
    """Grows what is asked for the first time, and keeps it."""

    def __init__(self, ground: HairGround, scalp: Patch, beard: Patch) -> None:
        self._ground, self._scalp, self._beard_patch = ground, scalp, beard
        self.head = lru_cache(maxsize=_KEPT)(self._head)
        self.beard = lru_cache(maxsize=len(HEADS) * BEARDS)(self._beard)
        self.brows = lru_cache(maxsize=BROWS)(self._brows)

    def _head(self, style: HairStyle, loss: int, number: int) -> HeadOfHair:
        """The head of hair with a style, a loss and a number; loss: index of LOSSES, number: below HEADS[loss]."""
        ground, rng = self._ground, _stream(style.word, loss, number)
        hairline = Hairline.sample(rng, LOSSES[loss])
        drawn = plan(rng, style, ground.scalp, hairline)
        locks = [Bound.of(ground, tresses_of(ground, drawn))]
        if style.tail:
            locks.append(Bound.of(ground, make_tail(rng, ground, drawn, style)))
        openness = float(np.interp(style.segments, *_GAPS))
        return HeadOfHair(tuple(locks), cap_of(ground, self._scalp, hairline, style.cap * drawn.volume, openness))

    def _beard(self, beard: Beard, number: int) -> HeadOfHair:
        """The grown beard of a kind with a number below BEARDS."""
        tresses = grow_beard(_stream(beard.word, number), self._ground, beard)
        return HeadOfHair((Bound.of(self._ground, tresses),), beard_base(self._ground, self._beard_patch, tresses))

    def _brows(self, number: int) -> Bound:
        """The pair of brows with a number below BROWS."""
        return Bound.of(self._ground, grow_brows(_stream("brows", number), self._ground))


def tresses_of(ground: HairGround, drawn: HairPlan) -> Tresses:
    """The locks of a plan, grown on the template."""
    places, away = grow(ground.space, drawn)
    style = drawn.style
    share = shares(style.segments) if style.field != "tie" else np.linspace(0, 1, style.segments + 1, dtype=np.float32)
    depth = np.clip(0.45 + 0.55 * drawn.layer, 0.0, 1.0)[:, None]
    out = np.clip(share * drawn.length[:, None] / 0.015, 0.0, 1.0)
    width = style.width * np.exp(0.2 * drawn.noise[:, 0]) * np.where(drawn.layer > 1.0, 0.8, 1.0)
    tresses = Tresses(
        drawn.roots, places, away, share, width.astype(np.float32), drawn.lock, drawn.code, drawn.noise,
        (depth * (0.55 + 0.45 * out)).astype(np.float32), style.solid,
    )  # fmt: skip
    return tresses.taken(drawn.kept).at(_seen(style, share))


def _seen(style: HairStyle, share: np.ndarray) -> np.ndarray:
    """Which places of a lock are kept once it has grown: straight hair needs few where it hangs."""
    places = np.arange(len(share))
    if style.wave or style.lock != "straight" or style.field == "tie":
        return places
    return places[(share < _HANGING) | ((places - places[-1]) % 2 == 0)]


def _stream(word: str, *numbers: int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(word.encode()), *numbers])
