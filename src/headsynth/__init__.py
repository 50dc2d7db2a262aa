"""Synthetic photographs of heads with exact labels, from who is in them to sets of many.

people/ hair/ wear/    a person: identity, expression, pose, skin, eyes; hair; clothes, hats, glasses, masks, hands
dresser, neighbours    all of it put on one person as meshes with materials; somebody else nearby
rendering/             light, rays through the scene, shading, background; then lens, sensor, developing, flaws
photograph             `Studio` makes one photograph
annotator, labels      what is known of each head, and what the camera sees of it and in each pixel
scenes/                `SceneStudio`: any number of people with bodies, near and far, and things that are no heads
layouts, record        how a photograph is written; the manifest, with the `distribution` of all that is drawn
generator, engines     many of them, in processes or on a cluster; `sheet` shows the first ones
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
