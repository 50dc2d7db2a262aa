"""One person dressed: skin, eyes, hair, clothes and accessories as parts that can be rendered.

The shares of garments and the spread of their colours are by eye.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from headsynth.assets.wearable import Wearable
from headsynth.hair.hairdresser import make_hair
from headsynth.hair.salon import HairSalon
from headsynth.ingredients import Ingredients, Streams
from headsynth.people import mouth
from headsynth.people.base_mesh import EYE, SKIN, TONGUE, BaseMesh
from headsynth.people.eyes import make_eyes
from headsynth.people.person import Body, Person
from headsynth.people.skin import Skin
from headsynth.people.skin_library import SkinLibrary
from headsynth.people.skin_maker import make_skin
from headsynth.rendering.materials import Plain, Textured
from headsynth.rendering.scene import Material, Part
from headsynth.wear.accessories import ATTRIBUTES, make_accessories
from headsynth.wear.clothing.clothes import UNDRESSED, Clothing, Tailor
from headsynth.wear.fabrics import Cloth
from headsynth.wear.hides import Hides, Worn
from headsynth.wear.wardrobe import Wardrobe
from trans3dhead.data.segments import Segment

_GARMENTS, _UNDRESSED = 0.25, 0.08  # share of heads with a garment of the assets; of the others, without any
_LIPS = slice(48, 60)  # landmarks of their outer contour

HideMaker = Callable[[Streams, Wardrobe, Person, Worn], Hides]


def distribution() -> dict[str, Any]:
    """The share of heads with a garment of the assets, and of the others without any; the rest are generated."""
    return {"garments_of_assets": _GARMENTS, "undressed": _UNDRESSED}


@dataclass(frozen=True)
class Dressed:
    """What there is to draw of one person, and what can be said of it."""

    parts: tuple[Part, ...]  # camera space, the skin first
    attributes: dict[str, str]  # what is worn, the hair and the skin in words
    tone: np.ndarray  # (3,) linear, the skin's mean colour
    clothing: Clothing  # its parts are among `parts`


class Dresser:
    """Dresses people, each by their own random numbers; keeps what they share: hair and skins made once a process."""

    def __init__(self, wardrobe: Wardrobe) -> None:
        self.wardrobe = wardrobe
        self.salon = HairSalon(wardrobe.head, wardrobe.mesh, wardrobe.hair, wardrobe.brows, wardrobe.lashes)
        self.skins = SkinLibrary(wardrobe.head, wardrobe.mesh, wardrobe.folder.skins, bool(wardrobe.brows))

    def dress(
        self, person: Person, streams: Streams, ingredients: Ingredients, hide: HideMaker | None = None
    ) -> Dressed:
        """Draw all that a person wears. hide: draws what comes in front of the head, given what is worn by then;
        None: nothing comes there.
        """
        mesh, body = self.wardrobe.mesh, person.body
        accessories = make_accessories(streams, self.wardrobe, person) if ingredients.occlusion else {}
        draped = any(item.drapes for item in accessories.values())
        worn_parts = tuple(part for item in accessories.values() for part in item.parts)
        bent = mesh.neck.bend(body.posed, mesh.neck.weights, body.shoulders)
        clothing = self._clothing(person, streams, bent, draped)
        worn = Worn(bent, clothing.cloth, worn_parts, draped)
        hides = hide(streams, self.wardrobe, person, worn) if hide and ingredients.occlusion else Hides()
        hair = make_hair(self.salon, person, ingredients, streams, tuple(accessories.values()), hides.muffling)
        made = make_skin(self.skins, person, ingredients, streams, hair.bald)
        bare = self._bare(person, streams, bent, made.skin)
        attributes = {
            **dict.fromkeys(ATTRIBUTES, "none"),
            **{attribute: item.kind for attribute, item in accessories.items()},
            "clothes": clothing.name,
            **hides.attributes,
            **hair.attributes,
            **made.attributes,
        }
        parts = (*bare, *clothing.parts, *hair.parts, *worn_parts, *hides.parts)
        return Dressed(parts, attributes, made.skin.tone, clothing)

    def _bare(self, person: Person, streams: Streams, bent: np.ndarray, skin: Skin) -> list[Part]:
        """Skin, eyes and mouth. bent: (V, 3) the base mesh as drawn, metres, head space."""
        mesh, body = self.wardrobe.mesh, person.body
        vertices, marks = _to_camera(body, bent), self._landmarks(body)
        lips = _to_camera(body, marks[_LIPS])
        eyes = make_eyes(streams["eyeballs"], person, marks, mesh)
        return [
            self._skin_part(vertices, skin, lips),
            _of_base(mesh, "eyes", vertices, EYE, eyes, Segment.EYES),
            *self._mouth(person, streams["mouth"], vertices, marks, lips),
        ]

    def _skin_part(self, vertices: np.ndarray, skin: Skin, lips: np.ndarray) -> Part:
        """The skin as a part, without what lines the mouth where the lips do not show it.

        vertices: (V, 3) and lips: (12, 3), both camera space.
        """
        part, lining = _of_base(self.wardrobe.mesh, "skin", vertices, SKIN, skin, Segment.SKIN), self.skins.lining
        rows, corners = np.unique(part.triangles[lining], return_inverse=True)
        seen = mouth.between_lips(part.vertices[rows], lips)[corners.reshape(-1, 3)].any(axis=1)
        hidden: np.ndarray = np.zeros(len(part.triangles), bool)
        hidden[lining] = ~seen | mouth.backs(part, lining)
        shown = mouth.without(part, hidden)
        return replace(shown, segments=_segments(self.skins.mouth[~hidden]))

    def _landmarks(self, body: Body) -> np.ndarray:
        """(68, 3) with the expression, metres, head space."""
        head = self.wardrobe.head
        posed = np.ascontiguousarray(body.posed[: len(head.template)])
        return head.landmarks(torch.from_numpy(posed)[None])[0].numpy()

    def _mouth(
        self, person: Person, rng: np.random.Generator, vertices: np.ndarray, marks: np.ndarray, lips: np.ndarray
    ) -> list[Part]:
        """Tongue, and teeth where the lips may part.

        vertices: (V, 3) of the base mesh and lips: (12, 3), camera space; marks: (68, 3) head space.
        """
        light = mouth.MouthLight.of(person.body.placement, marks)
        gums, tongue = mouth.flesh(rng, person.complexion)
        flesh = mouth.Tongue(tongue, light)
        parts = [_of_base(self.wardrobe.mesh, "tongue", vertices, TONGUE, flesh, Segment.MOUTH)]
        if any(v > 0.08 for name, v in person.expression.items() if name.startswith(mouth.SHOWS)):
            white = mouth.enamel(rng, person.identity)
            for item in self.wardrobe.teeth[:1]:
                if item.texture is not None:
                    material = mouth.Teeth(item.texture, white, gums, light)
                    teeth = _of_asset(self.wardrobe.mesh, person.body, item, material, Segment.MOUTH)
                    seen = mouth.between_lips(teeth.vertices, lips)[teeth.triangles].any(axis=1)
                    seen &= ~mouth.backs(teeth, np.arange(len(seen)))
                    parts.append(mouth.cut_down(mouth.without(teeth, ~seen)))
        return parts

    def _clothing(self, person: Person, streams: Streams, bent: np.ndarray, draped: bool) -> Clothing:
        """A garment of the assets, a generated one, or nothing; draped: something lies on the shoulders."""
        rng, garments = streams["clothes"], self.wardrobe.clothes
        if garments and rng.random() < _GARMENTS and not draped:
            item = garments[rng.integers(len(garments))]
            return self._garment(item, person.body, rng, Cloth.sample(streams["cloth"], plain=0.9))
        if rng.random() < _UNDRESSED and not draped:
            return UNDRESSED
        return Tailor(streams["tailor"], self.wardrobe.mesh, person, bent).dress(draped)

    def _garment(self, item: Wearable, body: Body, rng: np.random.Generator, cloth: Cloth) -> Clothing:
        """One of the assets. cloth: what it and its sleeves are of; its texture in another colour, where it has one."""
        mesh = self.wardrobe.mesh
        if item.texture is None:
            part = _of_asset(mesh, body, item, Plain(cloth.colours[0], 0.02), Segment.CLOTHES)
            return Clothing(item.name, cloth, (part,))
        gain = np.clip(np.exp(rng.normal(0.0, 0.4) + rng.normal(0.0, 0.35, 3)), 0.2, 2.5).astype(np.float32)
        part = _of_asset(mesh, body, item, Textured(item.texture, gain, 0.015, 10.0), Segment.CLOTHES)
        return Clothing(item.name, replace(cloth, colours=np.clip(cloth.colours * gain, 0.01, 0.8)), (part,))


def _to_camera(body: Body, points: np.ndarray) -> np.ndarray:
    """(N, 3) metres, head space -> (N, 3) float32 camera space."""
    return body.placement.to_camera(points).astype(np.float32)


def _of_base(mesh: BaseMesh, name: str, vertices: np.ndarray, kind: int, material: Material, segment: Segment) -> Part:
    """A piece of the base mesh. vertices: (V, 3) camera space."""
    piece = mesh.pieces[kind]
    rows, uv_triangles = vertices[piece.rows], piece.uv_triangles
    return Part(name, rows, piece.triangles, mesh.uvs, uv_triangles, material, segment, corners=piece.corners)


def _of_asset(mesh: BaseMesh, body: Body, item: Wearable, material: Material, segment: Segment) -> Part:
    """An asset as a part on a person's body, in camera space."""
    points = mesh.fit(item.binding, body.neutral, body.posed)
    points = mesh.neck.bend(points, mesh.follow(item.binding), body.shoulders)
    vertices, corners = _to_camera(body, points), item.corners
    return Part(item.name, vertices, item.triangles, item.uvs, item.uv_triangles, material, segment, corners=corners)


def _segments(inside: np.ndarray) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Skin, and the inside of the mouth. inside: (F,) bool, the triangles that line the mouth."""
    bare = np.where(inside, Segment.MOUTH, Segment.SKIN).astype(np.uint8)
    return lambda triangles, weights: bare[triangles]
