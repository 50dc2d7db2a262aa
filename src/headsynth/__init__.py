"""Synthetic photographs of heads with exact labels, from who is in them to sets of many.

The order of the parts, lowest first: each imports only those above it in this list and its own package.

weights, shares, ingredients  files that ship; draws by share; what can be left out, and the streams of random numbers
rendering/                    light, rays through the scene, shading, background; then lens, sensor, developing, flaws
assets/                       MakeHuman's files of an assets folder, and one of them made ready for rendering
identity_prior/               how heads differ between people
people/                       a person: identity, expression, pose, skin, eyes, and the base mesh that carries them
wear/                         the wardrobe, clothes, hats, glasses, masks, scarves, hands and what they hold
hair/                         hair of the head and of the face, brows, lashes
attributes, labels            what is known of a head in words, and what the camera sees of it and in each pixel
annotator                     both together: the annotation of one head
dresser                       all of it put on one person as meshes with materials: `dress(...) -> Dressed`
neighbours                    somebody else nearby
photograph                    `Studio` makes one photograph
scenes/                       `SceneStudio`: any number of people with bodies, near and far, and things like heads
dad_layout, layouts           how a photograph is written
distribution, record          all that is drawn, as the modules tell it; the manifest, which holds it
worker, engines               what one process does; many of them, or a cluster
label_pictures, sheet         pictures of the first photographs, with their labels
claim, generator              who writes which shards; whole sets
head_model_sheets             pictures of the head model and the identity prior, for the docs
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headsynth.generator import generate, generate_like
    from headsynth.ingredients import Ingredients
    from headsynth.photograph import Photograph, Studio
    from headsynth.scenes.studio import SceneStudio
    from headsynth.sheet import contact_sheet
    from headsynth.wear.wardrobe import Wardrobe

__all__ = [
    "Ingredients",
    "Photograph",
    "SceneStudio",
    "Studio",
    "Wardrobe",
    "contact_sheet",
    "generate",
    "generate_like",
]

# Imported on first use: `import headsynth` alone needs no renderer.
_HOMES = {
    "Ingredients": "headsynth.ingredients",
    "Photograph": "headsynth.photograph",
    "SceneStudio": "headsynth.scenes.studio",
    "Studio": "headsynth.photograph",
    "Wardrobe": "headsynth.wear.wardrobe",
    "contact_sheet": "headsynth.sheet",
    "generate": "headsynth.generator",
    "generate_like": "headsynth.generator",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
