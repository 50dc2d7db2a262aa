"""The skin of one person: which texture, what complexion, what paint, where short hair shows.

Shares, tones and what deepens wrinkles are by eye.
"""

from dataclasses import dataclass

import numpy as np

from headsynth.ingredients import Ingredients, Streams
from headsynth.people.base_mesh import SKIN
from headsynth.people.complexion import Complexion, monk_step
from headsynth.people.identities import Identity
from headsynth.people.makeup import Paint, make_up
from headsynth.people.mouth import flesh
from headsynth.people.person import Person
from headsynth.people.regions import FaceRegions
from headsynth.people.skin import Detail, Marks, Skin
from headsynth.people.skin_library import SkinLibrary, SkinTexture
from headsynth.people.skin_maps import skin_maps
from headsynth.shares import one_of

_DARK = 0.62  # place on the scale of tones above which the textures of dark skins fit
_UNLIKE = 0.2  # how likely a texture of another age or gender is against one that fits
_AGES = (("young", 0.0, 35.0), ("middleage", 30.0, 60.0), ("old", 52.0, 200.0))
_PAINTED_BROWS = 0.85  # opacity, where no strips are worn
# Blendshapes that deepen the wrinkles of forehead, frown, eye corners and smile.
_FOLDS: tuple[dict[str, float], ...] = (
    {"browInnerUp": 0.5, "browOuterUpLeft": 0.2, "browOuterUpRight": 0.2},
    {"browDownLeft": 0.4, "browDownRight": 0.4},
    {"eyeSquintLeft": 0.2, "eyeSquintRight": 0.2, "mouthSmileLeft": 0.2, "mouthSmileRight": 0.2},
    {"mouthSmileLeft": 0.25, "mouthSmileRight": 0.25, "noseSneerLeft": 0.15, "noseSneerRight": 0.15},
)


@dataclass(frozen=True)
class SkinMade:
    """A skin, and the attributes' words for it."""

    skin: Skin
    attributes: dict[str, str]


def make_skin(library: SkinLibrary, person: Person, ingredients: Ingredients, streams: Streams, bald: bool) -> SkinMade:
    """Draw the looks of one person's skin. bald: no hair is worn."""
    name, chosen = _texture(library, person, streams["skin texture"])
    tone = chosen.mean if chosen is not None and not ingredients.skin else person.tone
    detail = _detail(library, person, streams) if ingredients.skin else None
    gums, _ = flesh(streams["mouth"], person.complexion)
    skin = Skin(
        texture=None if chosen is None else chosen.texture,
        gain=tone if chosen is None else tone / chosen.mean,
        tone=tone,
        forehead=tone if chosen is None else chosen.forehead * tone / chosen.mean,
        lining=0.45 * gums,
        marks=_marks(library, person, ingredients, streams, bald, chosen is not None),
        hair=person.hair_colour * 0.6 + tone * 0.12,
        detail=detail,
    )
    makeup = _in_words(() if detail is None else detail.paints)
    return SkinMade(skin, {"monk": str(monk_step(person.complexion)), "skin": name, "makeup": makeup})


def _in_words(paints: tuple[Paint, ...]) -> str:
    return " ".join(paint.layer.name.lower() for paint in paints) or "none"


def _texture(library: SkinLibrary, person: Person, rng: np.random.Generator) -> tuple[str, SkinTexture | None]:
    """The name and the texture of one for the tone, mostly for age and gender too; None where there are no files."""
    if not library.paths:
        return "procedural", None
    dark = person.complexion + rng.normal(0.0, 0.06) > _DARK
    fitting = [path for path in library.paths if ("dark" in path.stem) == dark] or list(library.paths)
    path = one_of(rng, fitting, [_likeness(path.stem, person.identity) for path in fitting])
    return path.stem.removesuffix("_diffuse"), library.texture(path)


def _likeness(name: str, identity: Identity) -> float:
    """How likely a texture is drawn for a person by its name, 1 where age and gender fit."""
    words = name.split("_")
    of_age = all(low <= identity.age <= high for age, low, high in _AGES if age in words)
    of_gender = ("female" in words) == (identity.female > 0.5) or identity.age < 14.0
    return (1.0 if of_age else _UNLIKE) * (1.0 if of_gender else _UNLIKE)


def _detail(library: SkinLibrary, person: Person, streams: Streams) -> Detail:
    """Complexion, paint, maps and wrinkles; an expression deepens its own."""
    placement = person.body.placement
    complexion = Complexion.sample(streams["skin detail"], person.identity, person.tone)
    footprint = float(placement.translation[2] / placement.focal)  # metres that a pixel spans at the head
    shown = [sum(share * person.expression.get(name, 0.0) for name, share in fold.items()) for fold in _FOLDS]
    wrinkles = complexion.wrinkles
    return Detail(
        complexion=complexion,
        face=library.face_maps[streams["wrinkles"].integers(len(library.face_maps))],
        maps=skin_maps(footprint),
        rotation=placement.rotation,
        creases=(wrinkles + np.array(shown) * (0.2 + 0.8 * min(wrinkles, 1.0))).astype(np.float32),
        paints=make_up(streams["make-up"], person.identity, person.tone),
        brows=0.0 if library.brows_are_worn else _PAINTED_BROWS,
    )


def _marks(
    library: SkinLibrary, person: Person, ingredients: Ingredients, streams: Streams, bald: bool, textured: bool
) -> Marks:
    """What is known of each vertex of the skin's piece."""
    mesh, regions = library.mesh, library.regions
    rows = mesh.pieces[SKIN].rows
    inside: np.ndarray = np.zeros(len(mesh.template), np.float32)
    inside[library.head.subsets["mouth"].numpy()] = 1.0
    scalp = regions.scalp if ingredients.skin else np.zeros_like(regions.scalp)
    short = np.zeros(len(mesh.template), np.float32)
    if ingredients.skin or not textured:
        short = stubble(streams["stubble"], regions, person, bald)
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
