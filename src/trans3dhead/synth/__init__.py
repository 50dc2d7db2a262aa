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

from trans3dhead.synth.generator import generate, generate_like
from trans3dhead.synth.ingredients import Ingredients
from trans3dhead.synth.photograph import Photograph, Studio
from trans3dhead.synth.scenes.studio import SceneStudio
from trans3dhead.synth.sheet import contact_sheet
from trans3dhead.synth.wear.wardrobe import Wardrobe

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
