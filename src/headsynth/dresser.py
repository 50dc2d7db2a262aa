"""One person dressed: skin, eyes, hair, clothes and accessories as parts that can be rendered."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from headsynth.hair.hairdresser import make_hair
from headsynth.ingredients import Ingredients, Streams
from headsynth.people import mouth
from headsynth.people.base_mesh import EYE, SKIN, TONGUE
from headsynth.people.eyes import make_eyes
from headsynth.people.person import Person
from headsynth.people.regions import FaceRegions
from headsynth.people.skin import Skin
from headsynth.people.skin_maker import SkinMaker
from headsynth.rendering.materials import Plain, Textured
from headsynth.rendering.scene import Material, Part
from headsynth.wear.accessories import ATTRIBUTES, make_accessories
from headsynth.wear.accessory import Accessory
from headsynth.wear.clothing.clothes import Clothing, Tailor
from headsynth.wear.clothing.fabrics import Cloth
from headsynth.wear.hides import Hides, make_hides
from headsynth.wear.wardrobe import Wardrobe
from headsynth.wear.wearable import Wearable
from trans3dhead.data.segments import Segment

_GARMENTS, _UNDRESSED = 0.25, 0.08  # share of heads with a garment of the assets; of the others, without any


def distribution() -> dict[str, Any]:
    """The share of heads with a garment of the assets, and of the others without any; the rest are generated."""
    return {"garments_of_assets": _GARMENTS, "undressed": _UNDRESSED}


class Dresser:
    """Draws the looks of one person and turns them into parts."""

    def __init__(
        self,
        wardrobe: Wardrobe,
        regions: FaceRegions,
        person: Person,
        ingredients: Ingredients,
        streams: Streams,
        size: int = 256,
    ) -> None:
        """size: pixels, the side of the photograph."""
        self.wardrobe, self.regions, self.person, self.ingredients = wardrobe, regions, person, ingredients
        self.body, self.size = person.body, size
        self.random = {name: streams[name] for name in ("clothes", "cloth")}
        self.streams = streams
        self.attributes: dict[str, str] = {}
        self.tone = person.tone  # (3,) linear mean colour of the skin, as `parts` draws it

    def parts(self) -> list[Part]:
        """Everything to draw, camera space."""
        mesh = self.wardrobe.mesh
        worn = self._accessories()
        draped = any(item.drapes for item in worn)
        bent = mesh.neck.bend(self.body.posed, mesh.neck.weights, self.body.shoulders)
        clothing = self._clothing(bent, draped)
        accessories = [part for item in worn for part in item.parts]
        hides = self._hides(bent, clothing, accessories, draped)
        hair = make_hair(self.wardrobe, self.person, self.ingredients, self.streams, worn, hides.muffling)
        self.attributes |= hair.attributes
        vertices = self._to_camera(bent)
        marks = self._landmarks()
        eyes = make_eyes(self.streams["eyeballs"], self.person, marks, mesh)
        lips = self._to_camera(marks[48:60])
        parts = [
            self._skin_part(vertices, self._skin(), lips),
            self._of_base("eyes", vertices, EYE, eyes, Segment.EYES),
            *self._mouth(vertices, marks),
        ]
        parts += [*clothing.parts, *hair.parts]
        return parts + accessories + hides.parts

    def _hides(self, bent: np.ndarray, clothing: Clothing, worn: list[Part], draped: bool) -> Hides:
        """What comes in front of the head. bent: (V, 3) the base mesh as drawn, head space."""
        if not self.ingredients.occlusion:
            self.attributes.update(Hides().attributes)
            return Hides()
        sleeves = clothing.cloth
        hides = make_hides(self.streams, self.wardrobe, self.person, bent, sleeves, worn, self.size, draped)
        self.attributes.update(hides.attributes)
        return hides

    def _accessories(self) -> list[Accessory]:
        """What is worn, in the order in which it was put on; the attributes learn of it."""
        if not self.ingredients.occlusion:
            self.attributes.update(dict.fromkeys(ATTRIBUTES, "none"))
            return []
        worn = make_accessories(self.streams, self.wardrobe, self.person)
        self.attributes.update({attribute: item.kind for attribute, item in worn.items()})
        return list(worn.values())

    def _to_camera(self, points: np.ndarray) -> np.ndarray:
        return self.body.placement.to_camera(points).astype(np.float32)

    def _of_base(
        self,
        name: str,
        vertices: np.ndarray,
        kind: int,
        material: Material,
        segment: Segment,
    ) -> Part:
        """A piece of the base mesh. vertices: (V, 3) camera space."""
        mesh, piece = self.wardrobe.mesh, self.wardrobe.mesh.pieces[kind]
        return Part(
            name,
            vertices[piece.rows],
            piece.triangles,
            mesh.uvs,
            piece.uv_triangles,
            material,
            segment,
            corners=piece.corners,
        )

    def _worn(self, item: Wearable, material: Material, segment: Segment) -> Part:
        """An asset on this head."""
        mesh = self.wardrobe.mesh
        points = mesh.fit(item.binding, self.body.neutral, self.body.posed)
        points = mesh.neck.bend(points, mesh.follow(item.binding), self.body.shoulders)
        vertices = self._to_camera(points)
        return Part(
            item.name, vertices, item.triangles, item.uvs, item.uv_triangles, material, segment, corners=item.corners
        )

    def _skin(self) -> Skin:
        maker = SkinMaker(self.wardrobe, self.regions, self.person, self.ingredients, self.streams)
        skin = maker.skin(self.attributes["hair"] == "bald")
        self.attributes |= maker.attributes
        self.tone = skin.tone
        return skin

    def _skin_part(self, vertices: np.ndarray, skin: Skin, lips: np.ndarray) -> Part:
        """Without what lines the mouth where the lips do not show it. vertices: camera space, lips: (12, 3) too."""
        part, lining = self._of_base("skin", vertices, SKIN, skin, Segment.SKIN), self.wardrobe.lining
        rows, corners = np.unique(part.triangles[lining], return_inverse=True)
        seen = mouth.between_lips(part.vertices[rows], lips)[corners.reshape(-1, 3)].any(axis=1)
        hidden: np.ndarray = np.zeros(len(part.triangles), bool)
        hidden[lining] = ~seen | mouth.backs(part, lining)
        shown = mouth.without(part, hidden)
        return replace(shown, segments=_segments(self.wardrobe.mouth[~hidden]))

    def _landmarks(self) -> np.ndarray:
        """(68, 3) with the expression, metres, head space."""
        head = self.wardrobe.head
        posed = np.ascontiguousarray(self.body.posed[: len(head.template)])
        return head.landmarks(torch.from_numpy(posed)[None])[0].numpy()

    def _mouth(self, vertices: np.ndarray, marks: np.ndarray) -> list[Part]:
        """Tongue, and teeth where the lips may part. vertices: (V, 3) of the base mesh, camera space."""
        rng, placement = self.streams["mouth"], self.body.placement
        light = mouth.MouthLight.of(placement, marks)
        gums, tongue = mouth.flesh(rng, self.person.complexion)
        parts = [self._of_base("tongue", vertices, TONGUE, mouth.Tongue(tongue, light), Segment.MOUTH)]
        if any(v > 0.08 for name, v in self.person.expression.items() if name.startswith(mouth.SHOWS)):
            white = mouth.enamel(rng, self.person.identity)
            lips = self._to_camera(marks[48:60])
            for item in self.wardrobe.wearables("teeth")[:1]:
                if item.texture is not None:
                    teeth = self._worn(item, mouth.Teeth(item.texture, white, gums, light), Segment.MOUTH)
                    seen = mouth.between_lips(teeth.vertices, lips)[teeth.triangles].any(axis=1)
                    seen &= ~mouth.backs(teeth, np.arange(len(seen)))
                    parts.append(mouth.cut_down(mouth.without(teeth, ~seen)))
        return parts

    def _clothing(self, bent: np.ndarray, draped: bool) -> Clothing:
        """A garment of the assets, a generated one, or nothing; draped: something lies on the shoulders."""
        rng, garments = self.random["clothes"], self.wardrobe.wearables("clothes")
        if garments and rng.random() < _GARMENTS and not draped:
            clothing = self._garment(garments[rng.integers(len(garments))])
        elif rng.random() < _UNDRESSED and not draped:
            clothing = Clothing("none", None, ())
        else:
            clothing = Tailor(self.streams["tailor"], self.wardrobe.mesh, self.person, bent).dress(draped)
        self.attributes["clothes"] = clothing.name
        return clothing

    def _garment(self, item: Wearable) -> Clothing:
        rng = self.random["clothes"]
        cloth = Cloth.sample(self.random["cloth"], plain=0.9)
        if item.texture is None:
            return Clothing(item.name, cloth, (self._worn(item, Plain(cloth.colours[0], 0.02), Segment.CLOTHES),))
        gain = np.clip(np.exp(rng.normal(0.0, 0.4) + rng.normal(0.0, 0.35, 3)), 0.2, 2.5).astype(np.float32)
        part = self._worn(item, Textured(item.texture, gain, 0.015, 10.0), Segment.CLOTHES)
        return Clothing(item.name, replace(cloth, colours=np.clip(cloth.colours * gain, 0.01, 0.8)), (part,))


def _segments(inside: np.ndarray) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Skin, and the inside of the mouth. inside: (F,) bool, the triangles that line the mouth."""
    bare = np.where(inside, Segment.MOUTH, Segment.SKIN).astype(np.uint8)
    return lambda triangles, weights: bare[triangles]
