"""One person dressed: skin, eyes, hair, clothes and accessories as parts that can be rendered."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from trans3dhead.data.segments import Segment
from trans3dhead.synth.ingredients import Ingredients, Streams
from trans3dhead.synth.people import looks
from trans3dhead.synth.people.base_mesh import EYE, SKIN, TONGUE
from trans3dhead.synth.people.person import Person
from trans3dhead.synth.people.regions import FaceRegions
from trans3dhead.synth.rendering.materials import Eyes, Plain, Skin, Strands, Textured, srgb
from trans3dhead.synth.rendering.scene import Material, Part
from trans3dhead.synth.rendering.textures import Texture
from trans3dhead.synth.rendering.vectors import vertex_normals
from trans3dhead.synth.wear.glasses import make_glasses
from trans3dhead.synth.wear.wardrobe import Wardrobe, Wearable

_MOUTH_SHOWS = ("jawOpen", "mouthUpperUp", "mouthLowerDown", "mouthFunnel")
_BALD = 0.12
# How often a style is worn; those whose fringe hides an eye are rarer.
_SHARES = {"short03": 0.45, "bob02": 0.45, "braid01": 0.7, "long01": 0.8, "ponytail01": 0.9}


class Dresser:
    """Draws the looks of one person and turns them into parts."""

    def __init__(
        self, wardrobe: Wardrobe, regions: FaceRegions, person: Person, ingredients: Ingredients, streams: Streams
    ) -> None:
        self.wardrobe, self.regions, self.person, self.ingredients = wardrobe, regions, person, ingredients
        self.body = person.body
        self.random = {name: streams[name] for name in ("skin", "stubble", "hair", "eyes", "clothes", "cloth")}
        self.streams = streams
        self.attributes = {"hair_colour": person.hair_name}

    def parts(self) -> list[Part]:
        """Everything to draw, camera space."""
        mesh = self.wardrobe.mesh
        garment = self._garment()
        hair = self._hair()
        bent = mesh.neck.bend(self.body.posed, mesh.neck.weights, self.body.shoulders)
        skin = self._skin(bare=garment is not None)
        if skin.cloth is not None:
            bent = self._thicken(bent, skin)
        vertices = self._to_camera(bent)
        parts = [
            replace(self._of_base("skin", vertices, SKIN, skin, Segment.SKIN), segments=self._skin_segments(skin)),
            self._of_base("eyes", vertices, EYE, self._eyes(), Segment.EYES),
            self._of_base("tongue", vertices, TONGUE, Plain(srgb(150, 72, 70), 0.04, 30.0), Segment.MOUTH),
        ]
        parts += [part for part in (garment, *hair, *self._strips()) if part is not None]
        if any(self.person.expression.get(name, 0.0) > 0.08 for name in self._mouth_names()):
            parts += self._teeth()
        return parts + self._accessories()

    def _accessories(self) -> list[Part]:
        if not self.ingredients.occlusion:
            self.attributes["glasses"] = "none"
            return []
        glasses = make_glasses(self.streams["glasses"], self.wardrobe.mesh, self.body)
        self.attributes["glasses"] = glasses.kind
        return list(glasses.parts)

    def _teeth(self) -> list[Part]:
        gain = np.array([2.0, 1.9, 1.7], np.float32)
        return [
            self._worn(item, Textured(item.texture, gain, 0.04, 60.0, floor=0.35), Segment.MOUTH)
            for item in self.wardrobe.wearables("teeth")[:1]
            if item.texture is not None
        ]

    def _mouth_names(self) -> list[str]:
        return [name for name in self.person.expression if name.startswith(_MOUTH_SHOWS)]

    def _to_camera(self, points: np.ndarray) -> np.ndarray:
        return self.body.placement.to_camera(points).astype(np.float32)

    def _of_base(self, name: str, vertices: np.ndarray, kind: int, material: Material, segment: Segment) -> Part:
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

    def _worn(
        self,
        item: Wearable,
        material: Material,
        segment: Segment,
        cut: bool = False,
        outward: float = 0.0,
        density: float = 1.0,
    ) -> Part:
        """An asset on this head; outward > 0 turns the normals of thin cards that much away from the head's middle."""
        mesh = self.wardrobe.mesh
        points = mesh.fit(item.binding, self.body.neutral, self.body.posed)
        points = mesh.neck.bend(points, mesh.follow(item.binding), self.body.shoulders)
        normals = None
        if outward > 0.0:
            away = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-6)
            normals = vertex_normals(points.astype(np.float32), item.triangles)
            normals *= np.where(np.einsum("nc,nc->n", normals, away) < 0.0, -1.0, 1.0)[:, None]
            normals = (1.0 - outward) * normals + outward * away
            normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
            normals = (normals @ self.body.placement.rotation.T).astype(np.float32)
        return Part(
            item.name,
            self._to_camera(points),
            item.triangles,
            item.uvs,
            item.uv_triangles,
            material,
            segment,
            item.texture if cut else None,
            item.opacity if cut else None,
            normals=normals,
            density=density,
            corners=item.corners,
        )

    def _skin(self, bare: bool) -> Skin:
        rng, mesh = self.random["skin"], self.wardrobe.mesh
        texture, gain = self._skin_texture()
        stubble = self._stubble()
        vee = rng.uniform(0.2, 0.9) if rng.random() < 0.3 else 0.0
        drop = rng.uniform(0.03, 0.045) if rng.random() < 0.15 else rng.uniform(0.055, 0.085)
        neckline = (float(mesh.neck.pivot[1] - drop), rng.uniform(0.45, 0.85), vee)
        clothes = self.random["cloth"]
        cloth = None if bare or clothes.random() < 0.12 else looks.cloth(clothes)
        self.attributes.setdefault("clothes", "none" if cloth is None else cloth.pattern)
        rows = mesh.pieces[SKIN].rows
        return Skin(
            texture=texture,
            gain=gain,
            tone=self.person.tone,
            rest=mesh.template[rows],
            plain=mesh.neck.weights[rows],
            shine=rng.uniform(0.02, 0.05),
            stubble=stubble[rows],
            stubble_colour=self.person.hair_colour * 0.6 + self.person.tone * 0.15,
            blush=self.regions.blush[rows],
            cloth=cloth,
            neckline=neckline,
        )

    def _skin_segments(self, skin: Skin) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
        """Cloth below the neckline, and the inside of the mouth."""
        corners = self.wardrobe.mesh.pieces[SKIN].triangles
        bare = np.where(self.wardrobe.mouth, Segment.MOUTH, Segment.SKIN).astype(np.uint8)
        clothed = skin.clothed(skin.rest)[corners].sum(axis=1)  # corners

        def classes(triangles: np.ndarray, weights: np.ndarray) -> np.ndarray:
            found = bare[triangles]
            found[clothed[triangles] == 3] = Segment.CLOTHES
            edge = np.flatnonzero(clothed[triangles] % 3)
            rest = np.einsum("nk,nkc->nc", weights[edge], skin.rest[corners[triangles[edge]]])
            found[edge[skin.clothed(rest)]] = Segment.CLOTHES
            return found

        return classes

    def _skin_texture(self) -> tuple[Texture | None, np.ndarray]:
        """A skin, the dark ones for dark tones, and the factors (3,) that give it this person's tone."""
        rng, skins = self.random["skin"], self.wardrobe.folder.skins
        self.attributes["skin"] = "procedural"
        if not skins:
            return None, self.person.tone
        dark = self.person.complexion + rng.normal(0.0, 0.08) > 0.66
        fitting = [path for path in skins if ("dark" in path.stem) == dark] or list(skins)
        path = fitting[rng.integers(len(fitting))]
        self.attributes["skin"] = path.stem.removesuffix("_diffuse")
        chosen = self.wardrobe.skin(path)
        return chosen.texture, np.clip(self.person.tone / chosen.mean, 0.35, 2.2)

    def _stubble(self) -> np.ndarray:
        """(V,) where the skin shows short hair: beard, scalp, and brows where no brow strips are."""
        rng, regions = self.random["stubble"], self.regions
        stubble: np.ndarray = np.zeros(len(self.wardrobe.mesh.template), np.float32)
        if rng.random() < 0.22:
            stubble = regions.beard * rng.uniform(0.1, 0.55)
        if rng.random() < (0.5 if self.attributes["hair"] == "bald" else 0.95):
            stubble = np.maximum(stubble, regions.scalp * rng.uniform(0.4, 0.9))
        if not self.wardrobe.wearables("brows"):
            stubble = np.maximum(stubble, regions.brows * 0.8)
        return stubble

    def _thicken(self, points: np.ndarray, skin: Skin) -> np.ndarray:
        """Cloth stands off the skin by a few millimetres."""
        height, slope, vee = skin.neckline
        rest = self.wardrobe.mesh.template
        depth = height - slope * rest[:, 2] + vee * np.minimum(np.abs(rest[:, 0]), 0.08) - rest[:, 1]
        normals = vertex_normals(points.astype(np.float32), self.wardrobe.mesh.triangles)
        return points + normals * (0.006 * np.clip(depth / 0.01, 0.0, 1.0))[:, None]

    def _eyes(self) -> Eyes:
        rng, placement = self.random["eyes"], self.body.placement
        centres, gaze = self.body.gaze(self.wardrobe.mesh)
        sclera = srgb(214, 206, 200) * np.exp(rng.normal(0.0, 0.12) + rng.normal(0.0, 0.03, 3))
        return Eyes(
            placement.to_camera(centres),
            gaze @ placement.rotation.T,
            placement.rotation @ [0.0, 1.0, 0.0],
            looks.iris_colour(rng, self.person.complexion),
            sclera,
            np.deg2rad(rng.uniform(21.5, 24.5)),
            rng.uniform(0.25, 0.55),
            int(rng.integers(2**31)),
        )

    def _strands(self, item: Wearable, colour: np.ndarray, shine: float, contrast: float = 0.8) -> Strands:
        return Strands(item.texture, colour, item.level, contrast, shine)

    def _hair(self) -> list[Part]:
        rng = self.random["hair"]
        styles = [style for style in self.wardrobe.wearables("hair") if style.texture is not None]
        self.attributes["hair"] = "bald"
        if not styles or not self.ingredients.hair or rng.random() < _BALD:
            return []
        share = np.array([_SHARES.get(style.name, 1.3) for style in styles])
        style = styles[rng.choice(len(styles), p=share / share.sum())]
        self.attributes["hair"] = style.name
        material = self._strands(style, self.person.hair_colour, rng.uniform(0.02, 0.06), rng.uniform(0.4, 0.9))
        return [self._worn(style, material, Segment.HAIR, cut=True, outward=0.55)]

    def _strips(self) -> list[Part]:
        """Brows and lashes."""
        rng = self.random["eyes"]
        parts = []
        brows, lashes = self.wardrobe.wearables("brows"), self.wardrobe.wearables("lashes")
        if brows:
            item = brows[rng.integers(len(brows))]
            colour = self.person.hair_colour * rng.uniform(0.5, 0.9)
            parts.append(self._worn(item, self._strands(item, colour, 0.01, 0.0), Segment.HAIR, cut=True, outward=0.7))
        if lashes and rng.random() < 0.85:
            item, density = lashes[rng.integers(len(lashes))], rng.uniform(0.3, 0.9)
            material = self._strands(item, srgb(24, 19, 17), 0.01, 0.0)
            parts.append(self._worn(item, material, Segment.HAIR, cut=True, outward=0.5, density=density))
        return [replace(part, hides=False) for part in parts]

    def _garment(self) -> Part | None:
        rng, garments = self.random["clothes"], self.wardrobe.wearables("clothes")
        if not garments or rng.random() > 0.3:
            return None
        item = garments[rng.integers(len(garments))]
        self.attributes["clothes"] = item.name
        if item.texture is None:
            return self._worn(item, Plain(looks.fabric(rng), 0.02), Segment.CLOTHES)
        gain = np.clip(np.exp(rng.normal(0.0, 0.4) + rng.normal(0.0, 0.35, 3)), 0.2, 2.5).astype(np.float32)
        return self._worn(item, Textured(item.texture, gain, 0.015, 10.0), Segment.CLOTHES)
