"""The skin of one person: which texture, what complexion, what paint, where short hair shows."""

import numpy as np

from headsynth.ingredients import Ingredients, Streams
from headsynth.people.base_mesh import SKIN
from headsynth.people.complexion import Complexion, monk_step
from headsynth.people.makeup import make_up
from headsynth.people.mouth import flesh
from headsynth.people.person import Person
from headsynth.people.regions import FaceRegions
from headsynth.people.skin import Detail, Marks, Skin
from headsynth.people.skin_maps import skin_maps
from headsynth.shares import one_of
from headsynth.wear.wardrobe import SkinTexture, Wardrobe

_DARK = 0.62  # place on the scale of tones above which the textures of dark skins fit
_UNLIKE = 0.2  # how likely a texture of another age or gender is against one that fits
_AGES = (("young", 0.0, 35.0), ("middleage", 30.0, 60.0), ("old", 52.0, 200.0))
# Blendshapes that deepen the wrinkles of forehead, frown, eye corners and smile.
_FOLDS: tuple[dict[str, float], ...] = (
    {"browInnerUp": 0.5, "browOuterUpLeft": 0.2, "browOuterUpRight": 0.2},
    {"browDownLeft": 0.4, "browDownRight": 0.4},
    {"eyeSquintLeft": 0.2, "eyeSquintRight": 0.2, "mouthSmileLeft": 0.2, "mouthSmileRight": 0.2},
    {"mouthSmileLeft": 0.25, "mouthSmileRight": 0.25, "noseSneerLeft": 0.15, "noseSneerRight": 0.15},
)


class SkinMaker:
    """Draws the looks of one person's skin; `attributes` says in words what came out."""

    def __init__(
        self, wardrobe: Wardrobe, regions: FaceRegions, person: Person, ingredients: Ingredients, streams: Streams
    ) -> None:
        self.wardrobe, self.regions, self.person, self.ingredients = wardrobe, regions, person, ingredients
        self.streams = streams
        self.attributes = {"monk": str(monk_step(person.complexion)), "skin": "procedural", "makeup": "none"}

    def skin(self, bald: bool) -> Skin:
        """bald: no hair is worn."""
        chosen, tone = self._texture(), self.person.tone
        if chosen is not None and not self.ingredients.skin:
            tone = chosen.mean
        detail = self._detail() if self.ingredients.skin else None
        gums, _ = flesh(self.streams["mouth"], self.person.complexion)
        return Skin(
            texture=None if chosen is None else chosen.texture,
            gain=tone if chosen is None else tone / chosen.mean,
            tone=tone,
            forehead=tone if chosen is None else chosen.forehead * tone / chosen.mean,
            lining=0.45 * gums,
            marks=self._marks(bald, chosen is not None),
            hair=self.person.hair_colour * 0.6 + tone * 0.12,
            detail=detail,
        )

    def _texture(self) -> SkinTexture | None:
        """One for the tone, mostly one for the age and gender too."""
        rng, skins = self.streams["skin texture"], self.wardrobe.folder.skins
        if not skins:
            return None
        dark = self.person.complexion + rng.normal(0.0, 0.06) > _DARK
        fitting = [path for path in skins if ("dark" in path.stem) == dark] or list(skins)
        path = one_of(rng, fitting, [self._likeness(path.stem) for path in fitting])
        self.attributes["skin"] = path.stem.removesuffix("_diffuse")
        return self.wardrobe.skin(path)

    def _likeness(self, name: str) -> float:
        """How well a texture's name fits the person."""
        identity, words = self.person.identity, name.split("_")
        of_age = all(low <= identity.age <= high for age, low, high in _AGES if age in words)
        of_gender = ("female" in words) == (identity.female > 0.5) or identity.age < 14.0
        return (1.0 if of_age else _UNLIKE) * (1.0 if of_gender else _UNLIKE)

    def _detail(self) -> Detail:
        person, placement = self.person, self.person.body.placement
        complexion = Complexion.sample(self.streams["skin detail"], person.identity, person.tone)
        paints = make_up(self.streams["make-up"], person.identity, person.tone)
        if paints:
            self.attributes["makeup"] = " ".join(paint.layer.name.lower() for paint in paints)
        footprint = float(placement.translation[2] / placement.focal)  # metres that a pixel spans at the head
        shown = [sum(share * person.expression.get(name, 0.0) for name, share in fold.items()) for fold in _FOLDS]
        wrinkles = complexion.wrinkles
        return Detail(
            complexion=complexion,
            face=self.wardrobe.face_maps[self.streams["wrinkles"].integers(len(self.wardrobe.face_maps))],
            maps=skin_maps(footprint),
            rotation=placement.rotation,
            creases=(wrinkles + np.array(shown) * (0.2 + 0.8 * min(wrinkles, 1.0))).astype(np.float32),
            paints=paints,
            brows=0.0 if self.wardrobe.wearables("brows") else 0.85,
        )

    def _marks(self, bald: bool, textured: bool) -> Marks:
        mesh, regions = self.wardrobe.mesh, self.regions
        rows = mesh.pieces[SKIN].rows
        inside: np.ndarray = np.zeros(len(mesh.template), np.float32)
        inside[self.wardrobe.head.subsets["mouth"].numpy()] = 1.0
        scalp = regions.scalp if self.ingredients.skin else np.zeros_like(regions.scalp)
        short = np.zeros(len(mesh.template), np.float32)
        if self.ingredients.skin or not textured:
            short = stubble(self.streams["stubble"], regions, self.person, bald)
        fields = (mesh.template, mesh.neck.weights, scalp, regions.ears, regions.blush, short, inside)
        return Marks(*(values[rows] for values in fields))


def stubble(rng: np.random.Generator, regions: FaceRegions, person: Person, bald: bool) -> np.ndarray:
    """(V,) 0..1 where the skin shows short hair: the shaved beard of some men, the scalp."""
    cover: np.ndarray = np.zeros(len(regions.scalp), np.float32)
    grown = person.identity.age > 16.0 and person.identity.female < 0.5
    if rng.random() < (0.5 if grown else 0.0):
        cover = regions.beard * np.float32(rng.uniform(0.08, 0.5))
    if rng.random() < (0.5 if bald else 0.97):
        cover = np.maximum(cover, regions.scalp * np.float32(rng.uniform(0.35, 0.85))) * (1.0 - regions.ears)
    return cover
