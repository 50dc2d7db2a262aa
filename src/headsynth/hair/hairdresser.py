"""All hair of one person: on the head, in the face, brows and lashes.

Shares are by eye; styles of the assets whose fringe hides an eye were made rarer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headsynth.assets.wearable import Wearable
from headsynth.hair.beard import choose_beard
from headsynth.hair.cards import make_part
from headsynth.hair.colours import HairColour
from headsynth.hair.hairlines import sample_loss
from headsynth.hair.pool import BEARDS, BROWS, HEADS, LOSSES
from headsynth.hair.salon import HairSalon
from headsynth.hair.styles import HairStyle, choose
from headsynth.hair.undergrowth import make_undergrowth
from headsynth.hair.variation import Variation
from headsynth.hair.worn import Look, make_worn
from headsynth.ingredients import Ingredients, Streams
from headsynth.people.person import Person
from headsynth.rendering.materials import srgb
from headsynth.rendering.scene import Part
from headsynth.shares import one_of
from headsynth.wear.accessory import Accessory

_BALD = 0.06  # share of heads without any hair on top
_BEARD_LOCKS = ("short", "curly", "coily")
_CURLS_FROM = 0.014  # metres, length of a beard
_SHORT = 4  # segments up to which a style is too short to vary
_BROWS_OF_ASSETS = 0.6
_OF_ASSETS = 0.25  # share of heads with hair, where there are assets
# How often an asset's style is worn; those whose fringe hides an eye are rarer.
_SHARES = {"short03": 0.45, "bob02": 0.35, "braid01": 0.7, "long01": 0.8, "ponytail01": 0.9}


def distribution() -> dict[str, Any]:
    """The shares of bald heads, of the assets' hair and brows where there are some, and of their styles."""
    return {"bald": _BALD, "of_assets": _OF_ASSETS, "brows_of_assets": _BROWS_OF_ASSETS, "less_often": dict(_SHARES)}


@dataclass(frozen=True)
class HairDone:
    """What was made and the attributes' words for it."""

    parts: tuple[Part, ...]
    attributes: dict[str, str]
    bald: bool  # nothing on the head but what the skin shows


def make_hair(
    salon: HairSalon,
    person: Person,
    ingredients: Ingredients,
    streams: Streams,
    worn: Sequence[Accessory] = (),
    muffled: Sequence[Accessory] = (),
) -> HairDone:
    """All hair of one person. worn: what presses hair to the head and hides it; muffled: what does so with beards."""
    return Hairdresser(salon, person, streams, worn, muffled).work(ingredients)


class Hairdresser:
    """Draws all hair of one person."""

    def __init__(
        self,
        salon: HairSalon,
        person: Person,
        streams: Streams,
        worn: Sequence[Accessory],
        muffled: Sequence[Accessory] = (),
    ) -> None:
        self.salon, self.mesh, self.person, self.streams = salon, salon.ground.mesh, person, streams
        self.worn, self.muffled = worn, muffled
        self.colour = HairColour.sample(streams["hair dye"], person)
        loss = sample_loss(streams["hairline"], person.identity.female, person.identity.age)
        self.loss = int(np.abs(np.array(LOSSES) - loss).argmin())

    def work(self, ingredients: Ingredients) -> HairDone:
        """Make all hair of the person; without the ingredient `hair`, brows and lashes alone."""
        style, head = self._head() if ingredients.hair else ("bald", [])
        word, beard = self._beard() if ingredients.hair else ("none", [])
        attributes = {"hair": style, "hair_colour": self.colour.word, "facial_hair": word}
        of_face = (replace(part, hides=False) for part in (*beard, *self._strips()))  # they belong to the skin
        return HairDone((*head, *of_face), attributes, bald=not head)

    def _head(self) -> tuple[str, list[Part]]:
        rng, identity = self.streams["hair"], self.person.identity
        if rng.random() < _BALD * (2.0 - 1.8 * identity.female) * min(identity.age / 30.0, 1.5):
            return "bald", []
        styles = [style for style in self.salon.hair if style.texture is not None]
        if styles and rng.random() < _OF_ASSETS:
            return self._of_assets(rng, one_of(rng, styles, [_SHARES.get(style.name, 1.3) for style in styles]))
        return self.grown(choose(rng, identity.female, identity.age, identity.ancestry))

    def _of_assets(self, rng: np.random.Generator, item: Wearable) -> tuple[str, list[Part]]:
        look = Look(self.colour, rng.uniform(0.3, 1.0), rng.uniform(0.25, 0.5), 0.55)
        flow = self.salon.flows[item.name]
        return item.name, [make_worn(self.mesh, item, flow, self.person.body, look, self.worn)]

    def grown(self, style: HairStyle) -> tuple[str, list[Part]]:
        """The word for a style, and the parts of hair grown in it: undergrowth, then locks."""
        rng, body = self.streams["grown hair"], self.person.body
        head = self.salon.pool.head(style, self.loss, int(rng.integers(HEADS[self.loss])))
        shine = rng.uniform(0.25, 1.0) * (0.4 if style.lock == "coily" or style.segments <= _SHORT else 1.0)
        variation = Variation(mirrored=bool(rng.random() < 0.5))
        if not style.tail and style.segments > _SHORT:  # tied hair has to meet where it is tied
            variation = Variation.sample(rng, style.volume[1])
        texture, ground = self.salon.textures[style.lock], self.salon.ground
        parts = [make_undergrowth(ground, head.inside, body, self.colour, self.worn)]
        for bound in head.locks:
            parts.append(make_part(ground, bound, body, texture, self.colour, shine, self.worn, variation))
        return style.word, parts

    def _beard(self) -> tuple[str, list[Part]]:
        rng, identity = self.streams["beard"], self.person.identity
        beard = choose_beard(rng, identity.female, identity.age)
        if beard is None:
            return "none", []
        head = self.salon.pool.beard(beard, int(rng.integers(BEARDS)))
        colour = self.colour.of_face(rng, self.person)
        lock = _BEARD_LOCKS[rng.choice(len(_BEARD_LOCKS), p=[0.55, 0.25, 0.2])]
        if max(beard.chin[1], beard.lip[1]) < _CURLS_FROM:
            lock = "short"
        texture, worn = self.salon.textures[lock], (*self.worn, *self.muffled)
        variation = Variation(mirrored=bool(rng.random() < 0.5))
        (tresses,) = head.locks
        part = make_part(self.salon.ground, tresses, self.person.body, texture, colour, 0.3, worn, variation)
        skin = make_undergrowth(self.salon.ground, head.inside, self.person.body, colour, worn)
        return beard.word, [skin, replace(part, name="beard")]

    def _brows(self, rng: np.random.Generator, colour: HairColour) -> Part:
        """The part of both brows: a strip of the assets, or generated locks."""
        body, brows = self.person.body, self.salon.brows
        if brows and rng.random() < _BROWS_OF_ASSETS:
            item = brows[rng.integers(len(brows))]
            look = Look(colour, 0.1, 0.0, 0.7)
            return make_worn(self.mesh, item, self.salon.flows[item.name], body, look)
        tresses, texture = self.salon.pool.brows(int(rng.integers(BROWS))), self.salon.textures["short"]
        mirrored = Variation(mirrored=bool(rng.random() < 0.5))
        part = make_part(self.salon.ground, tresses, body, texture, colour, 0.15, variation=mirrored)
        return replace(part, name="brows")

    def _strips(self) -> list[Part]:
        """The parts of brows, and of lashes where there are assets."""
        rng, body, lashes = self.streams["brows and lashes"], self.person.body, self.salon.lashes
        parts = [self._brows(rng, self.colour.of_face(rng, self.person))]
        if lashes and rng.random() < 0.85:
            item = lashes[rng.integers(len(lashes))]
            dark = replace(self.colour, strand=srgb(24, 19, 17), grey=0.0)
            look = Look(dark, 0.1, 0.0, 0.5, rng.uniform(0.3, 0.9))
            parts.append(make_worn(self.mesh, item, self.salon.flows[item.name], body, look))
        return parts
